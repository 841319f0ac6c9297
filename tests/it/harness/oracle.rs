//! Who is left, found without asking devsup: the puppets' own registry, and
//! the whole process table of the fence.

use super::Checkout;
use super::process::{Entry, Process, table};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A line of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub what: String,
    pub process: Process,
    pub role: String,
}

/// All that the puppets of a checkout have written, in order.
pub fn events(registry: &Path) -> Vec<Event> {
    let text = fs::read_to_string(registry).unwrap_or_default();
    text.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    let [what, pid, ticks, role] = line.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let process = Process { pid: pid.parse().ok()?, ticks: ticks.parse().ok()? };
    Some(Event { what: what.to_owned(), process, role: role.to_owned() })
}

/// Every process the puppets know of, that still runs.
pub fn puppets_alive(registry: &Path) -> BTreeSet<Process> {
    events(registry).into_iter().map(|event| event.process).filter(|one| one.lives()).collect()
}

/// Everything in the fence that was not there before the checkout's first
/// `up`, and is neither a bystander nor among `spared`.
pub fn strangers(checkout: &Checkout, spared: &[Process]) -> Vec<Entry> {
    table()
        .into_iter()
        .filter(|entry| !checkout.was_there_before(entry.process))
        .filter(|entry| !spared.contains(&entry.process))
        .filter(|entry| !checkout.bystanders_include(entry))
        .collect()
}

/// The table in words, for a test that fails.
pub fn show(entries: &[Entry]) -> String {
    let lines = entries.iter().map(ToString::to_string).collect::<Vec<_>>();
    format!("   pid parent  group session\n{}", lines.join("\n"))
}
