//! One instance, looked at closely.

use super::Service;
use crate::model::Pid;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All that is known of some instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Inspections {
    /// Version of the API, 1.
    pub version: u32,
    /// The instances.
    pub services: Vec<Inspection>,
}

/// All that is known of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Inspection {
    /// What everybody sees of it.
    #[serde(flatten)]
    pub service: Service,
    /// What it runs.
    pub command: String,
    /// Where it runs it.
    #[schema(value_type = String)]
    pub directory: PathBuf,
    /// The process that holds its tree together, while it runs.
    pub guard: Option<Pid>,
    /// How long it has been up, in milliseconds.
    pub uptime_ms: Option<u64>,
    /// Its process and all below it that live.
    pub processes: Vec<Pid>,
    /// Where these listen: `127.0.0.1:8080`, or the path of a socket.
    pub listens: Vec<String>,
    /// How its health is found out, if it is.
    pub probe: Option<Probe>,
    /// When it is started again.
    pub restart: RestartRule,
    /// Why it went down last by itself, in words, also where it is up again.
    pub last_error: Option<String>,
    /// What it depends on.
    pub depends_on: Vec<String>,
}

/// A health check, and what it has said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Probe {
    /// What is asked, as `http://127.0.0.1:8080/health`.
    pub asks: String,
    /// The last answer, if there was one.
    pub last_answer: Option<String>,
    /// Checks that failed since the last good one.
    pub failed_in_a_row: u32,
    /// Where the service listens instead, if that explains the answer.
    pub hint: Option<String>,
}

/// When a service is started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RestartRule {
    /// `no`, `always`, `on-failure` or `unless-stopped`.
    pub policy: String,
    /// How often in a row at most.
    pub max: Option<u32>,
    /// How often in a row it was.
    pub in_a_row: u32,
}
