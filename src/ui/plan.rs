//! What `up --dry-run` shows: who would be started, in which order.

use crate::model::{Command, Condition, Port, Project, Role, Secrets, Service, start_order};
use std::fmt::Write as _;

/// One line a service, level by level.
pub fn text(project: &Project, wanted: &[usize]) -> String {
    let levels = start_order(&project.services).unwrap_or_default();
    let width = wanted.iter().map(|&at| project.services[at].name.as_str().len()).max();
    let width = width.unwrap_or(0);
    let secrets = Secrets::of(project);
    let mut text = String::new();
    let mut step = 0;
    for level in levels {
        let members: Vec<usize> = level.into_iter().filter(|at| wanted.contains(at)).collect();
        if members.is_empty() {
            continue;
        }
        step += 1;
        let _ = writeln!(text, "step {step}");
        for at in members {
            let service = &project.services[at];
            let _ = writeln!(text, "  {:width$}  {}", service.name, secrets.hide(facts(service)));
        }
    }
    text
}

fn facts(service: &Service) -> String {
    let mut facts = match (service.role, &service.command) {
        (Role::Container, _) => "container".to_owned(),
        (_, Command::Shell(line)) => line.clone(),
        (_, Command::Exec(words)) => words.join(" "),
    };
    match service.port {
        Port::Fixed(port) | Port::Procfile(port) | Port::Expect { port, .. } => {
            let _ = write!(facts, "  (port {port})");
        }
        Port::Auto => facts.push_str("  (any port)"),
        Port::None => {}
    }
    if service.replicas != 1 {
        let _ = write!(facts, "  ({} copies)", service.replicas);
    }
    let after: Vec<String> = service
        .depends_on
        .iter()
        .map(|dependency| format!("{} {}", dependency.on, word(dependency.condition)))
        .collect();
    if !after.is_empty() {
        let _ = write!(facts, "  after: {}", after.join(", "));
    }
    facts
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::ServiceStarted => "started",
        Condition::ServiceHealthy => "healthy",
        Condition::ServiceCompleted => "completed",
        Condition::ServiceCompletedSuccessfully => "completed successfully",
    }
}
