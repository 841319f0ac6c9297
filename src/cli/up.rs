//! `devsup up`: the front and the supervisor behind it.

mod again;

pub use again::go_on;

use super::down::DownArguments;
use super::{Common, args, compose, converge, down};
use crate::api;
use crate::exit::Status;
use crate::ledger::{BeginError, Header, HistoryEvent, Ledger, Location};
use crate::log::{Hub, HubEvent, Journal, Rotation, Sink};
use crate::model::{self, Project, RunId, Selection, reason};
use crate::os::cgroup;
use crate::os::forker::Forker;
use crate::os::front::{self, Ending, FrontLink, Side};
use crate::os::launch::OnDeath;
use crate::os::marker::{Marker, ProjectKey};
use crate::os::process::Identity;
use crate::os::reexec::hold_signals;
use crate::os::supervisor::{become_supervisor, close_inherited, raise_open_files_limit};
use crate::supervise::adopt::Heritage;
use crate::supervise::{self, Detach, Inheritance, Options, Parts, Release, Screen};
use crate::ui::{self, Quiet, Stream, StreamOptions, style::Look};
use std::io::{self, IsTerminal};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Columns between a name and its line: space, bar, space.
const PREFIX_EXTRA: usize = 3;

/// How long a service without a health check has to run before `--wait` calls it
/// ready. Most that can't work end sooner.
const PROOF: Duration = Duration::from_millis(500);

/// Bytes of the supervisor's own words after which their file is rotated.
pub(super) const JOURNAL_SIZE: u64 = 1 << 20;

/// Splits off the supervisor, and is the front until it has ended.
pub fn run(common: &Common, typed: &args::Up) -> Status {
    if let Some(status) = converge::run(common, typed) {
        return status;
    }
    if typed.dry_run {
        return plan(common, typed);
    }
    match front::split() {
        Ok(Side::Supervisor(link)) => {
            if is_detached(typed) {
                close_inherited(&link);
            }
            supervise(common, typed, link)
        }
        Ok(Side::Front(front)) => match front.run() {
            // Another one was faster: then that one is told.
            Ok(Ending::Busy) => converge::run(common, typed).unwrap_or(Status::Error),
            Ok(ending) => after(common, typed, ending),
            Err(error) => failed(&format!("the terminal can't be watched: {}", reason(&error))),
        },
        Err(error) => no_process(&error),
    }
}

/// The limits that stand in the way of a first process or stream.
fn no_process(error: &io::Error) -> Status {
    let why = format!("no process could be made: {}", reason(error));
    ui::error_with(&why, "look at the limits that `ulimit -a` shows, and at free memory");
    Status::Error
}

fn failed(why: &str) -> Status {
    ui::error(why);
    Status::Error
}

fn on_death(typed: &args::Up) -> OnDeath {
    match typed.on_supervisor_death {
        Some(args::OnSupervisorDeath::Stay) => OnDeath::Stay,
        None if is_detached(typed) => OnDeath::Stay,
        Some(args::OnSupervisorDeath::Stop) | None => OnDeath::Stop,
    }
}

/// What the front does once the supervisor is gone.
fn after(common: &Common, typed: &args::Up, ending: Ending) -> Status {
    match ending {
        Ending::Status(code) => Status::Passed(code),
        Ending::Left => Status::Left,
        Ending::Busy => Status::Error,
        Ending::Killed(number, _) if on_death(typed) == OnDeath::Stay => {
            let name = crate::os::signal_name(number);
            failed(&format!(
                "the supervisor was killed by {name}; its services go on\n  \
                 hint: `devsup up` takes them over, `devsup down` ends them"
            ))
        }
        Ending::Killed(number, root) => {
            let name = crate::os::signal_name(number);
            ui::error(&format!("the supervisor was killed by {name}; cleaning up"));
            root.map_or(Status::Error, |root| clean_up(common, root))
        }
    }
}

/// The supervisor was killed: the five phases, from here.
fn clean_up(common: &Common, root: PathBuf) -> Status {
    let look = Look::of_stderr(common.colour);
    let arguments = DownArguments { own_containers: true, ..DownArguments::of(root, look) };
    let status = down::run(&arguments);
    if status == Status::Ok { Status::Error } else { status }
}

