//! Which projects there are; answered by `devsup serve`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The projects of this user that run, and the one that is served from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Projects {
    /// Version of the API, 1.
    pub version: u32,
    /// The projects, the one that is served from first.
    pub projects: Vec<ProjectEntry>,
}

/// A project that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProjectEntry {
    /// What it is asked by: `/p/KEY/v1/...`.
    pub key: String,
    /// Its name.
    pub project: String,
    /// Its directory.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// Whether a supervisor answers for it.
    pub running: bool,
    /// Whether it is the one that is served from.
    pub here: bool,
}
