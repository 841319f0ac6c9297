//! What a stop says while it is at work: streamed to whoever watches it, and
//! turned into lines by the one who prints.

use super::{Hit, Pid, Signal};
use serde::{Deserialize, Serialize};

/// One step of a stop, in the order of the phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Progress {
    /// Phase 1 begins.
    Begun {
        /// Services that run.
        services: usize,
        /// Nobody is asked, all are told.
        forced: bool,
    },
    /// A service was asked to stop.
    Asked {
        /// The service.
        who: Named,
        /// What it was sent.
        #[schema(value_type = String)]
        signal: Signal,
    },
    /// Some of those asked are still there. Said about once a second.
    Waiting {
        /// Time since the first of them was asked, in milliseconds.
        waited_ms: u64,
        /// Time until the patience of this level is over, in milliseconds.
        left_ms: u64,
        /// Who they are.
        on: Vec<Waited>,
    },
    /// A service and everything below it has ended.
    Ended {
        /// The service.
        who: Named,
        /// Time since it was asked, in milliseconds.
        took_ms: u64,
    },
    /// Somebody has lost patience: phase 1 is over at once.
    Hurried,
    /// Phase 2 is over.
    Forced {
        /// Who had to be killed.
        killed: Vec<Named>,
    },
    /// Phase 3 is over.
    Orphans {
        /// What it found and killed.
        found: Vec<Hit>,
    },
    /// Phase 4 is over.
    Containers {
        /// What became of it, in words.
        words: String,
    },
    /// Phase 5 is over.
    Verified {
        /// Processes left.
        processes: usize,
        /// Ports left.
        ports: usize,
    },
    /// Something worth a sentence.
    Note {
        /// The sentence.
        words: String,
    },
}

/// An instance of a service and its leader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Named {
    /// The instance's name.
    pub service: String,
    /// The leader's pid.
    pub pid: Pid,
}

/// Somebody who takes their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Waited {
    /// The service.
    pub who: Named,
    /// The signal it was sent and ignores, so that waiting is in vain.
    #[schema(value_type = Option<String>)]
    pub ignores: Option<Signal>,
}
