//! The supervisor: one loop, one owner of all state. Everything that happens
//! arrives as an `input::Input`; `Fleet::handle` answers it without waiting
//! for anything; what it decided is done before the next one is looked at.
//!
//! It does not know where the project came from, nor how anything looks.

mod clients;
mod containers;
mod diagnosis;
mod environment;
mod errands;
mod fleet;
mod health;
mod input;
mod launch;
mod moves;
mod notices;
mod starts;
mod stop;
mod unit;

pub use environment::added;
pub use health::{Checks, checks};
pub use launch::os_environment;

use crate::exit::Status;
use crate::ledger::Ledger;
use crate::log::Hub;
use crate::model::{Project, RunId};
use crate::os::forker::Forker;
use crate::os::front::FrontLink;
use crate::ui::style::Look;
use std::ffi::OsString;
use std::time::Duration;

/// What `up` was asked for, resolved.
#[derive(Debug, Clone)]
pub struct Options {
    /// Services to start, as indices into the project, dependencies included.
    pub wanted: Vec<usize>,
    /// One exit, whatever its status, stops all.
    pub abort_on_exit: bool,
    /// One failure stops all.
    pub abort_on_failure: bool,
    /// Overrides every service's grace.
    pub grace: Option<Duration>,
    /// Whether `tty: auto` means a terminal.
    pub terminal: bool,
    /// Columns the prefix takes, so that a service's terminal fits beside it.
    pub prefix_width: u16,
    /// The environment devsup was started in, without its own variables.
    pub os_environment: Vec<(OsString, OsString)>,
    /// The run this one is inside of, if a devsup started us.
    pub outer_run: Option<String>,
}

/// What the supervisor is made of before anything was started.
pub struct Parts {
    /// The resolved project.
    pub project: Project,
    /// What was asked for.
    pub options: Options,
    /// Its health checks, made ready.
    pub checks: Checks,
    /// The id of this run.
    pub run: RunId,
    /// The run's ledger, already locked.
    pub ledger: Ledger,
    /// The stream.
    pub hub: Hub,
    /// What the hub has to say.
    pub hub_events: tokio::sync::mpsc::UnboundedReceiver<crate::log::HubEvent>,
    /// What starts processes.
    pub forker: Forker,
    /// The front, if there is one.
    pub front: Option<FrontLink>,
    /// The control socket.
    pub listener: std::os::unix::net::UnixListener,
    /// How its own words look.
    pub look: Look,
}

/// Runs the project until it has ended or was stopped, and proves the end.
pub fn run(parts: Parts) -> std::io::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, fleet::live(parts))
}
