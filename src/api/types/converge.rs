//! A running project and its config: what is to become of what runs.

use super::Services;
use crate::model::Project;
use serde::{Deserialize, Serialize};

/// What is wanted to run, as the config says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConvergeWish {
    /// The resolved project, as this version of devsup writes it. Its form is
    /// no part of the API.
    #[schema(value_type = Object)]
    pub project: Project,
    /// Services that are to run, what they depend on included.
    pub wanted: Vec<String>,
    /// Whether services that are not declared any more are stopped.
    pub all: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What is done to one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Change {
    /// It was not there, or down.
    Started {
        /// The instance.
        instance: String,
    },
    /// Its config has changed.
    Restarted {
        /// The instance.
        instance: String,
        /// Which keys have changed.
        because: Vec<String>,
    },
    /// It is not declared any more.
    Stopped {
        /// The instance.
        instance: String,
    },
    /// It is as it should be.
    Kept {
        /// The instance.
        instance: String,
    },
    /// It runs, is not declared in this config, and is left alone.
    Foreign {
        /// The instance.
        instance: String,
    },
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Converged {
    /// Version of the API, 1.
    pub version: u32,
    /// Nothing was done, only looked.
    pub dry_run: bool,
    /// To each instance.
    pub changes: Vec<Change>,
    /// All instances as they are now.
    pub services: Services,
}
