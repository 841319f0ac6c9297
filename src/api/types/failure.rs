//! Why a request is not done.

use super::VERSION;
use serde::{Deserialize, Serialize};

/// The kinds of refusal. The set may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request can't be understood.
    BadRequest,
    /// There is no such path.
    NotFound,
    /// The path is of another version of the API.
    Version,
    /// No service has this name.
    UnknownService,
    /// It can't be done now: everything is being stopped.
    Stopping,
    /// It can't be done to this service as it is.
    Conflict,
    /// The supervisor's loop does not answer.
    Silent,
    /// Too many ask at once.
    TooMany,
    /// The request does not come from where it may come from.
    Forbidden,
    /// The token is missing or wrong.
    Unauthorized,
    /// The body is too large.
    TooLarge,
    /// No supervisor listens.
    NotRunning,
    /// A file can't be read.
    Unreadable,
    /// Any kind that this version does not know.
    #[serde(other)]
    Other,
}

/// A refusal, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fault {
    /// Which kind.
    pub code: Code,
    /// What is wrong.
    pub words: String,
    /// The way out, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    /// A refusal without a hint.
    pub fn new(code: Code, words: impl Into<String>) -> Self {
        Self { code, words: words.into(), hint: None }
    }

    /// The same with the way out.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The answer to a request that is not done; its status is 4xx or 5xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    /// Version of the API, 1.
    pub version: u32,
    /// Why.
    pub error: Fault,
}

impl From<Fault> for Failure {
    fn from(error: Fault) -> Self {
        Self { version: VERSION, error }
    }
}
