//! The container engine, where the project needs one, and what a dead run has
//! left on it.

use super::super::{compose, containers};
use super::{Finding, Mend, looks};
use crate::docker::{self, Outcome, Unreachable, Wish};
use crate::ledger::{self, Location};
use crate::model::{Project, Reach, ThingKind};
use std::collections::BTreeSet;
use std::path::Path;

/// What is wrong with the engine, the tool that makes containers, and those
/// that nobody looks after.
pub(super) fn look(project: &Project, root: &Path) -> Vec<Finding> {
    let Some(note) = containers::of(project) else { return Vec::new() };
    let wish = Wish {
        compose: note.compose,
        reach: Reach::Run(left_started(root)),
        dry_run: true,
        ..Wish::new(root.to_owned(), containers::environment())
    };
    let engine = match docker::tear_down_blocking(&wish, &mut |_| ()) {
        // A compose file that is merely there needs no engine.
        Outcome::NoEngine(why) if why.is_absent() && project.compose.is_none() => None,
        Outcome::NoEngine(why) => {
            Some(looks::finding("containers", why.to_string(), way(&why), None))
        }
        Outcome::Done(torn) => Some(left(torn.count(ThingKind::Container), root)),
        Outcome::NothingToDo(_) => None,
    };
    tool(project).into_iter().chain(engine).collect()
}

/// The services whose containers a run has started that is over by now, and
/// did not say so.
fn left_started(root: &Path) -> BTreeSet<String> {
    if looks::records(root).is_empty() {
        return BTreeSet::new();
    }
    let location = Location::find(root).ok().flatten();
    let book = location.and_then(|location| ledger::read(&location).book);
    book.and_then(|book| book.header.containers).map(|note| note.started).unwrap_or_default()
}

fn left(count: usize, root: &Path) -> Finding {
    let (containers, are) = if count == 1 { ("container", "is") } else { ("containers", "are") };
    let what = format!("{count} {containers} of a killed run {are} still there");
    let by = Some(Mend::Containers(root.to_owned()));
    looks::finding("containers", what, "devsup down --containers", by)
}

fn way(why: &Unreachable) -> &'static str {
    match why {
        Unreachable::Absent | Unreachable::Missing { .. } | Unreachable::NotRunning { .. } => {
            "sudo systemctl start docker, or set DOCKER_HOST"
        }
        other => other.hint().unwrap_or("docker version says more"),
    }
}

fn tool(project: &Project) -> Option<Finding> {
    let needed = project.compose.as_ref().is_some_and(|compose| compose.start);
    if !needed || compose::tool().is_some() {
        return None;
    }
    let missing = compose::ComposeError::Tool;
    Some(looks::finding("containers", missing.to_string(), missing.hint(), None))
}
