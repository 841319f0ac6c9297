//! `devsup up`: the front and the supervisor behind it.

use super::down::DownArguments;
use super::{Common, args, compose, down};
use crate::api;
use crate::exit::Status;
use crate::ledger::{Header, HistoryEvent, Ledger};
use crate::log::Hub;
use crate::model::{self, InstanceName, Project, RunId, Selection};
use crate::os::forker::Forker;
use crate::os::front::{self, Ending, FrontLink, Side};
use crate::os::marker::{Marker, ProjectKey};
use crate::os::process::Identity;
use crate::os::supervisor::{become_supervisor, raise_open_files_limit};
use crate::supervise::{self, Options, Parts};
use crate::ui::{self, Stream, StreamOptions, style::Look};
use std::io::{self, IsTerminal};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Columns between a name and its line: space, bar, space.
const PREFIX_EXTRA: usize = 3;

/// Splits off the supervisor, and is the front until it has ended.
pub fn run(common: &Common, typed: &args::Up) -> Status {
    if typed.dry_run {
        return plan(common, typed);
    }
    match front::split() {
        Ok(Side::Supervisor(link)) => supervise(common, typed, link),
        Ok(Side::Front(front)) => match front.run() {
            Ok(ending) => after(common, ending),
            Err(error) => failed(&format!("the terminal can't be watched: {error}")),
        },
        Err(error) => failed(&format!("no process could be made: {error}")),
    }
}

fn failed(why: &str) -> Status {
    ui::error(why);
    Status::Error
}

/// What the front does once the supervisor is gone.
fn after(common: &Common, ending: Ending) -> Status {
    match ending {
        Ending::Status(code) => Status::Passed(code),
        Ending::Left => Status::Left,
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
        return failed(&format!("can't become a supervisor: {error}"));
    }
    let forker = match Forker::start() {
        Ok(forker) => forker,
        Err(error) => return failed(&format!("no forker could be made: {error}")),
    };
    raise_open_files_limit();
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
    let (project, wanted) = project(common, typed)?;
    let checks = supervise::checks(&project).map_err(|(service, bad)| {
        let hint = bad.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
        ui::error(&format!("the health check of `{}`: {bad}{hint}", service.name));
        Status::Config
    })?;
    let look = Look::of_stderr(common.colour);
    down::clean_up_before(&project, look).map_err(|error| failed(&error.to_string()))?;
    let run = RunId::from_bits(random_bits().map_err(|error| failed(&error.to_string()))?);
    let (ledger, listener) = begin(&project, &wanted, run, &forker, look)?;
    let names = names(&project, &wanted);
    let width = names.iter().map(String::len).max().unwrap_or(0) + PREFIX_EXTRA;
    let (events, hub_events) = tokio::sync::mpsc::unbounded_channel();
    let stream = Stream::new(stream_options(common, typed, names));
    let hub = Hub::start(
        Box::new(stream),
        Box::new(move |event| {
            let _ = events.send(event);
        }),
    )
    .map_err(|error| failed(&format!("no stream: {error}")))?;
    let (os_environment, outer_run) = supervise::os_environment();
    let options = Options {
        wanted,
        abort_on_exit: typed.abort_on_exit,
        abort_on_failure: typed.abort_on_failure,
        grace: typed.timeout,
        terminal: io::stdout().is_terminal(),
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
        hub,
        hub_events,
        forker,
        front: Some(front),
        listener,
        look,
    })
}

/// The project with its compose services, if they are to be started, and who of
/// it is wanted.
fn project(common: &Common, typed: &args::Up) -> Result<(Project, Vec<usize>), Status> {
    let mut project = common.load(&typed.config)?.project;
    let no_compose =
        |error: compose::ComposeError| failed(&format!("{error}\n  hint: {}", error.hint()));
    compose::add(&mut project, typed).map_err(no_compose)?;
    let mut wanted = wanted(&project, typed)?;
    compose::want(&mut project, &mut wanted).map_err(no_compose)?;
    Ok((project, wanted))
}

/// Opens the ledger of a new run and the socket it is asked over.
fn begin(
    project: &Project,
    wanted: &[usize],
    run: RunId,
    forker: &Forker,
    look: Look,
) -> Result<(Ledger, UnixListener), Status> {
    let location = Ledger::open(&project.root)
        .map_err(|error| failed(&format!("{error}; {}", error.hint())))?;
    if let Some(note) = location.note() {
        ui::err(&format!("{} {note}", look.warning()));
    }
    let root = location.root().to_owned();
    let system = |error: io::Error| failed(&error.to_string());
    let key = ProjectKey::of(&root).map_err(system)?;
    let header = Header {
        run,
        project: project.name.clone(),
        root,
        marker: Marker::new(key, run),
        supervisor: Identity::own().map_err(system)?,
        forker: Identity::read(forker.pid()).map_err(system)?,
        socket: None,
        started_at: jiff::Timestamp::now(),
        containers: compose::ledger_note(project, wanted),
    };
    let mut ledger = Ledger::begin(location, header)
        .map_err(|error| failed(&format!("{error}; {}", error.hint())))?;
    let (listener, socket) = api::address::listen(key)
        .map_err(|error| failed(&format!("the control socket can't be opened: {error}")))?;
    ledger.set_socket(socket);
    let _ =
        ledger.history(&HistoryEvent::Begun { run, supervisor: ledger.header().supervisor.pid });
    Ok((ledger, listener))
}

/// 128 bits of the kernel's own randomness.
fn random_bits() -> io::Result<u128> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(u128::from_le_bytes(bytes))
}

fn stream_options(common: &Common, typed: &args::Up, names: Vec<String>) -> StreamOptions {
    let terminal = io::stdout().is_terminal();
    StreamOptions {
        look: Look::of_stdout(common.colour),
        terminal,
        timestamps: typed.timestamps,
        prefix: !typed.no_prefix,
        names,
        columns: crate::os::descriptor::columns(io::stdout()),
    }
}

fn wanted(project: &Project, typed: &args::Up) -> Result<Vec<usize>, Status> {
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
        return Err(failed("there is nothing to start"));
    }
    Ok(wanted)
}

fn names(project: &Project, wanted: &[usize]) -> Vec<String> {
    let mut names = Vec::new();
    for service in wanted.iter().map(|&at| &project.services[at]) {
        for number in 1..=service.replicas {
            names.push(InstanceName::new(&service.name, number, service.replicas).to_string());
        }
    }
    names
}

/// `--dry-run`: what would be started, in which order.
fn plan(common: &Common, typed: &args::Up) -> Status {
    let (project, wanted) = match project(common, typed) {
        Ok(both) => both,
        Err(status) => return status,
    };
    ui::out(&ui::plan::text(&project, &wanted));
    Status::Ok
}
