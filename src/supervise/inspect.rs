//! A close look at some units.

use super::diagnosis::{below, listening_words};
use super::fleet::{Fleet, pid_of};
use crate::api::desk::Target;
use crate::api::{self, Code, Fault, Inspection, Inspections, RestartRule, VERSION, unknown};
use crate::model::{Command, Pid, State};
use crate::os::ports::{self, Place};

impl Fleet {
    /// All that is known of whatever is meant.
    pub(super) fn inspect(&self, target: &Target) -> Result<Inspections, Fault> {
        let which = self.meant(target)?;
        let services = which.into_iter().map(|at| self.inspect_unit(at)).collect();
        Ok(Inspections { version: VERSION, services })
    }

    fn meant(&self, target: &Target) -> Result<Vec<usize>, Fault> {
        let is_meant = |at: &usize| match target {
            Target::Name(name) => self.is_called(*at, name),
            Target::Pid(pid) => self.processes(*at).contains(pid) || self.guard(*at) == Some(*pid),
            Target::Port(port) => self.has_port(*at, *port),
        };
        let which: Vec<usize> = (0..self.units.len()).filter(is_meant).collect();
        if !which.is_empty() {
            return Ok(which);
        }
        Err(match target {
            Target::Name(name) => unknown(&self.board(), name),
            Target::Pid(pid) => {
                Fault::new(Code::UnknownService, format!("pid {pid} is no service's"))
            }
            Target::Port(port) => {
                Fault::new(Code::UnknownService, format!("port {port} is no service's"))
            }
        })
    }

    /// All that is known of one unit.
    pub(super) fn inspect_unit(&self, at: usize) -> Inspection {
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let up = unit.live.as_ref().filter(|live| live.leader.is_some());
        let up = up.map(|live| live.since.elapsed().as_millis());
        let processes = self.processes(at);
        let restart = RestartRule {
            policy: service.restart.policy.to_string(),
            max: service.restart.max,
            in_a_row: unit.state.tries(),
        };
        Inspection {
            service: self.shown(at),
            command: in_one_line(&service.command),
            directory: service.working_dir.clone(),
            guard: self.guard(at),
            uptime_ms: up.map(|up| u64::try_from(up).unwrap_or(u64::MAX)),
            listens: ports::places_of(&processes).iter().map(listening_words).collect(),
            processes,
            probe: self.probe_of(at),
            restart,
            last_error: unit.health.last_error.clone(),
            depends_on: service.depends_on.iter().map(|on| on.on.to_string()).collect(),
        }
    }

    fn probe_of(&self, at: usize) -> Option<api::Probe> {
        let unit = &self.units[at];
        let check = self.checks[unit.service].as_ref()?;
        let last = unit.health.last.as_ref();
        let bad =
            matches!(unit.state, State::Running { .. }) && last.is_some_and(|told| !told.answer.ok);
        Some(api::Probe {
            asks: check.to_string(),
            last_answer: last.map(|told| told.answer.words.clone()),
            failed_in_a_row: last.map_or(0, |told| told.failed_in_a_row),
            hint: self.mismatch(at).filter(|_| bad),
        })
    }

    fn guard(&self, at: usize) -> Option<Pid> {
        Some(self.units[at].live.as_ref()?.guard.as_ref()?.pid())
    }

    fn processes(&self, at: usize) -> Vec<Pid> {
        let below = self.guard(at).map(below).unwrap_or_default();
        if below.is_empty() { pid_of(&self.units[at]).into_iter().collect() } else { below }
    }

    fn has_port(&self, at: usize, port: u16) -> bool {
        let listens = |place: &Place| matches!(place, Place::Port(at) if at.port() == port);
        self.units[at].port == Some(port)
            || ports::places_of(&self.processes(at)).iter().any(listens)
    }
}

fn in_one_line(command: &Command) -> String {
    match command {
        Command::Shell(line) => line.clone(),
        Command::Exec(words) => words.join(" "),
    }
}
