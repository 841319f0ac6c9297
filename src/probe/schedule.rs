//! When to ask, and what the answers add up to. Pure: every time is counted
//! from the start of the instance and comes from outside.
//!
//! Until it is healthy for the first time a service is asked often, and
//! failures do not count: it has until its deadline. From then on it is asked
//! seldom, and so many failures in a row mean that it is unhealthy.

use crate::model::{Health, Healthcheck};
use std::time::Duration;

/// Nothing is asked more often than this, whatever is declared.
const SHORTEST: Duration = Duration::from_millis(10);

/// The first questions come sooner than the others: after this part of
/// `start_interval`, then twice as long each time. What is up at once is not
/// kept waiting.
const FIRST_PART: u32 = 10;

/// The times of a health check.
#[derive(Debug, Clone)]
pub(super) struct Timing {
    interval: Duration,
    start_interval: Duration,
    timeout: Duration,
    retries: u32,
    /// When it has to be healthy.
    pub(super) deadline: Duration,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Ask at this time, and wait this long for the answer.
    Ask { at: Duration, limit: Duration },
    /// It is late at this time, if nothing changes before.
    Late { at: Duration },
}

/// The course of one instance's health.
#[derive(Debug)]
pub(super) struct Schedule {
    timing: Timing,
    health: Health,
    next: Duration,
    /// The pause before the next question while starting.
    pause: Duration,
    failed_in_a_row: u32,
    /// The first and the last good answer since it became healthy.
    good: (Duration, Duration),
}

impl Timing {
    pub(super) fn new(declared: &Healthcheck, startup_timeout: Duration) -> Self {
        Self {
            interval: declared.interval.max(SHORTEST),
            start_interval: declared.start_interval.max(SHORTEST),
            timeout: declared.timeout.max(SHORTEST),
            retries: declared.retries.max(1),
            // Who declares a long start does not want it cut short by a
            // deadline that is only there by default.
            deadline: startup_timeout.max(declared.start_period),
        }
    }
}

impl Schedule {
    pub(super) fn new(timing: Timing) -> Self {
        let pause = timing.start_interval / FIRST_PART;
        Self {
            next: pause,
            pause: pause * 2,
            timing,
            health: Health::Starting,
            failed_in_a_row: 0,
            good: (Duration::ZERO, Duration::ZERO),
        }
    }

    pub(super) fn health(&self) -> Health {
        self.health
    }

    pub(super) fn failed_in_a_row(&self) -> u32 {
        self.failed_in_a_row
    }

    /// From the first to the last good answer in a row.
    pub(super) fn healthy_for(&self) -> Duration {
        self.good.1.saturating_sub(self.good.0)
    }

    pub(super) fn turn(&self) -> Turn {
        let Timing { timeout, deadline, .. } = self.timing;
        let (at, limit) = (self.next, timeout);
        match self.health {
            Health::Starting if at >= deadline => Turn::Late { at: deadline },
            Health::Starting => Turn::Ask { at, limit: limit.min(deadline.saturating_sub(at)) },
            Health::None | Health::Healthy | Health::Unhealthy => Turn::Ask { at, limit },
        }
    }

    /// Whether a limit is shorter than declared.
    pub(super) fn is_cut(&self, limit: Duration) -> bool {
        limit < self.timing.timeout
    }

    /// Takes in an answer; `true` if it changes the health.
    pub(super) fn answered(&mut self, now: Duration, ok: bool) -> bool {
        let before = self.health;
        if ok {
            self.good_at(now);
        } else {
            self.bad_at(now);
        }
        self.health != before
    }

    /// It was not healthy in time.
    pub(super) fn late(&mut self, now: Duration) {
        self.health = Health::Unhealthy;
        self.next = now + self.timing.interval;
    }

    fn good_at(&mut self, now: Duration) {
        if self.health != Health::Healthy {
            self.good.0 = now;
        }
        self.good.1 = now;
        self.health = Health::Healthy;
        self.failed_in_a_row = 0;
        self.next = now + self.timing.interval;
    }

    fn bad_at(&mut self, now: Duration) {
        self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        if self.health == Health::Starting {
            let pause = self.pause.clamp(SHORTEST, self.timing.start_interval);
            self.next = now + pause;
            self.pause = pause * 2;
            return;
        }
        if self.failed_in_a_row >= self.timing.retries {
            self.health = Health::Unhealthy;
        }
        self.next = now + self.timing.interval;
    }
}

#[cfg(test)]
mod tests;
