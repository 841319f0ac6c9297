//! A detached run keeps its caller until everything has started, or is ready,
//! and then goes on alone.

use super::fleet::{FLUSH_LIMIT, Fleet, Summary};
use super::notices;
use crate::exit::Status;
use crate::model::State;
use crate::os::supervisor::leave_standard_streams;
use std::time::{Duration, Instant};

/// How a run detaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detach {
    /// What its caller waits for.
    pub when: Release,
}

/// When the caller of a detached run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Everything was started.
    Started,
    /// Everything is ready, or this time is over.
    Ready(Duration),
}

impl Fleet {
    /// When the caller is let go at the latest.
    pub(super) fn releases_at(&self) -> Option<Instant> {
        self.front.as_ref()?;
        match self.options.detach?.when {
            Release::Started => None,
            Release::Ready(time) => self.began.checked_add(time),
        }
    }

    /// Lets the caller go once there is nothing more to wait for.
    pub(super) fn release_if_due(&mut self) {
        let Some(detach) = self.options.detach.filter(|_| self.front.is_some()) else { return };
        if self.stopping.is_on() {
            return;
        }
        let late = self.releases_at().is_some_and(|at| at <= Instant::now());
        let due = match detach.when {
            Release::Started => self.units.iter().all(|unit| has_begun(&unit.state)),
            Release::Ready(_) => late || self.units.iter().all(|unit| will_not_change(&unit.state)),
        };
        if due {
            self.release(detach, late);
        }
    }

    fn release(&mut self, detach: Detach, late: bool) {
        if self.summary != Summary::Shown {
            self.summary = Summary::Shown;
            let took = self.began.elapsed();
            self.say(notices::summary(&self.units, &self.project, took, true, self.look));
        }
        if late {
            self.tell_waiting();
        }
        let status = self.status_so_far(detach.when);
        self.hub.flush(FLUSH_LIMIT);
        self.hub.detach();
        if let Err(error) = leave_standard_streams() {
            self.say(format!("! the standard streams stay open: {error}"));
        }
        if let Some(front) = self.front.take() {
            front.get_ref().release(status.code());
        }
    }

    fn status_so_far(&self, when: Release) -> Status {
        let failed = |state: &State| matches!(state, State::Failed(_));
        let all_ready = self.units.iter().all(|unit| unit.state.is_ready());
        match when {
            Release::Ready(_) if !all_ready => Status::NotReady,
            Release::Started if self.units.iter().any(|unit| failed(&unit.state)) => Status::Error,
            Release::Ready(_) | Release::Started => Status::Ok,
        }
    }
}

/// Whether it is where it was to get to, or will not get there.
fn will_not_change(state: &State) -> bool {
    state.is_ready() || state.is_final()
}

/// Whether it has been started, or will not be.
fn has_begun(state: &State) -> bool {
    !matches!(state, State::Pending { again: false, .. } | State::Ordered { .. })
}
