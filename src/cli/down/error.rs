//! Why a stop could not be done, in words, and the way out.

use crate::ledger;
use crate::model::reason;
use std::io;

/// Why a stop could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum DownError {
    /// The place of the records.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// The system said no.
    #[error("{0}: {why}", why = reason(.1))]
    Io(&'static str, #[source] io::Error),
    /// `--stale`, and what is not stale can't be told.
    #[error("a supervisor runs here, and which processes are its own can't be told")]
    Unclear,
    /// A supervisor lives that nobody can reach or end.
    #[error("the supervisor does not answer and can't be ended")]
    Stuck,
    /// Somebody was faster.
    #[error("a run of this project has just begun")]
    JustBegun,
    /// A second Ctrl-C.
    #[error("left; the supervisor goes on stopping")]
    Left,
}

impl DownError {
    /// The way out.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Ledger(error) => Some(error.hint()),
            Self::Unclear => Some("stop everything with `devsup down`, then it is clear"),
            Self::Stuck => Some("end the process that holds `.pids/.run.lock` open"),
            Self::JustBegun => Some("run `devsup down` again if that is to be stopped too"),
            Self::Io(..) | Self::Left => None,
        }
    }
}

pub(super) fn at(what: &'static str) -> impl Fn(io::Error) -> DownError {
    move |error| DownError::Io(what, error)
}
