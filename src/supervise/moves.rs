//! How units move: every event goes through `apply`, every end through `over`.

use super::fleet::Fleet;
use super::notices;
use super::order::{self, Gate};
use super::stop::Why;
use crate::exit::Status;
use crate::ledger::Past;
use crate::model::{Effect, Event, Outcome, ProjectKind, State, step};
use crate::os::guard::Order;
use crate::os::process::Identity;
use crate::shutdown::Scope;
use std::time::{Duration, Instant};

impl Fleet {
    /// Moves one unit, does what that asks for, and looks who else is
    /// concerned.
    pub(super) fn apply(&mut self, at: usize, event: Event) {
        let before = std::mem::replace(&mut self.units[at].state, State::Pending);
        let phase = before.phase();
        let (state, effect) = step(before, event);
        let changed = state.phase() != phase;
        self.units[at].state = state;
        if let Some(effect) = effect {
            self.perform(at, effect);
        }
        if changed {
            self.changed(at);
        }
    }

    pub(super) fn perform(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::Spawn => self.starts.push_back(at),
            Effect::OpenGate => self.gates.push(at),
            Effect::Ask => {
                self.units[at].wake_guard();
                self.units[at].order(Order::Ask);
            }
            Effect::AskTree => {
                self.units[at].order(Order::AskTree);
                let grace = self.grace(at);
                self.units[at].patience = Some(Instant::now() + grace);
            }
            Effect::Kill => {
                self.units[at].wake_guard();
                self.units[at].order(Order::Kill);
            }
        }
    }

    pub(super) fn grace(&self, at: usize) -> Duration {
        let declared = self.project.services[self.units[at].service].stop.grace;
        self.options.grace.unwrap_or(declared)
    }

    /// A unit is in another phase than before.
    pub(super) fn changed(&mut self, at: usize) {
        let unit = &self.units[at];
        self.ledger_dirty |= self.ledger.set_state(&unit.instance, unit.state.phase());
        // The cause is told before those whom it keeps from starting; and where
        // it stops all, they are not started rather than failed.
        if self.units[at].state.is_final() && self.units[at].live.is_none() {
            self.over(at);
        }
        self.settle();
    }

    /// Whether the end of one service ends all.
    pub(super) fn stops_all(&self, failed: bool) -> bool {
        let as_foreman = self.project.kind == ProjectKind::Procfile;
        as_foreman || self.options.abort_on_exit || (failed && self.options.abort_on_failure)
    }

    /// Starts whoever can start now, and fails whoever never will.
    pub(super) fn settle(&mut self) {
        if self.stopping.is_on() {
            return;
        }
        for at in 0..self.units.len() {
            if self.units[at].state != State::Pending {
                continue;
            }
            match order::gate(&self.units[at], &self.units, &self.project) {
                Gate::Open => self.apply(at, Event::DependenciesReady),
                Gate::Failed(path) => self.apply(at, Event::DependencyFailed(path)),
                Gate::Waiting(_) => {}
            }
        }
    }

    pub(super) fn leader_ended(&mut self, at: usize, outcome: Outcome) {
        self.remember(at, outcome);
        let service = &self.project.services[self.units[at].service];
        let well = is_well(outcome, &service.success_exit_codes);
        // What a forking service leaves behind when its leader ends well is
        // the service.
        if service.forking && well && !self.stopping.is_on() {
            return;
        }
        self.apply(at, Event::LeaderEnded { outcome, well });
    }

    pub(super) fn remember(&mut self, at: usize, outcome: Outcome) {
        if let Some(last) = &mut self.units[at].last {
            last.outcome.get_or_insert(outcome);
        }
    }

    pub(super) fn ended(&mut self, at: usize, outcome: Outcome) {
        self.remember(at, outcome);
        if let Some(last) = &mut self.units[at].last {
            last.until = Some(Instant::now());
        }
        let codes = &self.project.services[self.units[at].service].success_exit_codes;
        let well = is_well(outcome, codes);
        self.units[at].live = None;
        self.units[at].patience = None;
        self.ledger.forget(&self.units[at].instance);
        self.ledger_dirty = true;
        let was_final = self.units[at].state.is_final();
        self.apply(at, Event::Ended { outcome, well });
        self.record_past(at, outcome);
        if was_final {
            self.over(at);
        }
    }

    fn record_past(&mut self, at: usize, outcome: Outcome) {
        let unit = &self.units[at];
        if unit.state.is_final() {
            let (instance, state) = (unit.instance.clone(), unit.state.phase());
            self.ledger.record_past(Past { instance, outcome, state, starts: unit.starts });
            self.ledger_dirty = true;
        }
    }

    /// A guard was killed. What it held is ended at once, by its markers.
    pub(super) fn guard_gone(&mut self, at: usize) {
        if self.units[at].live.is_none() {
            return;
        }
        if self.units[at].last.is_some() && !matches!(self.units[at].state, State::Failed(_)) {
            let left = self.sweep_after(at);
            self.hub.say(notices::guard_killed(&self.units[at], left, self.look));
        }
        self.units[at].live = None;
        self.units[at].patience = None;
        let was_final = self.units[at].state.is_final();
        self.apply(at, Event::Ended { outcome: Outcome::Unknown, well: false });
        if was_final {
            self.over(at);
        }
    }

    /// Ends what a killed guard has left, and says how many that were.
    fn sweep_after(&mut self, at: usize) -> usize {
        // Its channel ends a moment before its children have another parent, by
        // which they are told from those of the other guards.
        if let Some(guard) = self.units[at].live.as_ref().and_then(|live| live.guard.as_ref()) {
            let _ended = guard.wait(Instant::now() + Duration::from_secs(1));
        }
        let guards = self.units.iter().enumerate().filter(|(other, _)| *other != at);
        let alive = guards.filter_map(|(_, unit)| unit.live.as_ref()?.guard.as_ref());
        let mut kept: Vec<Identity> = alive.map(|guard| *guard.identity()).collect();
        // What it starts just now is not recorded yet.
        kept.extend(Identity::read(self.forker.pid()).ok().flatten());
        let scope = Scope::of_run(&self.ledger).sparing(kept);
        crate::shutdown::sweep_at_once(&scope)
    }

    /// Nothing more comes from this unit: the last lines, the notice, and what
    /// its end means for the others.
    pub(super) fn over(&mut self, at: usize) {
        let unit = &self.units[at];
        let words = notices::ended(unit, self.next_for(at), self.look);
        self.hub.finish(unit.source, words);
        self.stop_unit_ended(at);
        let unit = &self.units[at];
        if self.stopping.is_on() || unit.state == State::Stopped {
            return;
        }
        let failed = matches!(unit.state, State::Failed(_));
        if self.stops_all(failed) {
            self.status = notices::status_of(&unit.state);
            let name = unit.instance.to_string();
            self.begin_stop(&Why::Ended(name));
        } else if failed {
            self.status = Status::Error;
        }
    }

    pub(super) fn next_for(&self, at: usize) -> notices::Next {
        let failed = matches!(self.units[at].state, State::Failed(_));
        if self.stopping.is_on() {
            notices::Next::Nothing
        } else if self.stops_all(failed) {
            notices::Next::AllStop(self.project.kind == ProjectKind::Procfile)
        } else {
            notices::Next::OthersGoOn
        }
    }
}

pub(super) fn is_well(outcome: Outcome, codes: &[i32]) -> bool {
    matches!(outcome, Outcome::Exited(code) if codes.contains(&code))
}
