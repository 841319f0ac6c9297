//! `devsup up`: the front and the supervisor behind it.

use super::{Common, args, down};
use crate::exit::Status;
use crate::ledger;
use crate::log::Hub;
use crate::model::{self, InstanceName, Project, RunId, Selection};
use crate::os::forker::Forker;
use crate::os::front::{self, Ending, FrontLink, Side};
use crate::os::supervisor::{become_supervisor, raise_open_files_limit};
use crate::supervise::{self, Options, Parts};
use crate::ui::{self, Stream, StreamOptions, style::Style};
use std::io::{self, IsTerminal};

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
            root.map_or(Status::Error, |root| down::clean_up(common, &root))
        }
    }
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
    let project = common.load(&typed.config)?.project;
    let wanted = wanted(&project, typed)?;
    let style = Style::of_stderr(common.colour);
    down::clean_up_before(&project.root, style)?;
    let run = RunId::from_bits(crate::os::random_bits());
    let (ledger, listener) = ledger::open_run(&project, run).map_err(|busy| {
        ui::error(&busy.to_string());
        Status::Error
    })?;
    let names = names(&project, &wanted);
    let width = names.iter().map(String::len).max().unwrap_or(0) + PREFIX_EXTRA;
    let (events, hub_events) = tokio::sync::mpsc::unbounded_channel();
    let stream = Stream::new(stream_options(common, typed, names));
    let hub = Hub::start(Box::new(stream), Box::new(move |event| {
        let _ = events.send(event);
    }))
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
    Ok(Parts { project, options, run, ledger, hub, hub_events, forker, front: Some(front), listener, style })
}

fn stream_options(common: &Common, typed: &args::Up, names: Vec<String>) -> StreamOptions {
    let style = Style::of_stdout(common.colour);
    StreamOptions {
        names,
        timestamps: typed.timestamps,
        prefix: !typed.no_prefix,
        ..StreamOptions::of(style)
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
    let project = match common.load(&typed.config) {
        Ok(loaded) => loaded.project,
        Err(status) => return status,
    };
    let wanted = match wanted(&project, typed) {
        Ok(wanted) => wanted,
        Err(status) => return status,
    };
    ui::out(&ui::plan::text(&project, &wanted));
    Status::Ok
}
