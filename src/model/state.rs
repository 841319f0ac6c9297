//! The life of one instance of a service, as a table: every state answers
//! every event. There is no wildcard arm, so that a new event does not compile
//! until every state has answered it.

use super::{Pid, ServiceName};
use std::fmt;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It exited with this code.
    Exited(i32),
    /// This signal (by number) ended it.
    Signaled(i32),
    /// Nobody was there to see it: its guard was killed.
    Unknown,
}

impl Outcome {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("exit", code) => code.parse().ok().map(Self::Exited),
            ("signal", number) => number.parse().ok().map(Self::Signaled),
            ("ended", "unseen") => Some(Self::Unknown),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit {code}"),
            Self::Signaled(number) => write!(f, "signal {number}"),
            Self::Unknown => f.write_str("ended unseen"),
        }
    }
}

/// Why an instance is `failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Something it depends on failed: the path to it, nearest first.
    Dependency(Vec<ServiceName>),
    /// It could not be started; why, in words.
    Start(String),
    /// It ended, and not well.
    Ended(Outcome),
}

/// What is to come after a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it stays stopped.
    Stay,
}

/// Where an instance is in its life. A state carries what is true in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Wanted; waits for what it depends on.
    Pending,
    /// Its start was ordered; there is no process yet that we know of.
    Ordered,
    /// Stopped between order and start: it is ended as soon as it appears.
    Recalled {
        /// What comes after.
        then: Then,
    },
    /// Its leader runs.
    Running {
        /// The leader.
        pid: Pid,
    },
    /// The leader ended by itself; what is left of its tree is being stopped.
    Leaving {
        /// How the leader ended.
        outcome: Outcome,
        /// Whether that counts as success.
        well: bool,
    },
    /// It was asked to stop; its tree is not empty yet.
    Stopping {
        /// What comes after.
        then: Then,
        /// It was told, not asked: its tree is being killed.
        forced: bool,
    },
    /// It was stopped on request.
    Stopped,
    /// It ended by itself, and well.
    Completed(Outcome),
    /// It could not start, or did not end well.
    Failed(Failure),
}

/// What can happen to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// All it depends on is there.
    DependenciesReady,
    /// Something it depends on has failed.
    DependencyFailed(Vec<ServiceName>),
    /// Its leader exists, recorded and behind the gate.
    Spawned(Pid),
    /// There will be no process: the start failed, in words.
    SpawnFailed(String),
    /// The leader ended, and others of its tree remain.
    LeaderEnded {
        /// How it ended.
        outcome: Outcome,
        /// Whether that counts as success.
        well: bool,
    },
    /// Nothing of its tree is left.
    Ended {
        /// How the leader ended.
        outcome: Outcome,
        /// Whether that counts as success.
        well: bool,
    },
    /// Somebody wants it stopped.
    Stop,
    /// The patience is over.
    Force,
}

/// What a move asks to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Start its process.
    Spawn,
    /// Let the process behind the gate go.
    OpenGate,
    /// Ask the group to stop, by the service's own plan.
    Ask,
    /// Ask whatever is left of the tree to stop.
    AskTree,
    /// Kill the whole tree.
    Kill,
}

/// Moves one instance forward. Touches no clock, no file and no process.
pub fn step(state: State, event: Event) -> (State, Option<Effect>) {
    match state {
        State::Pending => pending(event),
        State::Ordered => ordered(event),
        State::Recalled { then } => recalled(then, &event),
        State::Running { pid } => running(pid, event),
        State::Leaving { outcome, well } => leaving(outcome, well, &event),
        State::Stopping { then, forced } => stopping(then, forced, &event),
        State::Stopped | State::Completed(_) | State::Failed(_) => (state, ended(&event)),
    }
}

fn pending(event: Event) -> (State, Option<Effect>) {
    match event {
        Event::DependenciesReady => (State::Ordered, Some(Effect::Spawn)),
        Event::DependencyFailed(path) => (State::Failed(Failure::Dependency(path)), None),
        Event::Stop | Event::Force => (State::Stopped, None),
        Event::Spawned(_)
        | Event::SpawnFailed(_)
        | Event::LeaderEnded { .. }
        | Event::Ended { .. } => (State::Pending, None),
    }
}

