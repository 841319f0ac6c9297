//! Names and the edges between them: duplicates, unknown services, cycles.

use super::super::Request;
use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::fields::Reader;
use super::super::render::list;
use super::super::suggest::did_you_mean;
use super::super::written;
use super::service::is_active;
use crate::model::{Condition, Cycle, Dependency, InstanceName, Service, ServiceName, start_order};

/// More cycles than this help nobody.
const CYCLES: usize = 20;

/// Names that would share a file or a variable: they differ only in case, or
/// one is an instance of the other.
pub fn check_names(written: &written::Project, reader: &mut Reader<'_>) {
    for (at, service) in written.services.iter().enumerate() {
        let name = &service.name.value;
        let folded = name.as_str().to_lowercase();
        let before = &written.services[..at];
        if let Some(other) =
            before.iter().find(|other| other.name.value.as_str().to_lowercase() == folded)
        {
            let problem = format!("`{}` and `{name}` differ only in case", other.name.value);
            let diagnostic = Diagnostic::error(problem).at(&service.name.span);
            reader
                .report(diagnostic.also(&other.name.span, "the other").hint("rename one of them"));
        }
    }
}

/// `web.2` can't be a service where `web` has two instances.
fn check_instances(written: &written::Project, services: &[Service], reader: &mut Reader<'_>) {
    for service in services {
        for number in 1..=service.replicas {
            let instance = InstanceName::new(&service.name, number, service.replicas);
            let other = written.services.iter().find(|other| {
                other.name.value != service.name && other.name.value.as_str() == instance.as_str()
            });
            if let Some(other) = other {
                let problem = format!(
                    "service `{instance}` has the name of an instance of `{}`",
                    service.name
                );
                reader.report(
                    Diagnostic::error(problem).at(&other.name.span).hint("rename the service"),
                );
            }
        }
    }
}

/// Gives every service its dependencies and looks for cycles. `containers` are
/// names of compose services; `None` without a compose file.
pub fn resolve(
    written: &written::Project,
    services: &mut [Service],
    containers: Option<&[String]>,
    request: &Request,
    reader: &mut Reader<'_>,
) {
    check_instances(written, services, reader);
    let checked: Vec<ServiceName> = services
        .iter()
        .filter(|service| service.healthcheck.is_some())
        .map(|service| service.name.clone())
        .collect();
    for service in services.iter_mut() {
        let Some(from) = find(written, service.name.as_str()) else {
            continue;
        };
        for edge in &from.depends_on {
            let edge = Edge { from, to: edge, written, containers, request, checked: &checked };
            service.depends_on.extend(edge.resolve(reader));
        }
    }
    cycles(written, services, reader);
}

fn find<'w>(written: &'w written::Project, name: &str) -> Option<&'w written::Service> {
    written.services.iter().find(|service| service.name.value.as_str() == name)
}

/// A dependency as written, and what it is judged by.
struct Edge<'a> {
    from: &'a written::Service,
    to: &'a written::Dependency,
    written: &'a written::Project,
    containers: Option<&'a [String]>,
    request: &'a Request,
    checked: &'a [ServiceName],
}

impl Edge<'_> {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Dependency> {
        let on = &self.to.on;
        let required = self.to.required.unwrap_or(true);
        let condition = self.to.condition.as_ref();
        match find(self.written, &on.value) {
            Some(to) => {
                self.check_profile(to, required, reader);
                self.check_health(to, condition, reader);
            }
            None if self.containers.is_some_and(|names| names.contains(&on.value)) => {}
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
        if self.written.refused.contains(&on.value) {
            return None;
        }
        let known = self.written.services.iter().map(|service| service.name.value.as_str());
        let known: Vec<&str> =
            known.chain(self.containers.into_iter().flatten().map(String::as_str)).collect();
        let hint = did_you_mean(&on.value, known.iter().copied()).unwrap_or_else(|| {
            let names: Vec<String> =
                known.iter().take(10).map(|name| format!("`{name}`")).collect();
            format!("there are {}", list(&names))
        });
        let problem =
            format!("`{}` depends on `{}`, which is no service", self.from.name.value, on.value);
        let diagnostic =
            if required { Diagnostic::error(problem) } else { Diagnostic::warning(problem) };
        reader.report(diagnostic.at(&on.span).hint(hint));
        None
    }

    fn check_profile(&self, to: &written::Service, required: bool, reader: &mut Reader<'_>) {
        let profiles = &self.request.profiles;
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
            diagnostic = diagnostic.also(&profile.span, "").hint(format!(
                "ask for it with `--profile {}`, give `{from}` the profile too, or say `required: false`",
                profile.value
            ));
        }
        reader.report(diagnostic);
    }

    fn check_health(
        &self,
        to: &written::Service,
        condition: Option<&Spanned<Condition>>,
        reader: &mut Reader<'_>,
    ) {
        let Some(condition) = condition.filter(|when| when.value == Condition::ServiceHealthy)
        else {
            return;
        };
        if to.healthcheck.is_some()
            && !self.checked.contains(&to.name.value)
            && to.command.is_none()
        {
            return;
        }
        let refused =
            to.healthcheck.as_ref().is_some_and(|check| check.probe.is_none() && !check.disable);
        if self.checked.contains(&to.name.value) || refused {
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
}

/// Reports each cycle once: after a cycle is found, the edge that closes it is
/// taken away and the rest looked at again.
fn cycles(written: &written::Project, services: &[Service], reader: &mut Reader<'_>) {
    let mut graph = services.to_vec();
    for _ in 0..CYCLES {
        let Err(Cycle(path)) = start_order(&graph) else {
            return;
        };
        let names: Vec<&str> = path.iter().map(ServiceName::as_str).collect();
        let mut diagnostic =
            Diagnostic::error(format!("these wait for each other: `{}`", names.join(" -> ")));
        for pair in names.windows(2) {
            let edge = find(written, pair[0])
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
