//! What runs.

use crate::model::{Health, Outcome, Phase, Pid, RunId};
use crate::os::signal_name;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All instances of a run, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Services {
    /// Version of the API, 1.
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// Its directory.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// The run.
    pub run: RunId,
    /// Everything is being stopped.
    pub stopping: bool,
    /// The instances.
    pub services: Vec<Service>,
}

impl Services {
    /// Those of this name: all copies of a service, or one instance.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |one| one.is_called(name))
    }
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Service {
    /// The declared service.
    pub service: String,
    /// Which copy of it: `web`, or `web.2` where there are several.
    pub instance: String,
    /// Where it is in its life.
    pub state: Phase,
    /// What its probe says.
    pub health: Health,
    /// Whether it does what it is for: it runs and is not unhealthy, or has
    /// completed.
    pub ready: bool,
    /// Its own process, while it runs.
    pub pid: Option<Pid>,
    /// The port that it was told to listen on.
    pub port: Option<u16>,
    /// Where to reach it, if it promised to listen.
    pub url: Option<String>,
    /// When it was started last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended last, if it does not run.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How often it was started, by whomever.
    pub starts: u32,
    /// How often it was started again by its restart policy or on request.
    pub restarts: u32,
    /// How it ended last, if it does not run.
    pub exit: Option<Exit>,
    /// What went wrong last, in words.
    pub error: Option<String>,
    /// What it waits for before it starts.
    pub waits_for: Vec<String>,
    /// What it is tagged with.
    pub tags: Vec<String>,
    /// Its log file.
    #[schema(value_type = String)]
    pub log: PathBuf,
}

impl Service {
    /// Whether this name means it.
    pub fn is_called(&self, name: &str) -> bool {
        self.service == name || self.instance == name
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_down(&self) -> bool {
        matches!(self.state, Phase::Stopped | Phase::Completed | Phase::Failed)
    }
}

/// How a process ended. Both are missing where nobody saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Exit {
    /// The exit code.
    pub code: Option<i32>,
    /// The signal that ended it, as `SIGSEGV`.
    pub signal: Option<String>,
}

impl Exit {
    /// An outcome as the API says it; `None`: nobody saw it.
    pub fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Exited(code) => Some(Self { code: Some(code), signal: None }),
            Outcome::Signaled(number) => {
                Some(Self { code: None, signal: Some(signal_name(number)) })
            }
            Outcome::Unknown => None,
        }
    }
}
