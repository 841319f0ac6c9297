//! Phase 4: containers. The engine is asked only where something says that the
//! project has to do with containers; whose they are and how they end is the
//! room `docker`'s. The one phase that has a runtime and may wait for somebody
//! else's work, within a deadline of its own.

use super::tally::Tally;
use super::{Emit, Scope, verify};
use crate::docker::{self, Outcome, Unreachable, Wish};
use crate::model::{Progress, Report, SparedThing, Survivor, Teardown, Verdict, WhySpared};

/// Most strangers that get a line of their own.
const MOST_SPARED: usize = 5;

/// What is to become of the containers.
#[derive(Debug, Clone)]
pub enum Errand {
    /// The project has nothing to do with any: no engine is asked.
    Nothing,
    /// They stay; why, in words.
    Stay(&'static str),
    /// They go.
    Remove(Box<Wish>),
}

impl Errand {
    /// Does it, in a runtime of its own; `None`: no engine was asked.
    fn run(&self, hurried: &dyn Fn() -> bool, emit: Emit<'_>) -> Option<Outcome> {
        let Self::Remove(wish) = self else { return None };
        let mut tell = |doing| emit(Progress::Container { doing });
        Some(docker::tear_down_watched(wish, hurried, &mut tell))
    }

    /// Only looks: what would go and what would be spared.
    pub fn rehearse(&self, report: &mut Report) {
        let Self::Remove(wish) = self else { return };
        let wish = Wish { dry_run: true, ..(**wish).clone() };
        match docker::tear_down_blocking(&wish, &mut |_| ()) {
            Outcome::Done(torn) | Outcome::NothingToDo(torn) => {
                if !torn.is_nothing() {
                    report.verdict = Verdict::Clean;
                }
                report.containers = torn;
            }
            Outcome::NoEngine(why) if why.is_absent() => {}
            Outcome::NoEngine(why) => report.notes.push(why.to_string()),
        }
    }
}

/// What phase 4 left: for phase 5.
#[derive(Debug)]
#[must_use]
pub struct Torn {
    tally: Tally,
    /// Something was done, could not be done, or was left for a reason that
    /// nobody would guess.
    noteworthy: bool,
}

impl Torn {
    /// Does the errand and waits for its end.
    pub(super) fn by(
        tally: Tally,
        errand: &Errand,
        hurried: &dyn Fn() -> bool,
        emit: Emit<'_>,
    ) -> Self {
        let outcome = errand.run(hurried, emit);
        Self::told(tally, errand, outcome, emit)
    }

    /// The errand was done by somebody else, and this came of it.
    pub(super) fn told(
        mut tally: Tally,
        errand: &Errand,
        outcome: Option<Outcome>,
        emit: Emit<'_>,
    ) -> Self {
        let noteworthy = match &outcome {
            Some(Outcome::Done(_) | Outcome::NoEngine(_)) => true,
            Some(Outcome::NothingToDo(torn)) => torn.leaves_some(),
            None => false,
        };
        let words = match (errand, outcome) {
            (Errand::Remove(wish), Some(Outcome::NoEngine(why))) => {
                unreachable(&mut tally, wish, &why)
            }
            (_, Some(Outcome::Done(torn) | Outcome::NothingToDo(torn))) => {
                let words = torn.words();
                say_spared(&torn, emit);
                for note in &torn.notes {
                    tally.say(note.clone(), emit);
                }
                tally.containers = torn;
                words
            }
            (Errand::Stay(why), _) => (*why).to_owned(),
            (Errand::Nothing | Errand::Remove(_), _) => "none".to_owned(),
        };
        emit(Progress::Containers { words });
        Self { tally, noteworthy }
    }

    /// Whether its line says anything.
    pub(super) fn is_noteworthy(&self) -> bool {
        self.noteworthy
    }

    /// Phase 5: proves that nothing is left, or names what is.
    pub fn verify(self, scope: &Scope, emit: Emit<'_>) -> Report {
        verify::verify(self.tally, scope, emit)
    }

    /// The end where phase 4 was all there was to do.
    pub(super) fn report(mut self) -> Report {
        let left = survivors(&mut self.tally);
        self.tally.report(left, &|_| true)
    }
}

/// What phase 4 could not end, and what it could not see.
pub(super) fn survivors(tally: &mut Tally) -> Vec<Survivor> {
    let left = tally.containers.left.iter().cloned().map(Survivor::Container);
    let mut all: Vec<Survivor> = left.collect();
    all.extend(tally.containers_unseen.take().map(|reason| Survivor::Engine { reason }));
    all
}

/// An engine that can't be asked. Where this run had containers on it, nothing
/// is proven, unless the engine does not run at all.
fn unreachable(tally: &mut Tally, wish: &Wish, why: &Unreachable) -> String {
    let words = match why.hint() {
        Some(hint) => format!("{why} ({hint})"),
        None => why.to_string(),
    };
    if !why.is_absent() {
        tally.note(words.clone());
        if wish.expected {
            tally.containers_unseen = Some(why.to_string());
        }
    }
    words
}

/// Strangers that could be taken for ours are named; what is ours and stays has
/// its place in the phase's line.
fn say_spared(torn: &Teardown, emit: Emit<'_>) {
    let counted = [WhySpared::Kept, WhySpared::Before];
    let near = |spared: &&SparedThing| spared.why.is_near() && !counted.contains(&spared.why);
    let near: Vec<&SparedThing> = torn.spared.iter().filter(near).collect();
    for spared in near.iter().take(MOST_SPARED) {
        emit(Progress::Note { words: spared.words() });
    }
    if near.len() > MOST_SPARED {
        emit(Progress::Note { words: format!("and {} more spared", near.len() - MOST_SPARED) });
    }
}
