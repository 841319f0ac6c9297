//! What happens.

use super::Service;
use crate::model::Pid;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Version of the API, 1.
    pub version: u32,
    /// Ask for what came after this one by `since=CURSOR`.
    pub cursor: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// What.
    #[serde(flatten)]
    pub news: News,
}

/// What can happen. The set may grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum News {
    /// An instance is in another state, or of other health.
    Service(Box<Service>),
    /// Somebody had a signal sent to an instance.
    Signal {
        /// The instance.
        instance: String,
        /// Its own process.
        pid: Pid,
        /// The signal, as `SIGHUP`.
        signal: String,
    },
    /// The supervisor said something.
    Said {
        /// What, without colours; can be several lines.
        words: String,
    },
    /// Everything is being stopped.
    Stopping,
    /// A stop is over, and with it the run.
    Stopped {
        /// Whether nothing is left.
        clean: bool,
    },
    /// Events that happened before this one are not kept any more, or belong
    /// to an earlier run.
    Gap {
        /// How many, where that is known.
        missed: Option<u64>,
    },
    /// What this version does not know.
    #[serde(other)]
    Other,
}
