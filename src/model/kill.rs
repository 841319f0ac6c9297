//! Whom a kill is to reach, and what became of it.

use super::process::{Kind, Process};
use super::{Evidence, Pid, Signal};
use serde::{Deserialize, Serialize};

/// How far a kill reaches. Whatever it names, only what is ours is ever hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "scope")]
pub enum Reach {
    /// One process, and with SIGKILL all below it.
    Single {
        /// Its pid.
        pid: Pid,
        /// When it started, in ticks since boot, as the tree says: the pid then
        /// can't have gone to another process meanwhile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<u64>,
    },
    /// A service with all its copies, or one instance.
    Service {
        /// Its name.
        name: String,
    },
    /// A job.
    Job {
        /// Its id.
        id: String,
    },
    /// All services and jobs with this tag.
    Tag {
        /// The tag.
        tag: String,
    },
    /// Everything of the project: services, jobs, strays.
    Project,
    /// Jobs and strays; the declared services go on.
    AllExceptServices,
    /// Every run and job of this user.
    All,
}

impl Reach {
    /// Whether a process of ours is meant; of [`Self::Single`] only the one
    /// that is named.
    pub fn wants(&self, one: &Process) -> bool {
        if !matches!(one.kind, Kind::Service | Kind::Job | Kind::Stray) {
            return false;
        }
        match self {
            Self::Single { pid, start } => {
                one.pid == *pid && start.is_none_or(|start| start == one.start)
            }
            Self::Service { name } => [&one.service, &one.instance].contains(&&Some(name.clone())),
            Self::Job { id } => one.job.as_ref() == Some(id),
            Self::Tag { tag } => one.tags.contains(tag),
            Self::Project | Self::All => true,
            Self::AllExceptServices => one.kind != Kind::Service,
        }
    }

    /// Whether those who are hit are hit as services, which then are to stay
    /// down; a single process may be started again by its restart policy.
    pub fn ends_services(&self) -> bool {
        !matches!(self, Self::Single { .. } | Self::Job { .. } | Self::AllExceptServices)
    }
}

/// Why a process was not killed. The set is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing proves that it is ours.
    NotOurs,
    /// The system does not let us.
    PermissionDenied,
    /// It was signalled, and is still there.
    KillFailed,
    /// The system could not do it.
    SystemError,
}

/// A process that is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Target {
    /// Its pid.
    pub pid: Pid,
    /// When it started, in ticks since boot.
    pub start: u64,
    /// Its command line, capped.
    pub command: String,
    /// What it is to us.
    pub kind: Kind,
    /// The copy of a service that it belongs to.
    pub instance: Option<String>,
    /// The job it belongs to.
    pub job: Option<String>,
    /// The name of its project.
    pub project: Option<String>,
    /// Why it is ours, strongest first.
    pub evidence: Vec<Evidence>,
}

impl From<&Process> for Target {
    fn from(one: &Process) -> Self {
        Self {
            pid: one.pid,
            start: one.start,
            command: one.command.clone(),
            kind: one.kind,
            instance: one.instance.clone(),
            job: one.job.clone(),
            project: one.project.clone(),
            evidence: one.evidence.clone(),
        }
    }
}

/// A process that is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Untouched {
    /// Its pid.
    pub pid: Pid,
    /// Its command line, capped.
    pub command: String,
    /// Why it is left alone, in words.
    pub reason: String,
}

/// Whom a kill would hit and whom not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Plan {
    /// The signal.
    #[schema(value_type = String)]
    pub signal: Signal,
    /// Who is hit, descendants first.
    pub targets: Vec<Target>,
    /// Who of those in sight is not.
    pub spared: Vec<Untouched>,
    /// Who was named and is refused.
    pub refused: Vec<Missed>,
}

/// A process that was named or hit, and not killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Missed {
    /// Its pid.
    pub pid: Pid,
    /// Why.
    pub reason: Reason,
    /// The same in words.
    pub words: String,
}

impl Ended {
    /// The same, when those whom the plan named ended before they were hit: who
    /// was only asked to end, and did, has ended as well.
    #[must_use]
    pub fn with(mut self, plan: &Plan) -> Self {
        for target in &plan.targets {
            let known = self.killed.contains(&target.pid)
                || self.failed.iter().any(|missed| missed.pid == target.pid);
            if !known {
                self.killed.push(target.pid);
            }
        }
        self
    }
}

/// What became of a kill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ended {
    /// Who was hit, or was gone already.
    pub killed: Vec<Pid>,
    /// Who was not.
    pub failed: Vec<Missed>,
}
