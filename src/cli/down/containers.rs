//! What `down` wants of the containers.

use super::super::containers;
use super::{Down, DownArguments};
use crate::docker::{self, Wish};
use crate::ledger::{self, Book, Containers, Location};
use crate::model::{Reach, Report, RunId, WhySpared};
use crate::shutdown::Errand;

/// What a stop by `--stale` says of them.
const LEFT_BY_STALE: &str = "left alone (`--containers` takes them too)";

impl Down<'_> {
    /// What is to become of them. `book` is what a ledger was believed to say.
    pub(super) fn errand(&self, location: Option<&Location>, book: Option<&Book>) -> Errand {
        let recorded = book.and_then(|book| book.header.containers.clone());
        let found = recorded.or_else(|| self.containers.clone());
        let asked = self.arguments.containers || self.arguments.volumes;
        match found {
            None if !asked => Errand::Nothing,
            _ if self.arguments.stale && !self.arguments.containers => Errand::Stay(LEFT_BY_STALE),
            found => {
                let runs = location.map(|location| runs(location, book)).unwrap_or_default();
                Errand::Remove(Box::new(self.wish(found.unwrap_or_default(), runs)))
            }
        }
    }

    fn wish(&self, found: Containers, runs: Vec<RunId>) -> Wish {
        let DownArguments { force, volumes, own_containers, .. } = *self.arguments;
        let own = || Reach::Run(found.started.clone());
        let by_config = found.compose.as_ref().is_some_and(|compose| compose.down_volumes);
        Wish {
            volumes: volumes || by_config,
            reach: if own_containers { own() } else { Reach::Project },
            expected: !found.started.is_empty(),
            compose: found.compose,
            runs,
            force,
            deadline: if force { docker::FORCED_DEADLINE } else { docker::DEADLINE },
            ..Wish::new(self.root.clone(), containers::environment())
        }
    }

    /// What is still to be done after a supervisor has said that it is done. It
    /// may have been at work on a stop that was about its own containers only.
    pub(super) fn errand_after(
        &self,
        location: Option<&Location>,
        book: Option<&Book>,
        said: &Report,
    ) -> Errand {
        let spared = &said.containers.spared;
        if spared.iter().any(|spared| spared.why == WhySpared::Before) {
            self.errand(location, book)
        } else {
            Errand::Nothing
        }
    }
}

fn runs(location: &Location, book: Option<&Book>) -> Vec<RunId> {
    let mut runs = ledger::runs(location);
    runs.extend(book.map(|book| book.header.run));
    runs
}
