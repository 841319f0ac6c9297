//! What can be seen from outside: the units as the API shows them. Made only
//! once somebody has looked.

use super::fleet::{Fleet, pid_of};
use super::notices;
use super::unit::Unit;
use crate::api::{Exit, News, Service, Services, VERSION};
use crate::log::ansi;
use crate::model::State;
use crate::model::order::Gate;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

impl Fleet {
    /// Publishes the units if any of them changed and anybody looks.
    pub(super) fn publish(&mut self) {
        if !self.desk.is_due() {
            return;
        }
        self.desk.publish(Arc::new(self.board()));
    }

    /// Tells that a unit is not what it was.
    pub(super) fn tell_unit(&mut self, at: usize) {
        self.desk.outdated = true;
        let shown = self.shown(at);
        self.observe(&shown);
        self.desk.tell(News::Service(Box::new(shown)));
    }

    /// Says something, here and to whoever follows the events.
    pub(super) fn say(&self, words: String) {
        let words = self.secrets.hide(words);
        let plain = words.lines().map(|line| ansi::plain(line.as_bytes()));
        self.desk.tell(News::Said { words: plain.collect::<Vec<_>>().join("\n") });
        self.hub.say(words);
    }

    /// All units as they are now.
    pub(super) fn board(&self) -> Services {
        let header = self.ledger.header();
        Services {
            version: VERSION,
            project: header.project.clone(),
            root: header.root.clone(),
            run: self.run,
            stopping: self.stopping.is_on(),
            services: self.shown_units().map(|at| self.shown(at)).collect(),
        }
    }

    /// All but those that are gone for good.
    fn shown_units(&self) -> impl Iterator<Item = usize> {
        (0..self.units.len()).filter(|&at| !self.units[at].is_gone())
    }

    pub(super) fn shown(&self, at: usize) -> Service {
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let is_down = unit.state.is_final();
        let last = unit.last.as_ref();
        let promised = unit.port.filter(|_| notices::is_declared(service.port));
        let log = || self.ledger.log_path(&unit.instance);
        Service {
            service: service.name.to_string(),
            instance: unit.instance.to_string(),
            state: unit.state.phase(),
            health: unit.state.health(),
            ready: unit.state.is_ready(),
            pid: pid_of(unit),
            port: unit.port,
            url: promised.map(|port| format!("http://localhost:{port}")),
            started_at: last.map(|last| self.when(last.since)),
            ended_at: last.filter(|_| is_down).and_then(|last| Some(self.when(last.until?))),
            starts: unit.starts,
            restarts: unit.health.restarts,
            exit: last.filter(|_| is_down).and_then(|last| Exit::of(last.outcome?)),
            error: error(unit).map(|error| self.secrets.hide(error)),
            waits_for: self.waits_for(at),
            tags: service.tags.clone(),
            log: service.log.file.clone().unwrap_or_else(log),
        }
    }

    fn waits_for(&self, at: usize) -> Vec<String> {
        match self.gate(at) {
            Some(Gate::Waiting(on)) => on.iter().map(ToString::to_string).collect(),
            Some(Gate::Open | Gate::Failed(_)) | None => Vec::new(),
        }
    }

    /// When that was by the calendar, the same each time it is asked. What goes
    /// on from another supervisor began before this one did.
    fn when(&self, moment: Instant) -> Timestamp {
        let after = moment.saturating_duration_since(self.began);
        let before = self.began.saturating_duration_since(moment);
        let at = self.began_at.saturating_add(after).unwrap_or(Timestamp::MAX);
        at.saturating_sub(before).unwrap_or(Timestamp::MIN)
    }
}

/// What can be seen of these instances alone.
pub(super) fn only(all: &Services, which: &[String]) -> Services {
    let mut some = all.clone();
    some.services.retain(|one| which.contains(&one.instance));
    some
}

/// Why it is as it is; once it does well again, nothing.
fn error(unit: &Unit) -> Option<String> {
    match &unit.state {
        State::Failed(failure) => Some(notices::in_short(failure)),
        state if state.is_ready() => None,
        _ => unit.health.last_error.clone(),
    }
}
