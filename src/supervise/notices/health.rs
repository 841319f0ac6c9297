//! What is said about health, and about a start that takes long.

use super::super::unit::Unit;
use super::{Next, again, restarts_were_no_help, span};
use crate::model::order::Awaited;
use crate::model::{Failure, Health, State, Then};
use crate::ui::style::Look;
use std::fmt::Write as _;
use std::time::Duration;

/// What a change of health means; nothing where it is no news.
pub(in crate::supervise) fn health(
    unit: &Unit,
    before: &State,
    max: Option<u32>,
    early: bool,
    look: Look,
) -> Option<String> {
    let name = &unit.instance;
    match (before, &unit.state) {
        (State::Running { health: was, .. }, State::Running { health: Health::Healthy, .. }) => {
            let again = if *was == Health::Unhealthy { " again" } else { "" };
            let news = *was != Health::Healthy && !(early && again.is_empty());
            news.then(|| format!("{} {name} is healthy{again}{}", look.good(), answer(unit)))
        }
        (State::Running { health: was, .. }, State::Running { health: Health::Unhealthy, .. }) => {
            (*was != Health::Unhealthy).then(|| {
                format!(
                    "{} {name} is unhealthy: {}; it is left running",
                    look.warning(),
                    said(unit)
                )
            })
        }
        (State::Running { .. }, State::Stopping { then, .. }) => match then {
            Then::Retry { after, tries, last: Failure::Unhealthy(why) } => {
                let next = Next::Again { tries: *tries, max, after: *after };
                Some(format!("{} {name} is unhealthy: {why}; {}", look.warning(), again(next)))
            }
            Then::Fail(Failure::Unhealthy(why)) => {
                let tried = restarts_were_no_help(max);
                Some(format!("{} {name} is unhealthy: {why}; stopping it{tried}", look.bad()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn said(unit: &Unit) -> &str {
    unit.health.last.as_ref().map_or("no answer", |told| told.answer.words.as_str())
}

fn answer(unit: &Unit) -> String {
    let up = unit.live.as_ref().map_or(Duration::ZERO, |live| live.since.elapsed());
    format!(" ({}, {} after its start)", said(unit), span(up))
}

/// Who is awaited, and why.
pub(in crate::supervise) fn awaited(on: &[Awaited]) -> String {
    let names: Vec<String> = on.iter().map(ToString::to_string).collect();
    format!("waits for {}", names.join(", "))
}

/// What its probe said last.
pub(in crate::supervise) fn not_healthy(unit: &Unit) -> String {
    format!("is not healthy yet ({})", said(unit))
}

/// A start takes long: who is not there yet, and why.
pub(in crate::supervise) fn waiting(
    waits: &[(String, String)],
    so_far: Duration,
    look: Look,
) -> Option<String> {
    if waits.is_empty() {
        return None;
    }
    let mut text = look.dim(&format!("still starting after {}:", span(so_far)));
    for (name, why) in waits {
        let _ = write!(text, "\n  {}", look.dim(&format!("{name} {why}")));
    }
    Some(text)
}
