//! Who may start now: what a service depends on, looked up in the states of
//! the others.

use super::{Condition, Dependency, Failure, Health, ServiceName, State};
use std::fmt;

/// What the dependencies of an instance say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Gate {
    /// All are there.
    Open,
    /// Some are still to come.
    Waiting(Vec<Awaited>),
    /// One will never be there: the path to the one that failed, nearest
    /// first.
    Failed(Vec<ServiceName>),
}

/// A dependency that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// Who is awaited.
    pub on: ServiceName,
    /// Why it does not count as there.
    pub why: Why,
}

/// Why a dependency does not count as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It was not started yet.
    NotStarted,
    /// It runs, and has not been healthy yet.
    NotHealthyYet,
    /// It runs, and is not healthy.
    Unhealthy,
    /// It has to end first.
    StillRunning,
    /// It is down, or on its way down, and is started again.
    Restarting,
    /// It is on its way down.
    Stopping,
    /// Somebody stopped it.
    Stopped,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStarted => "not started yet",
            Self::NotHealthyYet => "not healthy yet",
            Self::Unhealthy => "unhealthy",
            Self::StillRunning => "still running",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        })
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.on, self.why)
    }
}

/// Asks all dependencies of an instance that is pending. `others` are the
/// instances by the names of their services, several where it has replicas; a
/// name that none of them has is not ours to wait for.
///
/// `again` is that of [`State::Pending`]: a service that was up before does not
/// wait for what is not on its way, just as it would have gone on running
/// without it.
pub fn gate<'a>(
    dependencies: &[Dependency],
    again: bool,
    others: &(impl Iterator<Item = (&'a ServiceName, &'a State)> + Clone),
) -> Gate {
    let mut awaited = Vec::new();
    for dependency in dependencies {
        let of_it = others.clone().filter(|(name, _)| **name == dependency.on);
        for (_, state) in of_it {
            match look(state, dependency.condition) {
                Sight::There => {}
                Sight::Absent(_) | Sight::Never if again || !dependency.required => {}
                Sight::Coming(why) | Sight::Absent(why) => {
                    awaited.push(Awaited { on: dependency.on.clone(), why });
                }
                Sight::Never => return Gate::Failed(path(&dependency.on, state)),
            }
        }
    }
    awaited.dedup();
    if awaited.is_empty() { Gate::Open } else { Gate::Waiting(awaited) }
}

/// Whether an instance has to be restarted because something it depends on,
/// with `restart: true`, has just gone from one state to another. It then waits
/// at its gate until the other one is there again.
pub fn follows(dependency: &Dependency, before: &State, after: &State, own: &State) -> bool {
    let up = matches!(own, State::Ordered { .. } | State::Running { .. });
    dependency.restart && up && after.is_restarting() && !before.is_restarting()
}

/// How a dependency looks from outside.
enum Sight {
    There,
    /// Not there, and on its way.
    Coming(Why),
    /// Not there, and not on its way, though it may come back.
    Absent(Why),
    Never,
}

fn look(state: &State, condition: Condition) -> Sight {
    match state {
        State::Pending { again: false, .. } | State::Ordered { .. } => {
            Sight::Coming(Why::NotStarted)
        }
        State::Pending { again: true, .. } | State::Delayed { .. } => {
            Sight::Coming(Why::Restarting)
        }
        State::Running { health, .. } => running(*health, condition),
        State::Recalled { then } | State::Stopping { then, .. } if then.is_start() => {
            Sight::Coming(Why::Restarting)
        }
        State::Recalled { .. } | State::Leaving { .. } | State::Stopping { .. } => {
            Sight::Coming(Why::Stopping)
        }
        State::Stopped => Sight::Absent(Why::Stopped),
        State::Completed(_) => Sight::There,
        State::Failed(Failure::Ended(_)) if condition == Condition::ServiceCompleted => {
            Sight::There
        }
        State::Failed(_) => Sight::Never,
    }
}

fn running(health: Health, condition: Condition) -> Sight {
    match (condition, health) {
        (Condition::ServiceStarted, _)
        | (Condition::ServiceHealthy, Health::None | Health::Healthy) => Sight::There,
        (Condition::ServiceHealthy, Health::Starting) => Sight::Coming(Why::NotHealthyYet),
        (Condition::ServiceHealthy, Health::Unhealthy) => Sight::Absent(Why::Unhealthy),
        (Condition::ServiceCompleted | Condition::ServiceCompletedSuccessfully, _) => {
            Sight::Coming(Why::StillRunning)
        }
    }
}

fn path(on: &ServiceName, state: &State) -> Vec<ServiceName> {
    let mut path = vec![on.clone()];
    if let State::Failed(Failure::Dependency(further)) = state {
        path.extend(further.iter().cloned());
    }
    path
}

#[cfg(test)]
mod tests;
