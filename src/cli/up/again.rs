//! Going on with a run that is on already: one whose supervisor has died, or
//! the one that this very process supervised as another program.

use super::{Begun, failed, listen, start_stream};
use crate::cli::down;
use crate::exit::Status;
use crate::ledger;
use crate::model::Project;
use crate::os::forker::Forker;
use crate::os::process::Identity;
use crate::os::reexec::hold_signals;
use crate::os::supervisor::stay_supervisor;
use crate::shutdown::Scope;
use crate::supervise::adopt::{self, Estate};
use crate::supervise::{self, Limits, Parts, Succession};
use crate::ui::style::Look;
use std::io;

/// Goes on with a run whose supervisor has died, if its guards have kept some
/// of it; the rest of it is ended.
pub(super) fn adopt(
    project: &Project,
    forker: &Forker,
    look: Look,
) -> Result<Option<Begun>, Status> {
    let system = |error: io::Error| failed(&error.to_string());
    let supervisor = Identity::own().map_err(system)?;
    let forker = Identity::read(forker.pid()).map_err(system)?;
    let found = adopt::find(project, supervisor, forker);
    let found = found.map_err(|error| failed(&format!("{error}; {}", error.hint())))?;
    let Some(mut estate) = found else { return Ok(None) };
    let locks = ledger::locks_in(estate.ledger.location());
    let scope = Scope::of_project(&project.root, Some(&estate.book), locks).map_err(system)?;
    down::clean_up_beside(project, &scope.sparing(estate.guards()), &estate.book, look);
    estate.settle().map_err(system)?;
    let Estate { mut ledger, heritage, .. } = estate;
    let listener = listen(&mut ledger)?;
    Ok(Some((ledger, listener, heritage)))
}

/// Goes on as the supervisor that this process was as another program; its
/// letter is that descriptor.
pub fn go_on(letter: Option<i32>) -> Status {
    let succession = letter.ok_or(io::ErrorKind::InvalidInput.into()).and_then(supervise::take);
    let parts = succession.and_then(|succession| {
        stay_supervisor()?;
        hold_signals();
        succeed(succession)
    });
    let status = parts.and_then(supervise::run);
    status.unwrap_or_else(|error| failed(&format!("the supervisor can't go on: {error}")))
}

fn succeed(succession: Succession) -> io::Result<Parts> {
    let Succession { inheritance, forker, front, listener, mut ledger, project, options } =
        succession;
    let checks = supervise::checks(&project).map_err(|(_, bad)| io::Error::other(bad))?;
    let names = Parts::names(&project, &options.wanted);
    let (hub, hub_events) = start_stream(options.screen, names, options.detach, ledger.location())?;
    if front.is_none() {
        hub.detach();
    }
    ledger.set_forker(Identity::read(forker.pid())?.ok_or(io::ErrorKind::NotFound)?);
    ledger.flush()?;
    Ok(Parts {
        look: Look::of_stderr(options.screen.colour),
        run: ledger.header().run,
        project,
        options,
        checks,
        ledger,
        inheritance,
        hub,
        hub_events,
        forker,
        front,
        listener,
        limits: Limits::default(),
        observer: None,
    })
}
