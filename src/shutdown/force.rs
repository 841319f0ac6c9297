//! Phase 2: whoever is left is killed, each by its guard, with all that is
//! below. Like phase 1 it only says what is to be done and is told what
//! happened.

use super::graceful::{Act, Unit, name};
use super::orphans::{self, Swept};
use super::tally::Tally;
use super::{Emit, Scope};
use crate::model::{Named, Progress};
use std::time::{Duration, Instant};

/// How long a guard may take to empty its tree. What it leaves is phase 3's.
const GUARD_TIME: Duration = Duration::from_secs(3);

/// Phase 2 at work.
#[derive(Debug)]
#[must_use]
pub struct Force {
    left: Vec<Unit>,
    killed: Vec<Named>,
    deadline: Instant,
    tally: Tally,
}

impl Force {
    pub(super) fn begin(mut tally: Tally, left: Vec<Unit>, now: Instant) -> (Self, Vec<Act>) {
        for unit in &left {
            tally.ended_in(unit.instance.as_str(), 2);
        }
        let acts = left.iter().map(|unit| Act::Kill(unit.id)).collect();
        let killed = left.iter().map(name).collect();
        (Self { left, killed, deadline: now + GUARD_TIME, tally }, acts)
    }

    /// A unit and everything below it has ended.
    pub fn ended(&mut self, id: usize) {
        self.left.retain(|unit| unit.id != id);
    }

    /// When to look again; `None`: nobody is left.
    pub fn wakes_at(&self) -> Option<Instant> {
        (!self.left.is_empty()).then_some(self.deadline)
    }

    /// Whether nobody is left, or the time is over.
    pub fn is_over(&self, now: Instant) -> bool {
        self.left.is_empty() || now >= self.deadline
    }

    /// Ends the phase.
    pub fn finish(mut self, emit: Emit<'_>) -> Forced {
        emit(Progress::Forced { killed: self.killed });
        for unit in &self.left {
            let words = format!("the guard of `{}` did not answer within 3 s", unit.instance);
            self.tally.say(words, emit);
        }
        Forced { tally: self.tally }
    }
}

/// What phase 2 left: for phase 3.
#[derive(Debug)]
#[must_use]
pub struct Forced {
    tally: Tally,
}

impl Forced {
    /// The phases begin here where nothing runs that could be asked.
    pub fn skipped(tally: Tally, emit: Emit<'_>) -> Self {
        emit(Progress::Begun { services: 0, forced: false });
        emit(Progress::Forced { killed: Vec::new() });
        Self { tally }
    }

    /// Phase 3: looks for whatever escaped and kills it. Returns within about
    /// 5 s.
    pub fn sweep(self, scope: &Scope, emit: Emit<'_>) -> Swept {
        orphans::sweep(self.tally, scope, emit)
    }
}
