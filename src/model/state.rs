//! The life of one instance of a service: where it can be, what can happen to
//! it, and what that asks to be done. The moves themselves are in `table`.
//!
//! Nothing here knows a clock: how long something ran comes with the event, and
//! how long to wait goes out with the effect.

mod table;
mod words;

pub use table::step;
pub use words::{Health, Outcome, Phase};

use super::{Pid, Restart, Service, ServiceName};
use std::time::Duration;

/// Why an instance is `failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Something it depends on failed: the path to it, nearest first.
    Dependency(Vec<ServiceName>),
    /// It could not be started; why, in words.
    Start(String),
    /// It ended, and not well or too often.
    Ended(Outcome),
    /// It was stopped for its bad health: the last answer of its probe.
    Unhealthy(String),
}

/// How an instance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// How its leader ended.
    pub outcome: Outcome,
    /// Whether that counts as success.
    pub well: bool,
    /// How long it did what it is for: from its start to the end of its leader,
    /// or with a health check from its first good answer; zero if there was
    /// none.
    pub ran: Duration,
}

/// What is to come after a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it stays stopped.
    Stay,
    /// It is started again at once: somebody asked for that.
    StartAgain,
    /// It is started again after a pause, as its restart policy says.
    Retry {
        /// The pause.
        after: Duration,
        /// How often it has been started again in a row, this one included.
        tries: u32,
        /// Why it is started again.
        last: Failure,
    },
    /// It has failed.
    Fail(Failure),
}

impl Then {
    /// Whether it is started again.
    pub fn is_start(&self) -> bool {
        match self {
            Self::StartAgain | Self::Retry { .. } => true,
            Self::Stay | Self::Fail(_) => false,
        }
    }
}

/// Where an instance is in its life. A state carries what is true in it.
///
/// `tries` is everywhere the number of starts in a row that the restart policy
/// made without the service having run for its `window` in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Wanted; waits for what it depends on.
    Pending {
        /// It was up before, or was asked for by name: what it depends on is
        /// only awaited where it is on its way.
        again: bool,
        /// See [`State`].
        tries: u32,
    },
    /// Ended; waits for the pause before its next start.
    Delayed {
        /// See [`State`]; the start to come is counted.
        tries: u32,
        /// How long the pause is.
        after: Duration,
        /// How it ended last.
        last: Failure,
    },
    /// Its start was ordered; there is no process yet that we know of.
    Ordered {
        /// See [`State`].
        tries: u32,
    },
    /// Stopped between order and start: it is ended as soon as it appears.
    Recalled {
        /// What comes after.
        then: Then,
    },
    /// Its leader runs.
    Running {
        /// The leader.
        pid: Pid,
        /// What its probe says.
        health: Health,
        /// See [`State`].
        tries: u32,
    },
    /// The leader ended by itself; what is left of its tree is being stopped.
    Leaving {
        /// How the leader ended.
        end: End,
        /// See [`State`].
        tries: u32,
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
    /// It could not start, did not end well, or was never healthy for long.
    Failed(Failure),
}

/// What can happen to an instance.
///
/// Of two wishes the later one counts: a stop after a restart stops, a restart
/// after a stop starts again. Whoever stops a whole project therefore passes no
/// [`Event::Start`] and [`Event::Restart`] on from then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// All it depends on is there.
    DependenciesReady,
    /// Something it depends on has failed.
    DependencyFailed(Vec<ServiceName>),
    /// Its leader exists, recorded and behind the gate.
    Spawned(Pid),
    /// The start failed, in words. Before [`Event::Spawned`] it means that
    /// nothing of this start is left; after it, [`Event::Ended`] still follows.
    SpawnFailed(String),
    /// The leader ended, and others of its tree remain.
    LeaderEnded(End),
    /// Nothing of its tree is left.
    Ended(End),
    /// Its probe says that it is well.
    Healthy,
    /// Its probe has failed too often, or it was not healthy in time.
    Unhealthy {
        /// The last answer.
        why: String,
        /// From the first good answer to the last one in a row; zero if there
        /// was none.
        ran: Duration,
    },
    /// The pause of [`Effect::Delay`] is over.
    DelayOver,
    /// What was asked to end has not ended within its grace.
    PatienceOver,
    /// Somebody wants it up.
    Start,
    /// Somebody wants it started afresh; one that is down is started.
    Restart,
    /// Somebody wants it stopped.
    Stop,
    /// Somebody wants it gone now.
    Force,
}

