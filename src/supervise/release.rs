//! A detached run keeps its caller until everything has started, or is ready,
//! and then goes on alone.

use super::fleet::{FLUSH_LIMIT, Fleet, Summary};
use super::notices;
use super::unit::Unit;
use crate::exit::Status;
use crate::model::{Health, State};
use crate::os::supervisor::leave_standard_streams;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Lines shown of what a service that is not ready wrote last.
const LINES: usize = 20;

/// How a run detaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detach {
    /// What its caller waits for.
    pub when: Release,
}

/// When the caller of a detached run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Release {
    /// Everything was started.
    Started,
    /// Everything is ready, or the time is over.
    Ready {
        /// How long it may take.
        within: Duration,
        /// How long a service without a health check has to run before that is
        /// believed of it.
        proof: Duration,
    },
}

impl Fleet {
    /// When to look next whether the caller can be let go, if nothing happens.
    pub(super) fn releases_at(&self) -> Option<Instant> {
        self.front.as_ref()?;
        match self.options.detach?.when {
            Release::Started => None,
            Release::Ready { within, proof } => {
                let now = Instant::now();
                let proven = self.units.iter().filter_map(|unit| proven_at(unit, proof));
                proven.filter(|at| *at > now).chain(self.began.checked_add(within)).min()
            }
        }
    }

    /// Whether the caller waits until everything is ready, and is shown then what
    /// became of it.
    pub(super) fn is_awaited(&self) -> bool {
        let when = self.options.detach.filter(|_| self.front.is_some()).map(|detach| detach.when);
        matches!(when, Some(Release::Ready { .. }))
    }

    /// Lets the caller go once there is nothing more to wait for.
    pub(super) fn release_if_due(&mut self) {
        let Some(detach) = self.options.detach.filter(|_| self.front.is_some()) else { return };
        if self.stopping.is_on() {
            return;
        }
        let due = match detach.when {
            Release::Started => self.units.iter().all(|unit| has_begun(unit.seen())),
            Release::Ready { within, proof } => {
                let is_settled = |unit| will_not_change(unit, proof);
                self.began.elapsed() >= within || self.units.iter().all(is_settled)
            }
        };
        if due {
            self.release(detach);
        }
    }

    fn release(&mut self, detach: Detach) {
        if self.summary != Summary::Shown {
            self.summary = Summary::Shown;
            let took = self.began.elapsed();
            self.say(notices::summary(&self.units, &self.project, took, true, self.look));
        }
        let status = self.status_so_far(detach.when);
        if status == Status::NotReady {
            self.tell_not_ready();
        }
        self.hub.flush(FLUSH_LIMIT);
        self.hub.detach();
        if let Err(error) = leave_standard_streams() {
            self.say(format!("! the standard streams stay open: {error}"));
        }
        if let Some(front) = self.front.take() {
            front.get_ref().release(status.code());
        }
    }

    /// Says of each who is not ready why, as far as it can be told.
    fn tell_not_ready(&self) {
        for at in (0..self.units.len()).filter(|&at| !self.units[at].seen().is_ready()) {
            let one = self.inspect_unit(at);
            let lines = crate::log::last_lines(&one.service.log, LINES, one.service.started_at);
            self.say(crate::ui::inspect::diagnosis(&one, &lines, self.look));
        }
    }

    fn status_so_far(&self, when: Release) -> Status {
        let failed = |state: &State| matches!(state, State::Failed(_));
        let all_ready = self.units.iter().all(|unit| unit.seen().is_ready());
        match when {
            Release::Ready { .. } if !all_ready => Status::NotReady,
            Release::Started if self.units.iter().any(|unit| failed(unit.seen())) => Status::Error,
            Release::Ready { .. } | Release::Started => Status::Ok,
        }
    }
}

/// Whether it is where it was to get to, or will not get there.
fn will_not_change(unit: &Unit, proof: Duration) -> bool {
    let proven = proven_at(unit, proof).is_none_or(|at| at <= Instant::now());
    unit.seen().is_final() || (unit.seen().is_ready() && proven)
}

/// When it has run for long enough to be taken for ready, where nothing but its
/// running says that it is.
fn proven_at(unit: &Unit, proof: Duration) -> Option<Instant> {
    let unchecked = matches!(unit.seen(), State::Running { health: Health::None, .. });
    unit.live.as_ref().filter(|_| unchecked).map(|live| live.since + proof)
}

/// Whether it has been started, or will not be.
fn has_begun(state: &State) -> bool {
    !matches!(state, State::Pending { again: false, .. } | State::Ordered { .. })
}
