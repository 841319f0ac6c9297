//! What is written down of a job, and what is believed of it when it is read.

use crate::model::{JobEnd, JobScope, JobStatus, JobStop, Phase, Pid};
use crate::os::process::{Handle, Identity};
use crate::os::table;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of the forms in this file.
pub(super) const VERSION: u32 = 1;

/// `job.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form: 1.
    pub version: u32,
    /// What can be told of it to anybody.
    #[serde(flatten)]
    pub shown: Shown,
    /// The boot it was started in.
    pub boot: String,
    /// Where pids mean what they meant.
    pub pid_namespace: u64,
    /// Whoever writes this: first the one who starts it, then its supervisor.
    pub supervisor: Identity,
    /// With whom it ends.
    pub owner: Option<Identity>,
}

/// A job as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Unique, short, easily typed.
    pub id: String,
    /// Not unique.
    pub name: String,
    /// Where it is in its life.
    pub status: JobStatus,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// With what it ends.
    pub scope: JobScope,
    /// The project it was started in.
    pub project: PathBuf,
    /// Its command, secrets masked.
    pub command: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Its own process, once it was started.
    pub pid: Option<Pid>,
    /// The process it ends with.
    pub owner_pid: Option<Pid>,
    /// After so many milliseconds it is stopped.
    pub timeout_ms: Option<u64>,
    /// Its exit status, if it ended with one.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<String>,
    /// Why it is as it is, where the rest does not tell.
    pub reason: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When its command was started.
    pub started_at: Option<Timestamp>,
    /// When nothing of it was left.
    pub ended_at: Option<Timestamp>,
    /// Where its output is, in the CRI format.
    pub log: PathBuf,
}

impl Record {
    /// A record that this process writes from now on.
    pub fn new(shown: Shown, boot: String, pid_namespace: u64, supervisor: Identity) -> Self {
        Self { version: VERSION, shown, boot, pid_namespace, supervisor, owner: None }
    }

    /// Whether somebody looks after it still. Where pids mean something else
    /// that can't be said, and what is written is believed.
    fn is_supervised(&self) -> bool {
        let same_namespace = table::pid_namespace().is_ok_and(|own| own == self.pid_namespace);
        !same_namespace || matches!(self.supervisor(), Ok(Some(_)))
    }

    /// A handle on whoever looks after it; `None`: nobody does.
    pub fn supervisor(&self) -> std::io::Result<Option<Handle>> {
        Ok(Handle::open(&self.supervisor)?.filter(|handle| !handle.has_ended().unwrap_or(false)))
    }

    /// Of a job that is written down as going on and is not, what became of it.
    pub(super) fn judge(&mut self) {
        if self.shown.status.is_over() {
            return;
        }
        let same_boot = table::boot_id().is_ok_and(|boot| boot == self.boot);
        if same_boot && self.is_supervised() {
            return;
        }
        self.end(JobEnd::unseen(same_boot));
    }

    fn end(&mut self, end: JobEnd) {
        self.shown.status = end.status;
        self.shown.reason = end.reason;
    }

    /// Takes over what was seen of its run, which is over.
    pub fn finish(&mut self, watched: &Watched) {
        self.end(JobEnd::of(watched.stop, watched.phase, watched.error.clone()));
        self.shown.exit_code = watched.exit_code;
        self.shown.signal.clone_from(&watched.signal);
        self.shown.ended_at = Some(Timestamp::now());
    }
}

impl Shown {
    /// A job of which nothing is known yet but its id.
    pub fn new(id: String) -> Self {
        Self {
            id,
            name: String::new(),
            status: JobStatus::Pending,
            tags: Vec::new(),
            scope: JobScope::Project,
            project: PathBuf::new(),
            command: Vec::new(),
            cwd: PathBuf::new(),
            pid: None,
            owner_pid: None,
            timeout_ms: None,
            exit_code: None,
            signal: None,
            reason: None,
            created_at: Timestamp::now(),
            started_at: None,
            ended_at: None,
            log: PathBuf::new(),
        }
    }

    /// The status that a shell would give it: its own, or 128 and the number of
    /// the signal that ended it. `None`: it never ran to an end.
    pub fn code(&self) -> Option<i32> {
        let number = |name: &String| {
            (1..=64).find(|&number| crate::os::signal_name(number) == *name).map(|n| 128 + n)
        };
        self.exit_code.or_else(|| self.signal.as_ref().and_then(number))
    }
}

/// What its supervisor sees of a job while it runs.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Why it is being stopped, if it is.
    pub stop: Option<JobStop>,
    /// Where its command is.
    pub phase: Phase,
    /// Its exit status.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<String>,
    /// What went wrong, in words.
    pub error: Option<String>,
}

impl Default for Watched {
    fn default() -> Self {
        Self { stop: None, phase: Phase::Pending, exit_code: None, signal: None, error: None }
    }
}
