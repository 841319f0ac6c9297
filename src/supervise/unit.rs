//! One instance of a service, as the loop knows it: where it is in its life,
//! and the handles on what lives.

use super::environment::port_of;
use super::fingerprint::Fingerprint;
use super::health::{Asking, Health};
use crate::ledger::Course;
use crate::log::SourceId;
use crate::model::{InstanceName, Outcome, Pid, Project, State};
use crate::os::channel::Channel;
use crate::os::guard::Order;
use crate::os::process::Handle;
use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

/// An instance.
pub(super) struct Unit {
    pub instance: InstanceName,
    /// Index of its service in the project.
    pub service: usize,
    /// From 1.
    pub number: u16,
    pub port: Option<u16>,
    pub source: SourceId,
    /// Its stop level: 0 stops first.
    pub level: usize,
    pub state: State,
    /// How often it was started; words of earlier starts are not its own.
    pub starts: u32,
    /// What was started and is not over.
    pub live: Option<Live>,
    /// What its leader was, for the notice of its end.
    pub last: Option<Last>,
    /// When it is killed if its tree has not emptied by itself by then.
    pub patience: Option<Instant>,
    /// Held for as long as its stop command is wanted.
    pub stop_command: Option<oneshot::Sender<Infallible>>,
    /// When its pause before the next start is over.
    pub pause: Option<Instant>,
    /// The config files that declare it.
    pub files: Vec<PathBuf>,
    /// What it was started with.
    pub print: Option<Fingerprint>,
    /// It is not declared any more, and stays only until it has ended.
    pub retired: bool,
    /// Who is attached, and wants to know how it ends.
    pub attached: Vec<oneshot::Sender<Outcome>>,
    /// What is known of its health, and how often it was started again.
    pub health: Health,
}

/// A start that is under way or runs.
pub(super) struct Live {
    pub channel: Rc<AsyncFd<Channel>>,
    pub guard: Option<Handle>,
    pub leader: Option<Pid>,
    pub terminal: Option<OwnedFd>,
    /// The write end of its standard input, where that is a pipe that may be
    /// written to.
    pub input: Option<OwnedFd>,
    pub since: Instant,
    /// Why its program does not run, once its guard has said so.
    pub failed: Option<String>,
    /// Whether its program was executed; until then it may still fail to be.
    pub executed: bool,
    /// Whoever asks for its health.
    pub asking: Asking,
    /// Since when it has been healthy.
    pub healthy: Option<Instant>,
}

/// What is remembered of the leader that ran last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub pid: Pid,
    pub since: Instant,
    pub outcome: Option<Outcome>,
    /// When its tree was empty.
    pub until: Option<Instant>,
}

impl Unit {
    /// An instance that was never started.
    pub fn new(project: &Project, service: usize, number: u16, source: SourceId) -> Self {
        let declared = &project.services[service];
        Self {
            instance: InstanceName::new(&declared.name, number, declared.replicas),
            service,
            number,
            port: port_of(declared, number),
            source,
            level: 0,
            state: State::NEW,
            starts: 0,
            live: None,
            last: None,
            patience: None,
            stop_command: None,
            pause: None,
            files: project.files.clone(),
            print: None,
            retired: false,
            attached: Vec::new(),
            health: Health::default(),
        }
    }

    /// Whether it is not declared any more, and nothing is left of it.
    pub fn is_gone(&self) -> bool {
        self.retired && self.state.is_final() && self.live.is_none()
    }

    /// Where it is, as the others see it: it has not started before its program
    /// was executed.
    pub fn seen(&self) -> &State {
        let begun = self.live.as_ref().is_some_and(|live| live.executed);
        match &self.state {
            State::Running { .. } if !begun => &State::Ordered { tries: 0 },
            state => state,
        }
    }

    /// How often it was started, and why.
    pub fn course(&self) -> Course {
        let tries = match self.state {
            State::Pending { tries, .. }
            | State::Delayed { tries, .. }
            | State::Ordered { tries }
            | State::Running { tries, .. }
            | State::Leaving { tries, .. } => tries,
            State::Recalled { .. }
            | State::Stopping { .. }
            | State::Stopped
            | State::Completed(_)
            | State::Failed(_) => 0,
        };
        Course { starts: self.starts, restarts: self.health.restarts, tries }
    }

    /// Goes on counting from there.
    pub fn remember(&mut self, course: Course) {
        self.starts = course.starts;
        self.health.restarts = course.restarts;
    }

    /// Tells its guard; a guard that is gone or does not read loses nothing
    /// that the next phase would not do.
    pub fn order(&self, order: Order) {
        if let Some(live) = &self.live {
            let _ = live.channel.get_ref().send(&order.encode(), &[]);
        }
    }

    /// Wakes a guard that somebody has stopped, so that it hears us.
    pub fn wake_guard(&self) {
        if let Some(handle) = self.live.as_ref().and_then(|live| live.guard.as_ref()) {
            let _ = handle.signal(crate::model::Signal::Cont);
        }
    }
}
