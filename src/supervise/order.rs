//! Who may start now: dependencies, looked up in the states of the others.

use super::unit::Unit;
use crate::model::{Condition, Dependency, Failure, Project, ServiceName, State};

/// What the dependencies of an instance say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// All are there.
    Open,
    /// Some are still to come: their names.
    Waiting(Vec<ServiceName>),
    /// One will never be there: the path to the one that failed.
    Failed(Vec<ServiceName>),
}

/// Asks all dependencies of `unit`.
pub(super) fn gate(unit: &Unit, units: &[Unit], project: &Project) -> Gate {
    let mut waiting = Vec::new();
    for dependency in &project.services[unit.service].depends_on {
        match ask(dependency, units, project) {
            Gate::Open => {}
            Gate::Waiting(on) => waiting.extend(on),
            Gate::Failed(_) if !dependency.required => {}
            Gate::Failed(path) => return Gate::Failed(path),
        }
    }
    if waiting.is_empty() { Gate::Open } else { Gate::Waiting(waiting) }
}

fn ask(dependency: &Dependency, units: &[Unit], project: &Project) -> Gate {
    let of_it = |unit: &&Unit| project.services[unit.service].name == dependency.on;
    for unit in units.iter().filter(of_it) {
        match one(unit, dependency.condition) {
            Answer::There => {}
            Answer::NotYet => return Gate::Waiting(vec![dependency.on.clone()]),
            Answer::Never => return Gate::Failed(path(dependency, &unit.state)),
        }
    }
    Gate::Open
}

enum Answer {
    There,
    NotYet,
    Never,
}

fn one(unit: &Unit, condition: Condition) -> Answer {
    let completed = match condition {
        Condition::ServiceStarted | Condition::ServiceHealthy => false,
        Condition::ServiceCompleted | Condition::ServiceCompletedSuccessfully => true,
    };
    match &unit.state {
        State::Completed(_) => Answer::There,
        State::Failed(Failure::Ended(_)) if condition == Condition::ServiceCompleted => {
            Answer::There
        }
        State::Failed(_) | State::Stopped => Answer::Never,
        State::Running { .. } if !completed && unit.has_begun() => Answer::There,
        State::Running { .. }
        | State::Pending
        | State::Ordered
        | State::Recalled { .. }
        | State::Leaving { .. }
        | State::Stopping { .. } => Answer::NotYet,
    }
}

fn path(dependency: &Dependency, state: &State) -> Vec<ServiceName> {
    let mut path = vec![dependency.on.clone()];
    if let State::Failed(Failure::Dependency(further)) = state {
        path.extend(further.iter().cloned());
    }
    path
}