fn ordered(event: Event) -> (State, Option<Effect>) {
    match event {
        Event::Spawned(pid) => (State::Running { pid }, Some(Effect::OpenGate)),
        Event::SpawnFailed(why) => (State::Failed(Failure::Start(why)), None),
        Event::Stop | Event::Force => (State::Recalled { then: Then::Stay }, None),
        Event::Ended { outcome, .. } => (State::Failed(Failure::Ended(outcome)), None),
        Event::DependenciesReady | Event::DependencyFailed(_) | Event::LeaderEnded { .. } => {
            (State::Ordered, None)
        }
    }
}

fn recalled(then: Then, event: &Event) -> (State, Option<Effect>) {
    match event {
        // Its gate was never opened, so there is nothing to ask politely.
        Event::Spawned(_) => (State::Stopping { then, forced: true }, Some(Effect::Kill)),
        Event::SpawnFailed(_) | Event::Ended { .. } => (after(then), None),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::LeaderEnded { .. }
        | Event::Stop
        | Event::Force => (State::Recalled { then }, None),
    }
}

fn running(pid: Pid, event: Event) -> (State, Option<Effect>) {
    match event {
        Event::LeaderEnded { outcome, well } => {
            (State::Leaving { outcome, well }, Some(Effect::AskTree))
        }
        Event::Ended { outcome, well } => (by_itself(outcome, well), None),
        // The gate was open, yet the command could not be executed.
        Event::SpawnFailed(why) => (State::Failed(Failure::Start(why)), None),
        Event::Stop => (State::Stopping { then: Then::Stay, forced: false }, Some(Effect::Ask)),
        Event::Force => (State::Stopping { then: Then::Stay, forced: true }, Some(Effect::Kill)),
        Event::DependenciesReady | Event::DependencyFailed(_) | Event::Spawned(_) => {
            (State::Running { pid }, None)
        }
    }
}

fn leaving(outcome: Outcome, well: bool, event: &Event) -> (State, Option<Effect>) {
    match event {
        Event::Ended { .. } | Event::SpawnFailed(_) => (by_itself(outcome, well), None),
        Event::Stop => (State::Stopping { then: Then::Stay, forced: false }, Some(Effect::AskTree)),
        Event::Force => (State::Leaving { outcome, well }, Some(Effect::Kill)),
        Event::LeaderEnded { .. }
        | Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::Spawned(_) => (State::Leaving { outcome, well }, None),
    }
}

fn stopping(then: Then, forced: bool, event: &Event) -> (State, Option<Effect>) {
    match event {
        Event::Ended { .. } | Event::SpawnFailed(_) => (after(then), None),
        Event::LeaderEnded { .. } if !forced => {
            (State::Stopping { then, forced }, Some(Effect::AskTree))
        }
        // Asked again, a killed tree is killed again: the first order may have
        // gone to a guard that did not hear it.
        Event::Force => (State::Stopping { then, forced: true }, Some(Effect::Kill)),
        Event::LeaderEnded { .. }
        | Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::Spawned(_)
        | Event::Stop => (State::Stopping { then, forced }, None),
    }
}

/// An end is final. A process that turns up behind it was never wanted.
fn ended(event: &Event) -> Option<Effect> {
    match event {
        Event::Spawned(_) => Some(Effect::Kill),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::SpawnFailed(_)
        | Event::LeaderEnded { .. }
        | Event::Ended { .. }
        | Event::Stop
        | Event::Force => None,
    }
}

fn after(then: Then) -> State {
    match then {
        Then::Stay => State::Stopped,
    }
}

fn by_itself(outcome: Outcome, well: bool) -> State {
    if well { State::Completed(outcome) } else { State::Failed(Failure::Ended(outcome)) }
}

/// A state in the one word that users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum Phase {
    Pending,
    Starting,
    Running,
    Stopping,
    Stopped,
    Completed,
    Failed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
            Self::Failed => "failed",
        })
    }
}

/// What is known of an instance's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words are the documentation")]
pub enum Health {
    None,
    Starting,
    Healthy,
    Unhealthy,
}

impl State {
    /// The word that users see.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Pending => Phase::Pending,
            Self::Ordered => Phase::Starting,
            Self::Running { .. } => Phase::Running,
            Self::Recalled { .. } | Self::Leaving { .. } | Self::Stopping { .. } => Phase::Stopping,
            Self::Stopped => Phase::Stopped,
            Self::Completed(_) => Phase::Completed,
            Self::Failed(_) => Phase::Failed,
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Stopped | Self::Completed(_) | Self::Failed(_))
    }
}

#[cfg(test)]
mod tests;
