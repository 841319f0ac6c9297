//! What is started outside of every service.

use crate::model::Pid;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is to be started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetachWish {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it runs, absolute.
    #[schema(value_type = String)]
    pub directory: PathBuf,
    /// Its environment, as pairs of name and value.
    pub environment: Vec<(String, String)>,
}

/// It runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Detached {
    /// Version of the API, 1.
    pub version: u32,
    /// Its pid.
    pub pid: Pid,
}