fn supervise(common: &Common, typed: &args::Up, front: FrontLink) -> Status {
    if let Err(error) = become_supervisor() {
        return failed(&format!("can't become a supervisor: {}", reason(&error)));
    }
    let forker = match Forker::start() {
        Ok(forker) => forker,
        Err(error) => return no_process(&error),
    };
    raise_open_files_limit();
    hold_signals();
    match prepare(common, typed, front, forker) {
        Ok(parts) => supervise::run(parts)
            .unwrap_or_else(|error| failed(&format!("the supervisor can't go on: {error}"))),
        Err(status) => status,
    }
}

fn prepare(
    common: &Common,
    typed: &args::Up,
    front: FrontLink,
    forker: Forker,
) -> Result<Parts, Status> {
    let (mut project, mut wanted) = project(common, typed)?;
    supervise::settle_ports(&mut project);
    let checks = supervise::checks(&project).map_err(|(service, bad)| {
        let hint = bad.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
        ui::error(&format!("the health check of `{}`: {bad}{hint}", service.name));
        Status::Config
    })?;
    let look = Look::of_stderr(common.colour);
    let (ledger, listener, kept) = match again::adopt(&project, &forker, look)? {
        Some(taken) => taken,
        None => begin_anew(&project, &wanted, &forker, &front, look)?,
    };
    let run = ledger.header().run;
    wanted.extend(kept.services(&project));
    wanted.sort_unstable();
    wanted.dedup();
    let screen =
        Screen { colour: common.colour, timestamps: typed.timestamps, prefix: !typed.no_prefix };
    let names = Parts::names(&project, &wanted);
    let width = names.iter().map(String::len).max().unwrap_or(0) + PREFIX_EXTRA;
    let detach = detach(typed);
    let (hub, hub_events) = start_stream(screen, names, detach, ledger.location())
        .map_err(|error| no_process(&error))?;
    let (os_environment, outer_run) = supervise::os_environment();
    let options = Options {
        wanted,
        abort_on_exit: typed.abort_on_exit,
        abort_on_failure: typed.abort_on_failure,
        detach,
        stays: false,
        grace: typed.timeout,
        terminal: io::stdout().is_terminal() && !is_detached(typed),
        on_death: on_death(typed),
        screen,
        words_on_terminal: io::stderr().is_terminal() && !is_detached(typed),
        prefix_width: if typed.no_prefix { 0 } else { u16::try_from(width).unwrap_or(0) },
        os_environment,
        outer_run,
    };
    Ok(Parts {
        project,
        options,
        checks,
        run,
        ledger,
        inheritance: Inheritance::Kept(kept),
        hub,
        hub_events,
        forker,
        front: Some(front),
        listener,
        look,
        limits: supervise::Limits::default(),
        observer: None,
    })
}

/// The project with its compose services, if they are to be started, and who of
/// it is wanted.
pub(super) fn project(common: &Common, typed: &args::Up) -> Result<(Project, Vec<usize>), Status> {
    let mut project = common.load(&typed.config)?.project;
    let no_compose =
        |error: compose::ComposeError| failed(&format!("{error}\n  hint: {}", error.hint()));
    compose::add(&mut project, typed).map_err(no_compose)?;
    let mut wanted = wanted(&project, typed)?;
    compose::want(&mut project, &mut wanted).map_err(no_compose)?;
    Ok((project, wanted))
}

pub(super) fn is_detached(typed: &args::Up) -> bool {
    typed.detach || typed.wait
}

fn detach(typed: &args::Up) -> Option<Detach> {
    let ready = Release::Ready { within: typed.wait_timeout, proof: PROOF };
    let when = if typed.wait { ready } else { Release::Started };
    is_detached(typed).then_some(Detach { when })
}

type Begun = (Ledger, UnixListener, Heritage);

/// Opens the socket that a run is asked over.
fn listen(ledger: &mut Ledger) -> Result<UnixListener, Status> {
    let (listener, socket) = api::address::listen(ledger.header().marker.project())
        .map_err(|error| failed(&format!("no control socket: {}", reason(&error))))?;
    ledger.set_socket(socket);
    Ok(listener)
}