/// What a move asks to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Start its process; [`Event::Spawned`] or [`Event::SpawnFailed`] answers.
    Spawn,
    /// Let the process behind the gate go.
    OpenGate,
    /// Ask the group to stop, by the service's own plan, and give
    /// [`Event::PatienceOver`] when its grace is over before it has ended.
    Ask,
    /// Ask whatever is left of the tree to stop, with the same patience.
    AskTree,
    /// Kill the whole tree.
    Kill,
    /// Give [`Event::DelayOver`] after this time. Only the last one asked for
    /// counts.
    Delay(Duration),
}

/// What the table has to know of a service.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Whether and how it is started again.
    pub restart: &'a Restart,
    /// Whether it has a health check.
    pub checked: bool,
}

impl<'a> Rules<'a> {
    /// The rules of a declared service.
    pub fn of(service: &'a Service) -> Self {
        Self { restart: &service.restart, checked: service.healthcheck.is_some() }
    }
}

impl State {
    /// Where every instance begins.
    pub const NEW: Self = Self::Pending { again: false, tries: 0 };

    /// The word that users see.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Pending { .. } | Self::Delayed { .. } => Phase::Pending,
            Self::Ordered { .. } => Phase::Starting,
            Self::Running { .. } => Phase::Running,
            Self::Recalled { .. } | Self::Leaving { .. } | Self::Stopping { .. } => Phase::Stopping,
            Self::Stopped => Phase::Stopped,
            Self::Completed(_) => Phase::Completed,
            Self::Failed(_) => Phase::Failed,
        }
    }

    /// The health that users see beside it.
    pub fn health(&self) -> Health {
        match self {
            Self::Running { health, .. } => *health,
            Self::Pending { .. }
            | Self::Delayed { .. }
            | Self::Ordered { .. }
            | Self::Recalled { .. }
            | Self::Leaving { .. }
            | Self::Stopping { .. }
            | Self::Stopped
            | Self::Completed(_)
            | Self::Failed(_) => Health::None,
        }
    }

    /// Whether a probe has to be asking now. It begins when this becomes true
    /// and is dropped when it no longer is.
    pub fn is_probed(&self) -> bool {
        self.health() != Health::None
    }

    /// Whether it does what it is for: it runs and nothing is known against
    /// it, or it has completed.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Running { health, .. } => matches!(health, Health::None | Health::Healthy),
            Self::Completed(_) => true,
            Self::Pending { .. }
            | Self::Delayed { .. }
            | Self::Ordered { .. }
            | Self::Recalled { .. }
            | Self::Leaving { .. }
            | Self::Stopping { .. }
            | Self::Stopped
            | Self::Failed(_) => false,
        }
    }

    /// Whether it is down, or on its way down, only to be started again.
    pub fn is_restarting(&self) -> bool {
        match self {
            Self::Pending { again, .. } => *again,
            Self::Delayed { .. } => true,
            Self::Recalled { then } | Self::Stopping { then, .. } => then.is_start(),
            Self::Ordered { .. }
            | Self::Running { .. }
            | Self::Leaving { .. }
            | Self::Stopped
            | Self::Completed(_)
            | Self::Failed(_) => false,
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Stopped | Self::Completed(_) | Self::Failed(_))
    }
}

#[cfg(test)]
mod tests;
