//! When the ledger is written and gates open: once for as many starts as come
//! together, and nobody's start waits long for another's.

use super::fleet::Fleet;
use super::unit::Unit;
use crate::os::guard::Order;
use std::time::{Duration, Instant};

/// Starts gather for as many times what a write takes, so that writing takes no
/// more than a part of the time of many starts.
const GATHER: u32 = 4;

/// Units that wait for a write, and the writes.
#[derive(Debug, Default)]
pub(super) struct Gates {
    /// To be let go once the ledger is written.
    pub waiting: Vec<usize>,
    /// Something is to be written.
    pub dirty: bool,
    /// Since when anybody waits.
    since: Option<Instant>,
    /// What the last write took.
    cost: Duration,
}

impl Gates {
    /// When the next write is due, if somebody waits for one.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.since.map(|since| since + self.cost * GATHER)
    }
}

impl Fleet {
    /// Writes the ledger if it is time to, and lets go who waited for that.
    pub(super) fn write_and_open(&mut self) {
        if !self.gates.waiting.is_empty() && self.gates.since.is_none() {
            self.gates.since = Some(Instant::now());
        }
        if !self.gates.dirty || !self.is_time_to_write() {
            return;
        }
        let began = Instant::now();
        self.gates.dirty = false;
        if let Err(error) = self.ledger.flush() {
            self.unrecorded(&error);
        }
        self.gates.cost = began.elapsed();
        self.gates.since = None;
        let open = std::mem::take(&mut self.gates.waiting);
        for &at in &open {
            self.units[at].order(Order::Go);
        }
        if !open.is_empty() {
            self.oom_kills = crate::os::table::oom_kills();
        }
    }

    fn is_time_to_write(&self) -> bool {
        match self.gates.wakes_at() {
            // What is being started is recorded in a moment; whatever else
            // changed goes with it, so that a restart waits for one write and
            // not for two. In a stop the records go as a whole, at its end.
            None => self.under_way == 0 && !self.stopping.is_on(),
            Some(due) => Instant::now() >= due || !self.is_anybody_on_the_way(),
        }
    }

    /// Whether more will come to their gates in a moment.
    fn is_anybody_on_the_way(&self) -> bool {
        let on_the_way = |unit: &Unit| {
            unit.live.as_ref().is_some_and(|live| live.leader.is_none() && live.failed.is_none())
        };
        self.under_way > 0 || !self.starts.is_empty() || self.units.iter().any(on_the_way)
    }
}
