//! What a stop found, did and left: the words that the supervisor, `down`,
//! `--json` and the history share.

use super::{Left, Pid, RunId, Teardown};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a process counts as ours, or could be taken for it. All kinds but the
/// last two are strong: enough alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The ledger names it, and boot id and start time still match.
    Ledger,
    /// It descends from a guard that the ledger names.
    Guard,
    /// Its soft `RLIMIT_LOCKS` is the run's number.
    Rlimit,
    /// `DEVSUP_RUN_ID` in its environment is the run's.
    Environment,
    /// It holds one of our lock files open.
    Lock,
    /// Its session was recorded, and a member of it is ours by other evidence.
    Session,
    /// Its process group was recorded, and a member of it is ours by other
    /// evidence.
    Group,
    /// It is in a cgroup of the run.
    Cgroup,
    /// Its command line matches a pattern of the sweep. Weak: it counts only
    /// inside the project, orphaned, without a terminal.
    Pattern,
    /// It runs in the project's directory. Weak: never enough.
    Directory,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ledger => "ledger",
            Self::Guard => "below a guard",
            Self::Rlimit => "limit marker",
            Self::Environment => "environment marker",
            Self::Lock => "lock file",
            Self::Session => "session",
            Self::Group => "process group",
            Self::Cgroup => "cgroup",
            Self::Pattern => "pattern",
            Self::Directory => "directory",
        })
    }
}

/// What became of a process that was considered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It ended when it was asked.
    Stopped,
    /// It was killed.
    #[default]
    Killed,
    /// A dry run: it would be stopped.
    WouldStop,
    /// It has much of what ours have, and was left alone.
    Spared,
    /// Weak evidence only, which is never enough.
    Suspect,
    /// Ours, and left alive because `shutdown.keep` names it.
    Kept,
    /// We run below its guard, which ends it after us.
    HandedOver,
}

/// A process that the stop ended (or, in a dry run, would end).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Its pid.
    pub pid: Pid,
    /// Its short name.
    pub name: String,
    /// Its command line, capped.
    pub command: String,
    /// The service it belongs to, where that is known.
    pub service: Option<String>,
    /// Why it is ours, strongest first; never empty.
    pub evidence: Vec<Evidence>,
    /// The phase (1 to 3) that ended it.
    pub phase: u8,
    /// What became of it.
    #[serde(default, rename = "verdict")]
    pub fate: Fate,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
}

/// A process that was looked at and left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// Its pid.
    pub pid: Pid,
    /// Its short name.
    pub name: String,
    /// Its command line, capped.
    pub command: String,
    /// What speaks for its being ours.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What became of it.
    #[serde(default, rename = "verdict")]
    pub fate: Fate,
    /// Why it was left alone, in words.
    pub reason: String,
}

/// A service that left processes behind when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strays {
    /// The instance.
    pub service: String,
    /// How many this time.
    pub processes: usize,
    /// In how many of the last runs it did so, this one included.
    pub times: usize,
    /// How many runs that was looked at in.
    pub runs: usize,
}

/// A process of ours that is still there, or a port that is still taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Survivor {
    /// A process.
    Process {
        /// Its pid.
        pid: Pid,
        /// Its short name.
        name: String,
        /// Its command line, capped.
        command: String,
        /// Why it is ours.
        evidence: Vec<Evidence>,
        /// Why it could not be ended, in words.
        reason: String,
    },
    /// A declared port that can't be bound.
    Port {
        /// The port.
        port: u16,
        /// The service that declares it.
        service: String,
        /// Who holds it, in words; `None`: can't be told.
        holder: Option<String>,
    },
    /// A container, network or volume.
    Container(Left),
    /// An engine that has containers of ours, and could not be asked.
    Engine {
        /// Why, in words.
        reason: String,
    },
    /// A lock file that somebody still holds.
    Lock {
        /// Its path.
        path: String,
    },
    /// Something that could not be looked at, so that nothing is proven of it.
    Unseen {
        /// What, in words.
        what: String,
    },
}

/// What the stop gave back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freed {
    /// Processes ended.
    pub processes: usize,
    /// Their resident memory in bytes, as far as it could be read.
    pub memory: u64,
    /// TCP ports that are free again, in order.
    pub ports: Vec<u16>,
}

/// How the stop went, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There was nothing to do.
    Nothing,
    /// Nothing is left.
    Clean,
    /// Something of ours is left: exit status 6.
    Left,
}

/// The end of every stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Report {
    /// Version of this form; 1.
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// The run that ended, if one was recorded.
    pub run: Option<RunId>,
    /// Nothing was done, only looked.
    pub dry_run: bool,
    /// How it went.
    pub verdict: Verdict,
    /// Processes ended (or that would be).
    pub hits: Vec<Hit>,
    /// Processes looked at and left alone.
    pub spared: Vec<Spared>,
    /// What is left.
    pub survivors: Vec<Survivor>,
    /// What was given back.
    pub freed: Freed,
    /// What became of containers, networks and volumes.
    #[serde(default)]
    pub containers: Teardown,
    /// Who left processes behind.
    #[serde(default)]
    pub strays: Vec<Strays>,
    /// Things worth a sentence: a ledger that was not believed, a phase that
    /// could not look everywhere.
    pub notes: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
