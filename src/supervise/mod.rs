//! The supervisor: one loop, one owner of all state. Everything that happens
//! arrives as an `input::Input`; `Fleet::handle` answers it without waiting
//! for anything; what it decided is done before the next one is looked at.
//!
//! It does not know where the project came from, nor how anything looks.

pub mod adopt;
mod attach;
mod board;
mod clients;
mod containers;
mod converge;
mod diagnosis;
mod environment;
mod errands;
mod fingerprint;
mod fleet;
mod gates;
mod going;
mod health;
mod input;
mod inspect;
mod launch;
mod letter;
mod limits;
mod moves;
mod notices;
mod ports;
mod release;
pub mod reload;
mod starts;
mod stop;
mod stop_command;
mod unit;
mod way;

pub use diagnosis::{who_has, who_is};
pub use environment::{added, siblings};
pub use going::{Inheritance, Succession, take};
pub use health::{Checks, checks};
pub use launch::os_environment;
pub use letter::FORM;
pub use limits::{Cause, Limits, Observer, Seen};
pub use ports::settle_ports;
pub use release::{Detach, Release};

use crate::exit::Status;
use crate::ledger::Ledger;
use crate::log::Hub;
use crate::model::{Project, RunId};
use crate::os::forker::Forker;
use crate::os::front::FrontLink;
use crate::os::launch::OnDeath;
use crate::ui::style::{ColourChoice, Look};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::time::Duration;

/// How lines are shown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Screen {
    /// When to use colours.
    pub colour: ColourChoice,
    /// The time before each line.
    pub timestamps: bool,
    /// The name before each line.
    pub prefix: bool,
}

/// What `up` was asked for, resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Services to start, as indices into the project, dependencies included.
    pub wanted: Vec<usize>,
    /// One exit, whatever its status, stops all.
    pub abort_on_exit: bool,
    /// One failure stops all.
    pub abort_on_failure: bool,
    /// It has no terminal, and goes on until it is told to stop; until when it
    /// keeps its caller.
    pub detach: Option<Detach>,
    /// It goes on when all of its services have ended.
    pub stays: bool,
    /// Overrides every service's grace.
    pub grace: Option<Duration>,
    /// Whether `tty: auto` means a terminal.
    pub terminal: bool,
    /// What becomes of the services should we be killed.
    pub on_death: OnDeath,
    /// Whether our own words go to a terminal.
    pub words_on_terminal: bool,
    /// Columns the prefix takes, so that a service's terminal fits beside it.
    pub prefix_width: u16,
    /// How lines are shown.
    pub screen: Screen,
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
    /// What goes on from an earlier supervisor.
    pub inheritance: Inheritance,
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
    /// What ends it from outside.
    pub limits: Limits,
    /// Who is told how it goes.
    pub observer: Option<Observer>,
}

/// The width of the terminal that our own words go to, or the usual one.
fn own_columns() -> u16 {
    crate::os::descriptor::columns(std::io::stderr()).unwrap_or(80)
}

/// Runs the project until it has ended or was stopped, and proves the end.
pub fn run(parts: Parts) -> std::io::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, fleet::live(parts))
}
