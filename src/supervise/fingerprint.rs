//! What an instance was started with, so that it can be told later whether its
//! config has changed. Of the operating system's environment nothing is in it:
//! another terminal is no other config.

use super::environment;
use super::unit::Unit;
use crate::model::{Port, Project, Service};
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};

/// A number for each key of the config that a running instance can't be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint(BTreeMap<&'static str, u64>);

impl Fingerprint {
    /// What this unit is started with, or would be.
    pub fn of(project: &Project, unit: &Unit) -> Self {
        let service = &project.services[unit.service];
        let Service { command, working_dir, port, healthcheck, stop, tty, .. } = service;
        let variable = |one: &crate::model::Variable| (one.name.clone(), one.value.clone());
        let mut variables: Vec<_> = service.environment.iter().map(variable).collect();
        variables.extend(environment::added(project, service, unit.number));
        variables.sort();
        let rest = (service.stdin_open, service.forking);
        Self(BTreeMap::from([
            ("command", number(command)),
            ("working_dir", number(working_dir)),
            ("environment", number(&variables)),
            ("port", number(&of_its_own(*port))),
            ("healthcheck", number(&(healthcheck, service.startup_timeout))),
            ("stop", number(stop)),
            ("tty", number(&(tty, rest.0))),
            ("forking", number(&rest.1)),
            ("log", number(&service.log)),
        ]))
    }

    /// The keys in which the two differ.
    pub fn changes(&self, new: &Self) -> Vec<String> {
        let differs = |(key, _): &(&&str, &u64)| self.0.get(**key) != new.0.get(**key);
        new.0.iter().filter(differs).map(|(key, _)| (*key).to_owned()).collect()
    }
}

/// The port that is named in the service itself; that of a Procfile comes with
/// the variables.
fn of_its_own(port: Port) -> Port {
    if matches!(port, Port::Procfile(_)) { Port::None } else { port }
}

/// Within one process the same for what is written the same.
fn number(what: &impl Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{what:?}").hash(&mut hasher);
    hasher.finish()
}
