//! The table that is shown once everything has started.

use super::super::unit::Unit;
use super::crash::after;
use super::{decode, in_short, is_declared, span};
use crate::model::{Failure, Health, Project, ServiceName, State, span as declared};
use crate::ui::style::Look;
use std::fmt::Write as _;
use std::time::Duration;

/// The table shown once everything has started.
pub(in crate::supervise) fn summary(
    units: &[Unit],
    project: &Project,
    took: Duration,
    detached: bool,
    look: Look,
) -> String {
    let width = units.iter().map(|unit| unit.instance.as_str().len()).max().unwrap_or(0);
    let running = |unit: &&Unit| matches!(unit.state, State::Running { .. });
    let up = units.iter().filter(running).count();
    let failed = units.iter().filter(|unit| matches!(unit.state, State::Failed(_))).count();
    let mark = if failed > 0 { look.warning() } else { look.good() };
    let what = if up == 1 { "service is" } else { "services are" };
    let mut text = format!("{mark} {}: {up} {what} up in {}", project.name, span(took));
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    let hint = if detached {
        "(devsup logs -f shows their output, devsup down stops them)"
    } else {
        "(Ctrl-C stops everything)"
    };
    if up > 0 {
        let _ = write!(text, "  {}", look.dim(hint));
    }
    for unit in units {
        let _ = write!(text, "\n  {:width$}  {:9}", unit.instance, unit.state.phase());
        let _ = write!(text, "{}", facts(unit, project));
    }
    text
}

fn facts(unit: &Unit, project: &Project) -> String {
    match &unit.state {
        State::Running { pid, health, .. } => {
            let service = &project.services[unit.service];
            let health = match health {
                Health::None => String::new(),
                Health::Starting | Health::Healthy | Health::Unhealthy => format!("  {health}"),
            };
            let place = match unit.port {
                Some(port) if is_declared(service.port) => format!("  http://localhost:{port}"),
                Some(port) => format!("  PORT={port}"),
                None => String::new(),
            };
            format!("  pid {pid}{health}{place}")
        }
        State::Delayed { after, .. } => format!("  started again in {}", declared(*after)),
        State::Failed(failure @ Failure::Unhealthy(_)) => format!("  {}", in_short(failure)),
        State::Completed(outcome) => format!("  {}{}", decode(*outcome), after(unit.last)),
        State::Failed(Failure::Ended(outcome)) => format!("  {}", decode(*outcome)),
        // Why was said above, in full.
        State::Failed(Failure::Start(_)) => "  could not start".to_owned(),
        State::Failed(Failure::Dependency(path)) => {
            format!("  depends on {}", path.last().map_or("", ServiceName::as_str))
        }
        _ => String::new(),
    }
}
