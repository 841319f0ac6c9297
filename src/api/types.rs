//! What is asked and answered.

use crate::model::{Pid, Progress, Report, RunId};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Version of these forms. A request of another version is answered by an
/// error in words.
pub const VERSION: u32 = 1;

/// One line to the supervisor; one a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`].
    pub version: u32,
    /// What is wanted.
    pub verb: Verb,
}

impl Request {
    /// A request of this version.
    pub fn new(verb: Verb) -> Self {
        Self { version: VERSION, verb }
    }
}

/// What can be wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Say who you are. Answered by the loop itself, so that an answer proves
    /// that it turns.
    Hello,
    /// Stop everything. Answered by progress, and at last by the report. Asked
    /// again with `force` while a stop is on, it ends the patience of that stop.
    Down {
        /// Ask nobody, kill all.
        force: bool,
        /// A patience for every service instead of its own.
        grace: Option<Duration>,
        /// Remove the volumes of the project's containers too.
        #[serde(default)]
        volumes: bool,
    },
    /// Start something outside of every service, which no stop ends.
    Detach {
        /// The program and its arguments.
        command: Vec<String>,
        /// Where it runs.
        directory: PathBuf,
        /// Its environment.
        environment: Vec<(String, String)>,
    },
}

/// One line from the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Who it is.
    Hello(Greeting),
    /// How far the stop is.
    Progress(Progress),
    /// The stop is over; nothing follows.
    Report(Box<Report>),
    /// What was to be started has been, with this pid; nothing follows.
    Detached(Pid),
    /// Why it will not, in words; nothing follows.
    Error(String),
}

/// Who a supervisor is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// Its project's directory, by which two that share a socket's name are
    /// told apart.
    pub root: PathBuf,
    /// Its run.
    pub run: RunId,
    /// Its pid.
    pub pid: Pid,
}
