//! `history.jsonl`: what happened, one line an event, only ever appended to.
//! It stays when everything else goes.

use super::Location;
use crate::model::{Outcome, Pid, Report, RunId, Signal};
use crate::os::files;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// How much of the end of the file is looked at for the last report.
const TAIL: u64 = 1 << 20;

/// One event worth keeping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum HistoryEvent {
    /// A run began.
    Begun {
        /// The run.
        run: RunId,
        /// Its supervisor.
        supervisor: Pid,
    },
    /// A new supervisor took a run over from one that had died.
    TakenOver {
        /// The run.
        run: RunId,
        /// Its supervisor from now on.
        supervisor: Pid,
        /// The instances that go on.
        services: Vec<String>,
    },
    /// A service was started.
    Started {
        /// The instance.
        service: String,
        /// Its leader.
        pid: Pid,
    },
    /// A service ended, with everything below it.
    Exited {
        /// The instance.
        service: String,
        /// Its leader.
        pid: Pid,
        /// How the leader ended.
        outcome: Outcome,
    },
    /// A signal was sent.
    Signaled {
        /// The instance, where one is known.
        service: Option<String>,
        /// Who got it.
        pid: Pid,
        /// What.
        signal: Signal,
    },
    /// A sweep ended so many processes.
    Swept {
        /// How many.
        processes: usize,
    },
    /// A stop was over.
    Reported {
        /// What it found, did and left.
        report: Box<Report>,
    },
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: String,
    #[serde(flatten)]
    event: HistoryEvent,
}

/// Appends an event, stamped with the time.
pub fn append(location: &Location, event: &HistoryEvent) -> io::Result<()> {
    append_all(location, vec![(Timestamp::now(), event.clone())])
}

/// Appends events that were stamped when they happened. Whole lines in one
/// write, so that two writers never mix theirs.
pub fn append_all(location: &Location, events: Vec<(Timestamp, HistoryEvent)>) -> io::Result<()> {
    let mut text = Vec::new();
    for (at, event) in events {
        serde_json::to_writer(&mut text, &Line { at: at.to_string(), event })?;
        text.push(b'\n');
    }
    let path = location.dir().join("history.jsonl");
    files::appender(&path).map_err(io::Error::other)?.write_all(&text)
}

/// How many earlier runs are looked at for who left processes behind.
const RUNS: usize = 9;

/// Completes what a report says of those who left processes behind: in how
/// many of the last runs they did. Called before the report is appended.
pub fn count_strays(location: &Location, report: &mut Report) {
    if report.strays.is_empty() {
        return;
    }
    let earlier: Vec<Report> = reports(location).take(RUNS).map(|(_, report)| report).collect();
    for strays in &mut report.strays {
        let too = |other: &&Report| other.strays.iter().any(|one| one.service == strays.service);
        strays.times = 1 + earlier.iter().filter(too).count();
        strays.runs = 1 + earlier.len();
    }
}

/// What the history says of an instance that does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLife {
    /// The instance.
    pub instance: String,
    /// Its own process, and when it was started last.
    pub started: Option<(Pid, Timestamp)>,
    /// How it ended after that, and when.
    pub ended: Option<(Outcome, Timestamp)>,
}

/// What the end of the history says of every instance of this name, which is
/// that of a service or of one instance, in the order of their last starts.
pub fn last_lives(location: &Location, name: &str) -> Vec<LastLife> {
    let bytes = files::read_tail(&location.dir().join("history.jsonl"), TAIL);
    let mut found: Vec<LastLife> = Vec::new();
    let lines = bytes.unwrap_or_default();
    let lines = lines.split(|&byte| byte == b'\n');
    for line in lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok()) {
        let Ok(at) = line.at.parse() else { continue };
        match line.event {
            HistoryEvent::Started { service, pid } if is_called(&service, name) => {
                found.retain(|past| past.instance != service);
                found.push(LastLife { instance: service, started: Some((pid, at)), ended: None });
            }
            HistoryEvent::Exited { service, outcome, .. } => {
                let past = found.iter_mut().find(|past| past.instance == service);
                if let Some(past) = past {
                    past.ended = Some((outcome, at));
                }
            }
            _ => {}
        }
    }
    found
}

/// `web` is also what its copies are called: `web.2`.
fn is_called(instance: &str, name: &str) -> bool {
    let copy = instance.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    instance == name || copy.is_some_and(|number| number.parse::<u16>().is_ok())
}

/// The runs that began here, as far back as is worth a look, the latest first.
pub fn runs(location: &Location) -> Vec<RunId> {
    let Ok(bytes) = files::read_tail(&location.dir().join("history.jsonl"), TAIL) else {
        return Vec::new();
    };
    let lines = bytes.split(|&byte| byte == b'\n').rev();
    let begun = lines.filter_map(|line| match serde_json::from_slice::<Line>(line).ok()?.event {
        HistoryEvent::Begun { run, .. } => Some(run),
        _ => None,
    });
    begun.collect()
}

/// The last report of a stop and when it was written, if one can be read.
pub fn last_report(location: &Location) -> Option<(Timestamp, Report)> {
    reports(location).next()
}

/// The reports of stops, the last one first.
fn reports(location: &Location) -> impl Iterator<Item = (Timestamp, Report)> {
    let bytes = files::read_tail(&location.dir().join("history.jsonl"), TAIL).unwrap_or_default();
    let lines: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let lines = lines.into_iter().rev();
    lines.filter_map(|line| {
        let line = serde_json::from_slice::<Line>(&line).ok()?;
        let HistoryEvent::Reported { report } = line.event else {
            return None;
        };
        Some((line.at.parse().ok()?, *report))
    })
}
