//! Names and the edges between them: duplicates, unknown services, cycles.

use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::fields::Reader;
use super::super::written;
use super::service::is_active;
use crate::model::did_you_mean;
use crate::model::list;
use crate::model::{Condition, Cycle, Dependency, InstanceName, Service, ServiceName, start_order};
use std::collections::{BTreeMap, HashMap};

/// More cycles than this help nobody.
const CYCLES: usize = 20;

/// Names that would share a file on a system that does not tell `a` from `A`.
pub fn check_names(written: &written::Project, reader: &mut Reader<'_>) {
    let mut seen: HashMap<String, &Spanned<ServiceName>> = HashMap::new();
    for service in &written.services {
        let name = &service.name;
        if let Some(other) = seen.insert(name.value.as_str().to_lowercase(), name) {
            let problem = format!("`{}` and `{}` differ only in case", other.value, name.value);
            let diagnostic = Diagnostic::error(problem).at(&name.span);
            reader.report(diagnostic.also(&other.span, "the other").hint("rename one of them"));
        }
    }
}

/// `web.2` can't be a service where `web` has two instances.
fn check_instances(known: &Known<'_>, services: &[Service], reader: &mut Reader<'_>) {
    for service in services.iter().filter(|service| service.replicas > 1) {
        for number in 1..=service.replicas {
            let instance = InstanceName::new(&service.name, number, service.replicas);
            let Some(other) = known.services.get(instance.as_str()) else {
                continue;
            };
            let problem =
                format!("service `{instance}` has the name of an instance of `{}`", service.name);
            let diagnostic = Diagnostic::error(problem).at(&other.name.span);
            reader.report(diagnostic.hint("rename the service"));
        }
    }
}

/// What names can stand for.
pub struct Known<'a> {
    /// The services by name.
    pub services: BTreeMap<&'a str, &'a written::Service>,
    /// Services that were refused; whoever depends on one need not be told.
    pub refused: &'a [String],
    /// Names of compose services.
    pub containers: &'a [String],
    /// The profiles asked for.
    pub profiles: &'a [String],
}

/// Gives every service its dependencies and looks for cycles.
pub fn resolve(known: &Known<'_>, services: &mut [Service], reader: &mut Reader<'_>) {
    check_instances(known, services, reader);
    for service in services.iter_mut() {
        let Some(from) = known.services.get(service.name.as_str()) else {
            continue;
        };
        for to in &from.depends_on {
            service.depends_on.extend(Edge { from, to, known }.resolve(reader));
        }
    }
    cycles(known, services, reader);
}

/// A dependency as written, and what it is judged by.
struct Edge<'a> {
    from: &'a written::Service,
    to: &'a written::Dependency,
    known: &'a Known<'a>,
}

impl Edge<'_> {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Dependency> {
        let on = &self.to.on;
        let required = self.to.required.unwrap_or(true);
        let condition = self.to.condition.as_ref();
        match self.known.services.get(on.value.as_str()) {
            Some(to) => {
                self.check_profile(to, required, reader);
                check_health(to, condition, reader);
            }
            None if self.known.containers.contains(&on.value) => {}
            None => return self.unknown(required, reader),
        }
        Some(Dependency {
            on: ServiceName::new(&on.value).ok()?,
            condition: condition.map_or(Condition::ServiceStarted, |condition| condition.value),
            required,
            restart: self.to.restart.as_ref().is_some_and(|restart| restart.value),
        })
    }

    fn unknown(&self, required: bool, reader: &mut Reader<'_>) -> Option<Dependency> {
        let on = &self.to.on;
        if self.known.refused.contains(&on.value) {
            return None;
        }
        let services = self.known.services.keys().copied();
        let containers = self.known.containers.iter().map(String::as_str);
        let known: Vec<&str> = services.chain(containers).collect();
        let hint = did_you_mean(&on.value, known.iter().copied()).unwrap_or_else(|| {
            let names: Vec<String> =
                known.iter().take(10).map(|name| format!("`{name}`")).collect();
            format!("known are {}", list(&names))
        });
        let problem =
            format!("`{}` depends on `{}`, which is no service", self.from.name.value, on.value);
        let diagnostic =
            if required { Diagnostic::error(problem) } else { Diagnostic::warning(problem) };
        reader.report(diagnostic.at(&on.span).hint(hint));
        None
    }

    fn check_profile(&self, to: &written::Service, required: bool, reader: &mut Reader<'_>) {
        let profiles = self.known.profiles;
        if !required || is_active(to, profiles) || !is_active(self.from, profiles) {
            return;
        }
        let (from, on) = (&self.from.name.value, &to.name.value);
        let names: Vec<String> =
            to.profiles.iter().map(|profile| format!("`{}`", profile.value)).collect();
        let problem = format!(
            "`{from}` depends on `{on}`, which only runs with the profile {}",
            list(&names)
        );
        let mut diagnostic = Diagnostic::error(problem).at(&self.to.on.span);
        if let Some(profile) = to.profiles.first() {
            diagnostic = diagnostic.also(&profile.span, "only with this one").hint(format!(
                "ask for it with `--profile {}`, give `{from}` the profile too, or say `required: false`",
                profile.value
            ));
        }
        reader.report(diagnostic);
    }
}

/// Waiting for the health of a service without a check would never end.
fn check_health(
    to: &written::Service,
    condition: Option<&Spanned<Condition>>,
    reader: &mut Reader<'_>,
) {
    let healthy = |when: &&Spanned<Condition>| when.value == Condition::ServiceHealthy;
    let Some(condition) = condition.filter(healthy) else {
        return;
    };
    if to.healthcheck.as_ref().is_some_and(|check| !check.disable) {
        return;
    }
    let on = &to.name.value;
    let problem = format!("`{on}` has no `healthcheck`, so it never becomes healthy");
    let hint = format!("give `{on}` a `healthcheck`, or wait for `service_started`");
    reader.report(
        Diagnostic::error(problem)
            .at(&condition.span)
            .also(&to.name.span, "declared here")
            .hint(hint),
    );
}

/// Reports each cycle once: after a cycle is found, the edge that closes it is
/// taken away and the rest looked at again.
fn cycles(known: &Known<'_>, services: &[Service], reader: &mut Reader<'_>) {
    let mut graph = services.to_vec();
    for _ in 0..CYCLES {
        let Err(Cycle(path)) = start_order(&graph) else {
            return;
        };
        let steps: Vec<&str> = path.iter().map(ServiceName::as_str).collect();
        let mut diagnostic =
            Diagnostic::error(format!("these wait for each other: `{}`", steps.join(" -> ")));
        for pair in steps.windows(2) {
            let edge = known
                .services
                .get(pair[0])
                .and_then(|from| from.depends_on.iter().find(|edge| edge.on.value == pair[1]));
            let Some(edge) = edge else { continue };
            let label = format!("`{}` waits for `{}`", pair[0], pair[1]);
            diagnostic = diagnostic.also(&edge.on.span, label);
        }
        reader.report(diagnostic.hint("delete one of these dependencies"));
        let [.., from, to] = path.as_slice() else {
            return;
        };
        for service in graph.iter_mut().filter(|service| service.name == *from) {
            service.depends_on.retain(|edge| edge.on != *to);
        }
    }
}
