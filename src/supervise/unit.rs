//! One instance of a service, as the loop knows it: where it is in its life,
//! and the handles on what lives.

use super::health::{Asking, Health};
use crate::log::SourceId;
use crate::model::{InstanceName, Outcome, Pid, State};
use crate::os::channel::Channel;
use crate::os::guard::Order;
use crate::os::process::Handle;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;
use tokio::io::unix::AsyncFd;

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
    /// When its pause before the next start is over.
    pub pause: Option<Instant>,
    /// What is known of its health, and how often it was started again.
    pub health: Health,
}

/// A start that is under way or runs.
pub(super) struct Live {
    pub channel: Rc<AsyncFd<Channel>>,
    pub guard: Option<Handle>,
    pub leader: Option<Pid>,
    pub terminal: Option<OwnedFd>,
    pub since: Instant,
    /// Why its program does not run, once its guard has said so.
    pub failed: Option<String>,
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
