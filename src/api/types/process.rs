//! Processes, and kills that are aimed at some of them.

use crate::model::{Ended, Missed, Pid, Plan, Process, Reach, RunId, Signal, Totals};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The processes of a project as a tree: each stands behind its parent, and
/// `depth` says how far below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Processes {
    /// Version of the API, 1.
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// Its directory.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// The run that is recorded.
    pub run: Option<RunId>,
    /// How long the look took, in milliseconds.
    pub took_ms: u64,
    /// What those shown use together.
    pub totals: Totals,
    /// Those shown.
    pub processes: Vec<Process>,
}

/// Whom to kill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KillOrder {
    /// How far it reaches.
    #[serde(flatten)]
    pub reach: Reach,
    /// As `SIGKILL`, the default, or any other. SIGKILL goes to everything that
    /// is meant and to all below it, any other signal to the process groups of
    /// the services.
    #[schema(value_type = String)]
    #[serde(default = "kill")]
    pub signal: Signal,
    /// Say who would be hit, and hit nobody.
    #[serde(default)]
    pub dry_run: bool,
}

fn kill() -> Signal {
    Signal::Kill
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Killed {
    /// Version of the API, 1.
    pub version: u32,
    /// Who would be hit and who not; only of a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Who was hit, or was gone already.
    pub killed: Vec<Pid>,
    /// Who was not.
    pub failed: Vec<Missed>,
}

impl From<Plan> for Killed {
    fn from(plan: Plan) -> Self {
        let failed = plan.refused.clone();
        Self { version: super::VERSION, plan: Some(plan), killed: Vec::new(), failed }
    }
}

impl From<Ended> for Killed {
    fn from(ended: Ended) -> Self {
        let Ended { killed, failed } = ended;
        Self { version: super::VERSION, plan: None, killed, failed }
    }
}
