//! The environment of one instance: the operating system's, what the project
//! and the service say, and what devsup tells it.

use super::Options;
use crate::model::{InstanceName, Port, Probe, Project, RunId, Service};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The instance whose environment is wanted.
pub(super) struct Who<'a> {
    pub service: &'a Service,
    pub instance: &'a InstanceName,
    /// From 1.
    pub number: u16,
    pub port: Option<u16>,
}

/// All of its variables.
pub(super) fn of(
    who: &Who<'_>,
    project: &Project,
    options: &Options,
    run: RunId,
) -> Vec<(OsString, OsString)> {
    let mut all: BTreeMap<OsString, OsString> = options.os_environment.iter().cloned().collect();
    for variable in &who.service.environment {
        all.insert(variable.name.clone().into(), variable.value.clone().into());
    }
    for (name, port) in siblings(project) {
        all.entry(name.into()).or_insert_with(|| port.into());
    }
    let run = match &options.outer_run {
        Some(outer) => format!("{outer}/{run}"),
        None => run.to_string(),
    };
    all.insert("DEVSUP_RUN_ID".into(), run.into());
    for (name, value) in told(who, project) {
        all.insert(name.into(), value.into());
    }
    all.into_iter().collect()
}

/// What devsup itself gives to the instance `number` (from 1) of a service: all
/// but the id of the run. A port that is only chosen at the start is not among
/// it. Ports of siblings come first, since whatever else is set wins over them.
pub fn added(project: &Project, service: &Service, number: u16) -> Vec<(String, String)> {
    let instance = InstanceName::new(&service.name, number, service.replicas);
    let who = Who { service, instance: &instance, number, port: port_of(service, number) };
    let set = |name: &str| {
        project.os_environment.iter().any(|(own, _)| own == name)
            || service.environment.iter().any(|variable| variable.name == name)
    };
    let siblings = siblings(project).into_iter().filter(|(name, _)| !set(name));
    let told = told(&who, project).into_iter().map(|(name, value)| (name.to_owned(), value));
    siblings.chain(told).collect()
}

/// `<NAME>_PORT` of every service that declares one.
pub fn siblings(project: &Project) -> Vec<(String, String)> {
    let port = |service: &Service| {
        let port = declared(service.port)?;
        Some((port_variable(service), port.to_string()))
    };
    project.services.iter().filter_map(port).collect()
}

fn told(who: &Who<'_>, project: &Project) -> Vec<(&'static str, String)> {
    let mut told = vec![
        ("DEVSUP_PROJECT", project.name.clone()),
        ("DEVSUP_SERVICE", who.service.name.to_string()),
        ("DEVSUP_INSTANCE", who.instance.to_string()),
        ("PS", format!("{}.{}", who.service.name, who.number)),
    ];
    let own_port = who.service.environment.iter().any(|variable| variable.name == "PORT");
    if let Some(port) = who.port.filter(|_| !own_port) {
        told.push(("PORT", port.to_string()));
    }
    if let Some(Probe::Unix(path)) = who.service.healthcheck.as_ref().map(|check| &check.probe) {
        told.push(("SOCKET_PATH", path.display().to_string()));
    }
    told
}

fn declared(port: Port) -> Option<u16> {
    match port {
        Port::Fixed(port) | Port::Expect { port, .. } => Some(port),
        Port::None | Port::Procfile(_) | Port::Auto => None,
    }
}

/// The port of an instance: the service's own for the first, one more each.
pub(super) fn port_of(service: &Service, number: u16) -> Option<u16> {
    match service.port {
        Port::Fixed(first) | Port::Procfile(first) | Port::Expect { port: first, .. } => {
            first.checked_add(number.saturating_sub(1))
        }
        Port::None | Port::Auto => None,
    }
}

/// `API_PORT` for `api`, `WEB_1_PORT` for `web-1`.
fn port_variable(service: &Service) -> String {
    let name = service.name.as_str().to_ascii_uppercase();
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("{name}_PORT")
}
