//! Phase 4: containers. Not there yet; it says so in one line.

use super::tally::Tally;
use super::{Emit, Scope, verify};
use crate::model::{Progress, Report};

/// What phase 4 left: for phase 5.
#[derive(Debug)]
#[must_use]
pub struct Torn {
    pub(super) tally: Tally,
}

impl Torn {
    pub(super) fn down(tally: Tally, emit: Emit<'_>) -> Self {
        emit(Progress::Containers { words: "not looked after by this version".to_owned() });
        Self { tally }
    }

    /// Phase 5: proves that nothing is left, or names what is.
    pub fn verify(self, scope: &Scope, emit: Emit<'_>) -> Report {
        verify::verify(self.tally, scope, emit)
    }
}
