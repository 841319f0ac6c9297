//! How units move: every event goes through `apply`, every end through `over`.

use super::fleet::Fleet;
use super::notices;
use super::stop::Why;
use crate::exit::Status;
use crate::model::order::{self, Gate};
use crate::model::{Effect, End, Event, Outcome, ProjectKind, Role, Rules, State, step};
use crate::os::guard::Order;
use std::time::{Duration, Instant};

impl Fleet {
    /// Moves one unit, does what that asks for, and looks who else is
    /// concerned.
    pub(super) fn apply(&mut self, at: usize, event: Event) {
        let before = self.units[at].state.clone();
        let rules = Rules::of(&self.project.services[self.units[at].service]);
        let (state, effect) = step(before.clone(), event, rules);
        self.units[at].state = state;
        if let Some(effect) = effect {
            self.perform(at, effect);
        }
        if self.units[at].state != before {
            self.changed(at, &before);
        }
    }

    pub(super) fn perform(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::Spawn => self.starts.push_back(at),
            Effect::OpenGate => self.gates.push(at),
            Effect::Ask => {
                self.units[at].wake_guard();
                self.units[at].order(Order::Ask);
                // In a stop of everything a level has its patience together.
                if !self.stopping.is_on() {
                    self.be_patient(at);
                }
            }
            Effect::AskTree => {
                self.units[at].order(Order::AskTree);
                self.be_patient(at);
            }
            Effect::Delay(pause) => self.units[at].pause = Some(Instant::now() + pause),
            Effect::Kill => {
                self.units[at].wake_guard();
                self.units[at].order(Order::Kill);
            }
        }
    }

    fn be_patient(&mut self, at: usize) {
        let until = Instant::now() + self.grace(at);
        self.units[at].patience.get_or_insert(until);
    }

    pub(super) fn grace(&self, at: usize) -> Duration {
        let declared = self.project.services[self.units[at].service].stop.grace;
        self.options.grace.unwrap_or(declared)
    }

    /// A unit is in another state than before.
    fn changed(&mut self, at: usize, before: &State) {
        let unit = &mut self.units[at];
        self.ledger_dirty |= self.ledger.set_state(&unit.instance, unit.state.phase());
        if !matches!(unit.state, State::Delayed { .. }) {
            unit.pause = None;
        }
        self.ask_or_not(at);
        self.tell_health(at, before);
        self.take_along(at, before);
        // The cause is told before those whom it keeps from starting; and where
        // it stops all, they are not started rather than failed.
        if self.units[at].state.is_final() && self.units[at].live.is_none() {
            self.over(at);
        }
        self.unsettled = true;
    }

    /// Restarts whoever wants to be restarted with this unit.
    fn take_along(&mut self, at: usize, before: &State) {
        let restarts = self.units[at].state.is_restarting() && !before.is_restarting();
        if !restarts || self.stopping.is_on() {
            return;
        }
        for other in 0..self.units.len() {
            let (unit, cause) = (&self.units[other], &self.units[at]);
            let on = &self.project.services[cause.service].name;
            let depends = &self.project.services[unit.service].depends_on;
            let follows = depends
                .iter()
                .filter(|dependency| dependency.on == *on)
                .any(|dependency| order::follows(dependency, before, &cause.state, &unit.state));
            if follows {
                self.hub.say(notices::taken_along(&unit.instance, on, self.look));
                self.apply(other, Event::Restart);
            }
        }
    }

    /// Whether it was only there to end.
    fn is_preparation(&self, at: usize) -> bool {
        let unit = &self.units[at];
        let role = self.project.services[unit.service].role;
        role == Role::Preparation && matches!(unit.state, State::Completed(_))
    }

    /// Whether the end of one service ends all.
    pub(super) fn stops_all(&self, failed: bool) -> bool {
        let as_foreman = self.project.kind == ProjectKind::Procfile;
        as_foreman || self.options.abort_on_exit || (failed && self.options.abort_on_failure)
    }

    /// Starts whoever can start now, and fails whoever never will.
    pub(super) fn settle(&mut self) {
        while std::mem::take(&mut self.unsettled) && !self.stopping.is_on() {
            for at in 0..self.units.len() {
                match self.gate(at) {
                    Some(Gate::Open) => self.apply(at, Event::DependenciesReady),
                    Some(Gate::Failed(path)) => self.apply(at, Event::DependencyFailed(path)),
                    Some(Gate::Waiting(_)) | None => {}
                }
            }
        }
    }

    /// What a unit that is pending waits for.
    pub(super) fn gate(&self, at: usize) -> Option<Gate> {
        let State::Pending { again, .. } = self.units[at].state else { return None };
        let services = &self.project.services;
        let states = self.units.iter().map(|unit| (&services[unit.service].name, &unit.state));
        Some(order::gate(&services[self.units[at].service].depends_on, again, &states))
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
        let ran = self.has_run(at);
        self.apply(at, Event::LeaderEnded(End { outcome, well, ran }));
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
        self.ledger.forget(&self.units[at].instance);
        self.ledger_dirty = true;
        self.gone(at, outcome, well);
    }

    /// A guard was killed. What it held is found by the sweep at the latest.
    pub(super) fn guard_gone(&mut self, at: usize) {
        if self.units[at].live.is_none() {
            return;
        }
        if self.units[at].last.is_some() && !matches!(self.units[at].state, State::Failed(_)) {
            self.hub.say(notices::guard_killed(&self.units[at], self.look));
        }
        self.gone(at, Outcome::Unknown, false);
    }

    /// Its guard is gone, and with it the start.
    fn gone(&mut self, at: usize, outcome: Outcome, well: bool) {
        let ran = self.has_run(at);
        let unit = &mut self.units[at];
        let failed = unit.live.take().and_then(|live| live.failed);
        unit.patience = None;
        let before = unit.state.clone();
        let event = match failed {
            Some(why) if !matches!(before, State::Stopping { .. }) => Event::SpawnFailed(why),
            _ => Event::Ended(End { outcome, well, ran }),
        };
        self.apply(at, event);
        if before.is_final() {
            self.over(at);
        } else if !self.units[at].state.is_final() {
            self.starts_again(at, &before, outcome);
        }
    }

    /// It ended and is started again.
    fn starts_again(&mut self, at: usize, before: &State, outcome: Outcome) {
        let unit = &mut self.units[at];
        let by_policy = match &unit.state {
            State::Delayed { tries, after, .. } => Some((*tries, *after)),
            State::Pending { tries, .. } if *tries > 0 => Some((*tries, Duration::ZERO)),
            _ => None,
        };
        let by_itself = matches!(before, State::Running { .. } | State::Leaving { .. });
        if by_policy.is_some() {
            unit.health.restarts += 1;
        }
        let next = match by_policy {
            Some((tries, after)) if by_itself => {
                unit.health.last_error = Some(notices::decode(outcome));
                let max = self.project.services[unit.service].restart.max;
                notices::Next::Again { tries, max, after }
            }
            _ => notices::Next::Nothing,
        };
        let suspicion = self.suspicion(at);
        let words = notices::started_again(&self.units[at], outcome, suspicion, next, self.look);
        self.hub.finish(self.units[at].source, words);
    }

    /// Nothing more comes from this unit: the last lines, the notice, and what
    /// its end means for the others.
    pub(super) fn over(&mut self, at: usize) {
        let suspicion = self.suspicion(at);
        let unit = &self.units[at];
        let words = notices::ended(unit, suspicion, self.next_for(at), self.look);
        self.hub.finish(unit.source, words);
        self.stop_unit_ended(at);
        let unit = &self.units[at];
        if self.stopping.is_on() || unit.state == State::Stopped {
            return;
        }
        let failed = matches!(unit.state, State::Failed(_));
        if let State::Failed(failure) = &unit.state {
            let error = notices::in_short(failure);
            self.units[at].health.last_error = Some(error);
        }
        let unit = &self.units[at];
        if self.stops_all(failed) && !self.is_preparation(at) {
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
        } else if self.stops_all(failed) && !self.is_preparation(at) {
            notices::Next::AllStop(self.project.kind == ProjectKind::Procfile)
        } else {
            notices::Next::OthersGoOn(self.project.services[self.units[at].service].restart.max)
        }
    }
}

fn is_well(outcome: Outcome, codes: &[i32]) -> bool {
    matches!(outcome, Outcome::Exited(code) if codes.contains(&code))
}
