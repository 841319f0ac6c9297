//! The contents of `run.json`.

use crate::model::{
    Compose, Health, InstanceName, Outcome, Phase, Pid, RunId, ServiceName, Signal,
};
use crate::os::lock::LockId;
use crate::os::marker::Marker;
use crate::os::process::Identity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What is true of a whole run.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The run.
    pub run: RunId,
    /// The project's name.
    pub project: String,
    /// The project's directory, absolute.
    pub root: PathBuf,
    /// What every process of the run wears.
    pub marker: Marker,
    /// Who supervises it.
    pub supervisor: Identity,
    /// Who forks for the supervisor, once there is one.
    pub forker: Option<Identity>,
    /// Where the supervisor listens.
    pub socket: Option<PathBuf>,
    /// The cgroup that those of its services are in, where one could be had.
    pub cgroup: Option<PathBuf>,
    /// When the run began.
    pub started_at: Timestamp,
    /// What it has to do with containers; `None`: nothing.
    pub containers: Option<Containers>,
}

/// What a run has to do with containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containers {
    /// The project's compose section, if it has one.
    pub compose: Option<Compose>,
    /// The compose services that this run has started.
    pub started: BTreeSet<String>,
}

/// A service that runs, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which copy of which service.
    pub instance: InstanceName,
    /// The declared service.
    pub service: ServiceName,
    /// The guard that holds its tree together.
    pub guard: Identity,
    /// The service's own process.
    pub leader: Identity,
    /// The leader's process group.
    pub pgid: Pid,
    /// The leader's session.
    pub sid: Pid,
    /// When it is stopped: level 0 first.
    pub level: usize,
    /// How it is asked to stop.
    pub signal: Signal,
    /// How long it may take then, in milliseconds.
    #[serde(rename = "grace_ms", with = "millis")]
    pub grace: Duration,
    /// The port it declares, which must be free once it is gone; `None` where
    /// none is promised.
    pub port: Option<u16>,
    /// What it was doing when this was written.
    pub state: Phase,
    /// The lock file that it and all it forks hold open.
    pub lock: Option<LockId>,
    /// What its health was then.
    #[serde(default = "no_health")]
    pub health: Health,
    /// How often it was started.
    #[serde(default)]
    pub course: Course,
}

fn no_health() -> Health {
    Health::None
}

/// How often an instance was started in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// In all.
    pub starts: u32,
    /// By its restart policy.
    pub restarts: u32,
    /// By its policy, in a row.
    pub tries: u32,
}

/// An instance that ran in this run and does not now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Which copy of which service.
    pub instance: InstanceName,
    /// How its leader ended.
    pub outcome: Outcome,
    /// What it was called then.
    pub state: Phase,
    /// How often it was started.
    pub course: Course,
}

/// A ledger that was read and believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// What is true of the run.
    pub header: Header,
    /// The services, in the order they were recorded.
    pub entries: Vec<Entry>,
    /// Those that are over.
    pub past: Vec<Past>,
}

/// Version of the form below.
pub(super) const VERSION: u32 = 1;

/// `run.json` as it is written. Everything by which a reader can tell that it
/// is meant for another boot, another machine, another user or another
/// directory comes along.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    pub version: u32,
    pub boot: String,
    pub pid_namespace: u64,
    pub uid: u32,
    pub root_device: u64,
    pub root_inode: u64,
    pub run: RunId,
    pub project: String,
    pub root: PathBuf,
    pub marker: u64,
    pub supervisor: Identity,
    #[serde(default)]
    pub forker: Option<Identity>,
    #[serde(default)]
    pub socket: Option<PathBuf>,
    #[serde(default)]
    pub cgroup: Option<PathBuf>,
    pub started_at: String,
    #[serde(default)]
    pub containers: Option<Containers>,
    pub entries: Vec<Entry>,
    #[serde(default)]
    pub past: Vec<Past>,
}

mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
