//! A process as it is shown, and the tree that many of them are.

use super::{Evidence, Pid, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a process is to us.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It belongs to a declared service: its own process, or one below it.
    Service,
    /// It belongs to a job.
    Job,
    /// It is ours by its marks, yet no service or job holds it any more.
    Stray,
    /// It may be ours. That is no proof, so it is never signalled from here.
    Suspect,
    /// It is devsup's own: a supervisor, a guard, a command.
    Devsup,
    /// It is not ours.
    Other,
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// It runs, or would if a processor were free.
    Running,
    /// It waits for something.
    Sleeping,
    /// It waits inside the kernel, for a disk or a dead network mount; no
    /// signal reaches it until that is over.
    Blocked,
    /// It was stopped by a signal.
    Stopped,
    /// It has ended and its parent has not looked at it.
    Zombie,
    /// Anything else.
    Unknown,
}

impl Activity {
    /// Reads the kernel's letter.
    pub fn of_letter(letter: char) -> Self {
        match letter {
            'R' => Self::Running,
            'S' | 'I' => Self::Sleeping,
            'D' => Self::Blocked,
            'T' | 't' => Self::Stopped,
            'Z' | 'X' | 'x' => Self::Zombie,
            _ => Self::Unknown,
        }
    }

    /// It in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Zombie => "zombie",
            Self::Unknown => "unknown",
        }
    }
}

/// A process of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Process {
    /// Its pid.
    pub pid: Pid,
    /// Its parent's pid; 0 for none that can be seen.
    pub parent: i32,
    /// When it started, in ticks since boot: with the pid, who it is.
    pub start: u64,
    /// When it started.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// How many of those shown stand above it.
    pub depth: usize,
    /// Its short name.
    pub name: String,
    /// Its command line, capped.
    pub command: String,
    /// The directory it is in, where that may be known.
    #[schema(value_type = Option<String>)]
    pub cwd: Option<PathBuf>,
    /// What it is doing.
    pub state: Activity,
    /// Percent of one processor.
    pub cpu: f32,
    /// The same with all below it.
    pub cpu_tree: f32,
    /// Resident memory in bytes.
    pub memory: u64,
    /// The same with all below it; what they share is counted for each.
    pub memory_tree: u64,
    /// How many threads it has.
    pub threads: u32,
    /// TCP ports it listens on.
    pub ports: Vec<u16>,
    /// What it is to us.
    pub kind: Kind,
    /// Whether it is the own process of a service or a job.
    pub leader: bool,
    /// The service it belongs to.
    pub service: Option<String>,
    /// Which copy of it.
    pub instance: Option<String>,
    /// The job it belongs to.
    pub job: Option<String>,
    /// What its service or job is tagged with.
    pub tags: Vec<String>,
    /// The name of its project.
    pub project: Option<String>,
    /// Its run.
    pub run: Option<RunId>,
    /// Why it is ours, strongest first.
    pub evidence: Vec<Evidence>,
    /// Why it is taken for what it is, where evidence does not say it.
    pub reason: Option<String>,
}

/// Which of them are wanted; what is left out is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of a project of this name.
    pub project: Option<String>,
    /// Of this service, or this instance.
    pub service: Option<String>,
    /// Of this job.
    pub job: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// This process and all below it.
    pub pid: Option<Pid>,
    /// Only the own processes of services and jobs.
    pub leaders_only: bool,
    /// Only those in this directory or below.
    pub cwd: Option<PathBuf>,
}

impl Filter {
    /// Whether it is meant, but for what only the tree can tell.
    pub(super) fn wants(&self, one: &Process) -> bool {
        let is = |wanted: &Option<String>, has: &[&Option<String>]| {
            wanted.is_none() || has.contains(&wanted)
        };
        let below =
            |directory: &PathBuf| one.cwd.as_ref().is_some_and(|cwd| cwd.starts_with(directory));
        is(&self.project, &[&one.project])
            && is(&self.service, &[&one.service, &one.instance])
            && is(&self.job, &[&one.job])
            && self.tag.as_ref().is_none_or(|tag| one.tags.contains(tag))
            && self.cwd.as_ref().is_none_or(below)
            && (!self.leaders_only || one.leader)
    }
}

/// What those shown use together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// How many there are.
    pub processes: usize,
    /// Percent of one processor.
    pub cpu: f32,
    /// Resident memory in bytes.
    pub memory: u64,
}
