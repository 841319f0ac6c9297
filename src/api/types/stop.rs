//! The stop of a whole run.

use crate::model::{Progress, Report};
use serde::{Deserialize, Serialize};

/// How everything is to be stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StopWish {
    /// Ask nobody, kill all. While a stop is on: end its patience.
    pub force: bool,
    /// A patience for every service instead of its own, in milliseconds.
    pub grace_ms: Option<u64>,
}

/// One line of the answer to a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// How far the stop is.
    Progress(Progress),
    /// The stop is over; nothing follows.
    Report(Box<Report>),
}