/// Ends what is left of dead runs and begins a new one.
fn begin_anew(
    project: &Project,
    wanted: &[usize],
    forker: &Forker,
    front: &FrontLink,
    look: Look,
) -> Result<Begun, Status> {
    down::clean_up_before(project, look).map_err(|error| failed(&error.to_string()))?;
    let run = RunId::from_bits(random_bits().map_err(|error| failed(&error.to_string()))?);
    let (ledger, listener) = begin(project, wanted, run, forker, front, look)?;
    Ok((ledger, listener, Heritage::default()))
}

/// Opens the ledger of a new run and the socket it is asked over.
pub(super) fn begin(
    project: &Project,
    wanted: &[usize],
    run: RunId,
    forker: &Forker,
    front: &FrontLink,
    look: Look,
) -> Result<(Ledger, UnixListener), Status> {
    let location =
        Ledger::open(&project.root).map_err(|error| no_ledger(&error.to_string(), error.hint()))?;
    if let Some(note) = location.note() {
        ui::err(&format!("{} {note}", look.warning()));
    }
    let root = location.root().to_owned();
    let system = |error: io::Error| failed(&reason(&error));
    let key = ProjectKey::of(&root).map_err(system)?;
    let marker = Marker::new(key, run);
    let header = Header {
        run,
        project: project.name.clone(),
        root,
        marker,
        supervisor: Identity::own().map_err(system)?,
        forker: Identity::read(forker.pid()).map_err(system)?,
        socket: None,
        cgroup: cgroup::found(marker),
        started_at: jiff::Timestamp::now(),
        containers: compose::ledger_note(project, wanted),
    };
    let mut ledger = match Ledger::begin(location, header) {
        Ok(ledger) => ledger,
        Err(BeginError::Busy { .. }) => {
            front.give_way();
            return Err(Status::Error);
        }
        Err(error) => return Err(no_ledger(&error.to_string(), error.hint())),
    };
    let listener = listen(&mut ledger)?;
    let _ =
        ledger.history(&HistoryEvent::Begun { run, supervisor: ledger.header().supervisor.pid });
    Ok((ledger, listener))
}

fn no_ledger(why: &str, hint: &str) -> Status {
    ui::error_with(why, hint);
    Status::Error
}

/// 128 bits of the kernel's own randomness.
pub(super) fn random_bits() -> io::Result<u128> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(u128::from_le_bytes(bytes))
}

type Streaming = (Hub, UnboundedReceiver<HubEvent>);

/// Starts the stream; that of a detached run goes to files.
fn start_stream(
    screen: Screen,
    names: Vec<String>,
    detach: Option<Detach>,
    location: &Location,
) -> io::Result<Streaming> {
    let (events, hub_events) = tokio::sync::mpsc::unbounded_channel();
    let stream = Stream::new(StreamOptions {
        look: Look::of_stdout(screen.colour),
        terminal: io::stdout().is_terminal(),
        timestamps: screen.timestamps,
        prefix: screen.prefix,
        names,
        columns: crate::os::descriptor::columns(io::stdout()),
    });
    let sink: Box<dyn Sink> = if detach.is_some() {
        let rotation = Rotation { max_size: JOURNAL_SIZE, max_files: 2 };
        Box::new(Quiet::new(stream, Journal::new(location.journal(), rotation)))
    } else {
        Box::new(stream)
    };
    let hub = Hub::start(
        sink,
        Box::new(move |event| {
            let _ = events.send(event);
        }),
    )?;
    Ok((hub, hub_events))
}

pub(super) fn wanted(project: &Project, typed: &args::Up) -> Result<Vec<usize>, Status> {
    let selection = Selection {
        names: typed.names.clone(),
        except: typed.except.clone(),
        tags: typed.tag.clone(),
        without_dependencies: typed.no_deps,
    };
    let wanted = model::select(project, &selection).map_err(|unknown| {
        ui::error(&unknown.to_string());
        Status::Usage
    })?;
    if wanted.iter().all(|&at| project.services[at].replicas == 0) {
        let hint =
            "flags leave it out, or its file does with `replicas`, `autostart` or `profiles`";
        ui::error_with("there is nothing to start", hint);
        return Err(Status::Error);
    }
    Ok(wanted)
}

/// `--dry-run`: what would be started, in which order.
fn plan(common: &Common, typed: &args::Up) -> Status {
    let (project, wanted) = match project(common, typed) {
        Ok(both) => both,
        Err(status) => return status,
    };
    super::data(&ui::plan::text(&project, &wanted))
}
