//! What a supervisor writes down for the program it becomes. Descriptors stand
//! in it by number; times as how long ago they were.

use super::Options;
use crate::ledger::Course;
use crate::log::{Begun, Channel as Stream, Handed};
use crate::model::{InstanceName, Outcome, Pid, Project, State};
use crate::os::process::Identity;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Version of this form. A program reads no other one.
pub const FORM: u32 = 1;

/// The whole letter.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    pub form: u32,
    /// The version of the program that wrote it.
    pub from: String,
    /// How often the supervisor has become another program, this time included.
    pub handed_over: u32,
    pub project: Project,
    pub options: Options,
    pub open_files: u64,
    /// Both ends of the guards' life pipe, the write end first.
    pub life: [i32; 2],
    pub run_lock: i32,
    pub listener: i32,
    pub front: Option<i32>,
    /// The number of the next event.
    pub next_event: u64,
    pub summary_shown: bool,
    pub failed: bool,
    pub units: Vec<UnitLetter>,
}

/// One instance.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UnitLetter {
    pub instance: InstanceName,
    pub state: State,
    pub course: Course,
    pub last_error: Option<String>,
    pub last: Option<LastLetter>,
    /// How long until its pause is over.
    pub pause: Option<Duration>,
    pub live: Option<LiveLetter>,
}

/// What is remembered of its leader.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LastLetter {
    pub pid: Pid,
    pub since: Duration,
    pub outcome: Option<Outcome>,
    pub until: Option<Duration>,
}

/// What runs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LiveLetter {
    pub guard: Identity,
    pub leader: Pid,
    pub channel: i32,
    pub terminal: Option<i32>,
    pub input: Option<i32>,
    pub since: Duration,
    /// For how long it has been healthy.
    pub healthy: Option<Duration>,
    pub streams: Vec<StreamLetter>,
    /// Its last lines.
    pub tail: Vec<u8>,
}

/// One stream, and its unfinished line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StreamLetter {
    pub kind: Kind,
    pub fd: i32,
    pub pending: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Out,
    Err,
    Terminal,
}

impl From<Stream> for Kind {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Out => Self::Out,
            Stream::Err => Self::Err,
            Stream::Terminal => Self::Terminal,
        }
    }
}

impl From<Kind> for Stream {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Out => Self::Out,
            Kind::Err => Self::Err,
            Kind::Terminal => Self::Terminal,
        }
    }
}

/// The streams of a source that is handed over.
pub(super) fn streams(handed: &Handed) -> Vec<StreamLetter> {
    let pending = |stream: Stream| {
        let found = handed.begun.pending.iter().find(|(channel, _)| *channel == stream);
        found.map(|(_, bytes)| bytes.clone()).unwrap_or_default()
    };
    let one = |(channel, fd): &(Stream, std::os::fd::OwnedFd)| StreamLetter {
        kind: Kind::from(*channel),
        fd: crate::os::reexec::number(fd),
        pending: pending(*channel),
    };
    handed.streams.iter().map(one).collect()
}

impl LiveLetter {
    /// Its streams as they are handed over.
    pub fn handed(&self) -> std::io::Result<Handed> {
        let mut streams = Vec::new();
        let mut begun = Begun { pending: Vec::new(), tail: self.tail.clone() };
        for stream in &self.streams {
            let kind = Stream::from(stream.kind);
            streams.push((kind, crate::os::reexec::inherited(stream.fd)?));
            begun.pending.push((kind, stream.pending.clone()));
        }
        Ok(Handed { streams, begun })
    }
}
