//! Phase 1: everybody is asked, dependents before what they depend on, each
//! level with a patience of its own. It does nothing itself and knows no clock:
//! it is told what happened and says what is to be done.

use super::tally::{Tally, millis};
use super::{Emit, Force};
use crate::model::{InstanceName, Named, Pid, Progress, Signal, Waited};
use crate::os::table;
use std::time::{Duration, Instant};

/// How often those who wait are told for whom.
const NOTICE: Duration = Duration::from_secs(1);

/// One instance that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What the caller knows it by.
    pub id: usize,
    /// Its name.
    pub instance: InstanceName,
    /// When it is asked: level 0 first.
    pub level: usize,
    /// How long its whole tree may take.
    pub grace: Duration,
    /// What it is asked with, for the words.
    pub signal: Signal,
    /// The command that is run instead, for the words.
    pub command: Option<String>,
    /// Its leader, for the words.
    pub pid: Pid,
}

/// How a stop is wished.
#[derive(Debug, Clone)]
pub struct Options {
    /// Ask nobody.
    pub force: bool,
    /// A patience for everybody, instead of their own.
    pub grace: Option<Duration>,
    /// Whether a process ignores a signal; a question to the system that tests
    /// answer themselves.
    pub ignores: fn(Pid, Signal) -> bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { force: false, grace: None, ignores: table::ignores }
    }
}

/// What is to be done to a unit, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Act {
    /// Ask it by its own stop plan.
    Ask(usize),
    /// Ask what is left of its tree: its leader has gone without it.
    AskTree(usize),
    /// Kill its whole tree.
    Kill(usize),
}

/// Phase 1 at work.
#[derive(Debug)]
#[must_use]
pub struct Graceful {
    units: Vec<Standing>,
    stage: Stage,
    options: Options,
    tally: Tally,
}

#[derive(Debug)]
pub(super) struct Standing {
    pub(super) unit: Unit,
    pub(super) life: Life,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Unasked,
    Asked(Instant),
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// `notice` is when those who wait are told next; `told`: they were before.
    Level {
        level: usize,
        since: Instant,
        deadline: Instant,
        notice: Instant,
        told: bool,
    },
    Over,
}

impl Graceful {
    /// Begins, with all that runs.
    pub fn begin(
        tally: Tally,
        units: Vec<Unit>,
        options: Options,
        now: Instant,
        emit: Emit<'_>,
    ) -> (Self, Vec<Act>) {
        emit(Progress::Begun { services: units.len(), forced: options.force });
        let standing = |unit| Standing { unit, life: Life::Unasked };
        let units = units.into_iter().map(standing).collect();
        let mut graceful = Self { units, stage: Stage::Over, options, tally };
        let acts = if graceful.options.force { Vec::new() } else { graceful.next_level(now, emit) };
        (graceful, acts)
    }

    /// A unit and everything below it has ended.
    pub fn ended(&mut self, id: usize, now: Instant, emit: Emit<'_>) -> Vec<Act> {
        if let Some(standing) = self.living(id) {
            let took = match standing.life {
                Life::Asked(since) => now.saturating_duration_since(since),
                Life::Unasked | Life::Ended => Duration::ZERO,
            };
            standing.life = Life::Ended;
            let who = name(&standing.unit);
            let phase = who.service.clone();
            emit(Progress::Ended { who, took_ms: millis(took) });
            self.tally.ended_in(&phase, 1);
            self.shorten(now);
        }
        self.move_on(now, emit)
    }

    /// A unit's leader has ended, and others of its tree have not.
    pub fn leader_ended(&mut self, id: usize) -> Vec<Act> {
        let Some(Standing { unit, life: Life::Asked(_) }) = self.living(id) else {
            return Vec::new();
        };
        let (instance, leader) = (unit.instance.to_string(), unit.pid);
        self.tally.leader_ended(&instance, leader);
        vec![Act::AskTree(id)]
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant, emit: Emit<'_>) -> Vec<Act> {
        let Stage::Level { since, deadline, notice, told, .. } = &mut self.stage else {
            return Vec::new();
        };
        if now < *deadline && now >= *notice {
            (*notice, *told) = (now + NOTICE, true);
            let waited_ms = millis(now.saturating_duration_since(*since));
            let left_ms = millis(deadline.saturating_duration_since(now));
            emit(Progress::Waiting { waited_ms, left_ms, on: self.waited_for(now) });
        }
        self.move_on(now, emit)
    }

