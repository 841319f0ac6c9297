//! What `job start` and `run` have in common: a supervisor in the background,
//! for a run that is kept among the jobs. It says nothing, shows nothing, and
//! its services end when it does.

use super::{failed, up};
use crate::exit::Status;
use crate::log::{Hub, HubEvent, Journal, Rotation};
use crate::model::{Project, RunId, reason};
use crate::os::forker::Forker;
use crate::os::front::FrontLink;
use crate::os::launch::OnDeath;
use crate::supervise::{
    self, Checks, Detach, Inheritance, Limits, Options, Parts, Release, Screen,
};
use crate::ui::Quiet;
use crate::ui::style::{ColourChoice, Look};
use std::io;
use std::path::PathBuf;
use tokio::sync::mpsc::UnboundedReceiver;

/// What such a supervisor is made for.
pub(super) struct Wanted {
    /// The project, whose directory is that of the job.
    pub project: Project,
    /// Its health checks, made ready.
    pub checks: Checks,
    /// Services to start, as indices into the project.
    pub services: Vec<usize>,
    /// The id of the run.
    pub run: RunId,
}

/// Everything that its supervisor is made of; it keeps its caller until all has
/// started. Errors are said.
pub(super) fn parts(wanted: Wanted, link: FrontLink, forker: Forker) -> Result<Parts, Status> {
    let Wanted { project, checks, services, run } = wanted;
    let look = Look::of_stderr(ColourChoice::Never);
    let (ledger, listener) = up::begin(&project, &services, run, &forker, &link, look)?;
    let (hub, hub_events) = stream(ledger.location().journal())
        .map_err(|error| failed(&format!("no stream: {}", reason(&error))))?;
    Ok(Parts {
        options: options(services),
        project,
        checks,
        run,
        ledger,
        hub,
        hub_events,
        forker,
        front: Some(link),
        listener,
        look,
        limits: Limits::default(),
        observer: None,
        inheritance: Inheritance::Nothing,
    })
}

fn options(wanted: Vec<usize>) -> Options {
    let (os_environment, outer_run) = supervise::os_environment();
    Options {
        wanted,
        abort_on_exit: false,
        abort_on_failure: false,
        detach: Some(Detach { when: Release::Started }),
        stays: false,
        grace: None,
        terminal: false,
        words_on_terminal: false,
        on_death: OnDeath::Stop,
        screen: Screen { colour: ColourChoice::Never, timestamps: false, prefix: true },
        prefix_width: 0,
        os_environment,
        outer_run,
    }
}

/// Nobody looks at the lines; they are in the logs.
fn stream(journal: PathBuf) -> io::Result<(Hub, UnboundedReceiver<HubEvent>)> {
    let (events, hub_events) = tokio::sync::mpsc::unbounded_channel();
    let rotation = Rotation { max_size: up::JOURNAL_SIZE, max_files: 2 };
    let sink = Quiet::silent(Journal::new(journal, rotation));
    let hub = Hub::start(Box::new(sink), Box::new(move |event| drop(events.send(event))))?;
    Ok((hub, hub_events))
}
