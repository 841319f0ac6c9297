//! What goes over the wire, in both directions. Every answer says the version
//! of its form.

mod event;
mod failure;
mod log;
mod process;
mod project;
mod service;
mod stop;

pub use event::{Event, News};
pub use failure::{Code, Failure, Fault};
pub use log::LogLine;
pub use process::{KillOrder, Killed, Processes};
pub use project::{ProjectEntry, Projects};
pub use service::{Exit, Service, Services};
pub use stop::{Reply, StopWish};

use crate::model::{Pid, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of all these forms, and of the paths they are asked under.
pub const VERSION: u32 = 1;

/// Who a supervisor is. Answered by its loop, so that an answer proves that it
/// turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Greeting {
    /// Version of the API, 1.
    pub version: u32,
    /// Version of the program, as `0.1.0`.
    pub devsup: String,
    /// The project's name.
    pub project: String,
    /// Its directory, by which two that share a socket's name are told apart.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// The run.
    pub run: RunId,
    /// The supervisor's pid.
    pub pid: Pid,
    /// When the run began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// It has no terminal and goes on until `down`.
    pub detached: bool,
}