    /// When `tick` wants to be called next; `None`: this phase is over.
    pub fn wakes_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Level { deadline, notice, .. } => Some(deadline.min(notice)),
            Stage::Over => None,
        }
    }

    /// Whether there is nothing to wait for any more.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Ends the phase: somebody has lost patience.
    pub fn hurry(&mut self, emit: Emit<'_>) {
        if self.stage != Stage::Over {
            self.stage = Stage::Over;
            emit(Progress::Hurried);
        }
    }

    /// Goes on to phase 2 with whoever is left.
    pub fn finish(self, now: Instant) -> (Force, Vec<Act>) {
        let left = self.units.into_iter().filter(|one| one.life != Life::Ended);
        let left: Vec<Unit> = left.map(|one| one.unit).collect();
        let mut tally = self.tally;
        if !self.options.force {
            for unit in &left {
                tally.left_behind(unit.instance.as_str(), unit.pid);
            }
        }
        Force::begin(tally, left, now)
    }

    fn move_on(&mut self, now: Instant, emit: Emit<'_>) -> Vec<Act> {
        let Stage::Level { level, deadline, .. } = self.stage else {
            return Vec::new();
        };
        let busy = self
            .units
            .iter()
            .any(|one| one.unit.level == level && matches!(one.life, Life::Asked(_)));
        if busy && now < deadline { Vec::new() } else { self.next_level(now, emit) }
    }

    fn next_level(&mut self, now: Instant, emit: Emit<'_>) -> Vec<Act> {
        let unasked = self.units.iter_mut().filter(|one| one.life == Life::Unasked);
        let Some(level) = unasked.map(|one| one.unit.level).min() else {
            self.stage = Stage::Over;
            return Vec::new();
        };
        let (mut acts, mut grace) = (Vec::new(), Duration::ZERO);
        for one in &mut self.units {
            if one.life == Life::Unasked && one.unit.level == level {
                one.life = Life::Asked(now);
                grace = grace.max(self.options.grace.unwrap_or(one.unit.grace));
                let (signal, command) = (one.unit.signal, one.unit.command.clone());
                emit(Progress::Asked { who: name(&one.unit), signal, command });
                acts.push(Act::Ask(one.unit.id));
            }
        }
        let deadline = now + grace;
        let notice = now + NOTICE;
        self.stage = Stage::Level { level, since: now, deadline, notice, told: false };
        acts
    }

    /// Somebody has ended: the others of the level have their own patience, not
    /// that of who is gone; and whoever was told for whom one waits is told again.
    fn shorten(&mut self, now: Instant) {
        let Stage::Level { level, since, .. } = self.stage else { return };
        let asked = |one: &&Standing| one.unit.level == level && matches!(one.life, Life::Asked(_));
        let longest = self.units.iter().filter(asked).map(|one| self.patience(one)).max();
        if let Stage::Level { deadline, notice, told, .. } = &mut self.stage {
            *deadline = since + longest.unwrap_or_default();
            if *told {
                *notice = now;
            }
        }
    }

    fn patience(&self, one: &Standing) -> Duration {
        self.options.grace.unwrap_or(one.unit.grace)
    }

    fn waited_for(&self, now: Instant) -> Vec<Waited> {
        let asked = self.units.iter().filter_map(|one| match one.life {
            Life::Asked(since) => Some((one, since + self.patience(one))),
            Life::Unasked | Life::Ended => None,
        });
        asked.map(|(one, until)| self.waited(one, until.saturating_duration_since(now))).collect()
    }

    fn waited(&self, one: &Standing, left: Duration) -> Waited {
        let Unit { pid, signal, .. } = one.unit;
        let (process, more) = self.tally.holdups(one.unit.instance.as_str(), pid);
        let pid = process.as_ref().map_or(pid, |process| process.pid);
        let ignores = (self.options.ignores)(pid, signal).then_some(signal);
        let heard = |other: &Signal| *other != signal && !(self.options.ignores)(pid, *other);
        let others = [Signal::Int, Signal::Quit, Signal::Term];
        let instead = ignores.and_then(|_| others.into_iter().find(heard));
        let left_ms = millis(left);
        Waited { who: name(&one.unit), signal, left_ms, process, more, ignores, instead }
    }

    fn living(&mut self, id: usize) -> Option<&mut Standing> {
        self.units.iter_mut().find(|one| one.unit.id == id && one.life != Life::Ended)
    }
}

pub(super) fn name(unit: &Unit) -> Named {
    Named { service: unit.instance.to_string(), pid: unit.pid }
}

#[cfg(test)]
mod tests;
