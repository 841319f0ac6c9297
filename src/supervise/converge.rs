//! `up` on a project that runs: what is missing is started, what has changed is
//! started afresh, and nothing else is touched.

use super::fingerprint::Fingerprint;
use super::fleet::{Fleet, set_levels};
use super::unit::Unit;
use super::{Checks, checks, notices};
use crate::api::{Change, Code, ConvergeWish, Converged, Fault, VERSION};
use crate::log::SourceId;
use crate::model::{Event, InstanceName, Project, State};

impl Fleet {
    /// Does what is wished, or says what would be done.
    pub(super) fn converge(&mut self, wish: ConvergeWish) -> Result<Converged, Fault> {
        if self.stopping.is_on() {
            return Err(Fault::new(Code::Stopping, "everything is being stopped"));
        }
        if wish.project.root != self.project.root {
            return Err(Fault::new(Code::Conflict, "this is another project"));
        }
        let plan = self.plan(&wish);
        if !wish.dry_run {
            let before = self.with_what_runs(wish.project);
            self.adopt(before.0, before.1, &wish.wanted)?;
            self.carry_out_plan(&plan);
        }
        Ok(Converged {
            version: VERSION,
            dry_run: wish.dry_run,
            changes: plan,
            services: self.board(),
        })
    }

    /// What is to be done to every instance that runs, or is to run.
    fn plan(&self, wish: &ConvergeWish) -> Vec<Change> {
        let mut plan: Vec<Change> =
            wanted(wish).map(|(service, number)| self.plan_one(wish, service, number)).collect();
        for unit in self.units.iter().filter(|unit| !unit.retired) {
            let instance = unit.instance.to_string();
            let is_declared = declared(&wish.project).any(|name| name == unit.instance);
            let same_files = wish.project.files == unit.files;
            if is_declared || unit.state.is_final() {
                continue;
            }
            let stops = wish.all && same_files;
            plan.push(if stops {
                Change::Stopped { instance }
            } else {
                Change::Foreign { instance }
            });
        }
        plan
    }

    fn plan_one(&self, wish: &ConvergeWish, service: usize, number: u16) -> Change {
        let new = Unit::new(&wish.project, service, number, SourceId(0));
        let instance = new.instance.to_string();
        let known = self.units.iter().find(|unit| unit.instance == new.instance && !unit.is_gone());
        let Some(unit) = known else { return Change::Started { instance } };
        let print = Fingerprint::of(&wish.project, &new);
        let because = unit.print.as_ref().map(|old| old.changes(&print)).unwrap_or_default();
        match (because.is_empty(), unit.state.is_final()) {
            // It was on its way out.
            (_, false) if unit.retired => Change::Started { instance },
            (false, false) => Change::Restarted { instance, because },
            (true, true) if unit.state.is_ready() => Change::Kept { instance },
            (_, true) => Change::Started { instance },
            (true, false) => Change::Kept { instance },
        }
    }

    /// The new project with the services that run and are not in it behind
    /// its own; how many of those there are.
    fn with_what_runs(&self, mut project: Project) -> (Project, usize) {
        let own = project.services.len();
        for (at, service) in self.project.services.iter().enumerate() {
            let is_known = project.services.iter().any(|one| one.name == service.name);
            if !is_known && self.units.iter().any(|unit| unit.service == at) {
                project.services.push(service.clone());
            }
        }
        (project, own)
    }

    /// Takes the new project, its first services being its own.
    fn adopt(&mut self, project: Project, own: usize, wanted: &[String]) -> Result<(), Fault> {
        let checks: Checks = checks(&project).map_err(|(service, bad)| {
            let words = format!("the health check of `{}`: {bad}", service.name);
            Fault::new(Code::BadRequest, words)
        })?;
        for unit in &mut self.units {
            let name = &self.project.services[unit.service].name;
            let at = project.services.iter().position(|service| service.name == *name);
            // It was put there, if it was not there before.
            unit.service = at.unwrap_or(0);
            let declared = project.services[..own].get(unit.service);
            let is_copy = declared.is_some_and(|service| {
                InstanceName::new(&service.name, unit.number, service.replicas) == unit.instance
                    && unit.number <= service.replicas
            });
            let is_removed = declared.is_some() && !is_copy;
            unit.retired = is_removed || (unit.retired && (unit.is_gone() || !is_copy));
            if is_copy {
                unit.files.clone_from(&project.files);
            }
        }
        self.options.os_environment = project
            .os_environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self.project = project;
        self.checks = checks;
        self.add_units(own, wanted);
        set_levels(&self.project, &mut self.units);
        Ok(())
    }

    /// Units for instances that never were.
    fn add_units(&mut self, own: usize, wanted: &[String]) {
        for service in 0..own {
            let declared = &self.project.services[service];
            if !wanted.contains(&declared.name.to_string()) {
                continue;
            }
            for number in 1..=declared.replicas {
                let source = SourceId(u32::try_from(self.units.len()).unwrap_or(u32::MAX));
                let unit = Unit::new(&self.project, service, number, source);
                let is_same = |known: &Unit| known.instance == unit.instance && !known.is_gone();
                let is_known = self.units.iter().any(is_same);
                if !is_known {
                    self.units.push(unit);
                    self.tell_unit(self.units.len() - 1);
                }
            }
        }
    }

    fn carry_out_plan(&mut self, plan: &[Change]) {
        for change in plan {
            let (instance, event) = match change {
                Change::Started { instance } => (instance, Event::Start),
                Change::Restarted { instance, .. } => (instance, Event::Restart),
                Change::Stopped { instance } => (instance, Event::Stop),
                Change::Kept { .. } | Change::Foreign { .. } => continue,
            };
            let known = |unit: &Unit| unit.instance.as_str() == instance;
            let Some(at) = self.units.iter().rposition(known) else { continue };
            self.units[at].retired |= event == Event::Stop;
            // One that is new begins by itself, behind what it depends on.
            let is_new = matches!(self.units[at].state, State::Pending { again: false, .. });
            if event != Event::Start || !is_new {
                self.apply(at, event);
            }
        }
        if let Some(words) = notices::converged(plan, self.look) {
            self.say(words);
        }
        self.unsettled = true;
        self.desk.outdated = true;
    }
}

/// The instances that are to run: service and number.
fn wanted(wish: &ConvergeWish) -> impl Iterator<Item = (usize, u16)> {
    let services = wish.project.services.iter().enumerate();
    let services = services.filter(|(_, one)| wish.wanted.contains(&one.name.to_string()));
    services.flat_map(|(at, service)| (1..=service.replicas).map(move |number| (at, number)))
}

/// The instances that a project has.
fn declared(project: &Project) -> impl Iterator<Item = InstanceName> {
    project.services.iter().flat_map(|service| {
        let copy = |number| InstanceName::new(&service.name, number, service.replicas);
        (1..=service.replicas).map(copy)
    })
}
