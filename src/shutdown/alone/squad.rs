//! The processes of one instance, as far as they can be found from outside.

use super::News;
use crate::ledger::Book;
use crate::model::{InstanceName, ServiceName, Signal};
use crate::os::process::{Handle, Identity, QueuedOrder};
use crate::shutdown::graceful::{Act, Unit};
use crate::shutdown::grip::grip;
use crate::shutdown::judge::{Company, Role, Whose, instance_of, judge};
use crate::shutdown::scan::{Facts, Table};
use crate::shutdown::scope::Scope;
use std::collections::BTreeMap;
use std::time::Duration;

/// Patience with an instance of which no ledger says how much it wants.
const GRACE: Duration = Duration::from_secs(3);

/// One instance that runs.
#[derive(Debug)]
pub(super) struct Squad {
    pub(super) unit: Unit,
    tree: Tree,
}

/// By what an instance is held.
#[derive(Debug)]
enum Tree {
    /// By its guard; the leader's handle is there until it was seen to end.
    Guarded { guard: Handle, leader: Option<Handle> },
    /// By nobody: these are its processes, the deepest first.
    Loose(Vec<Handle>),
    /// Nothing is left.
    Gone,
}

/// Sorts all that is ours by instance. What does not say which instance it
/// belongs to is in none.
pub(super) fn muster(
    table: &Table,
    company: &Company,
    scope: &Scope,
    book: Option<&Book>,
) -> Vec<Squad> {
    let mut found: BTreeMap<InstanceName, (Option<&Facts>, Vec<&Facts>)> = BTreeMap::new();
    for facts in table.iter().filter(|facts| facts.alive) {
        let Whose::Ours { role, .. } = judge(facts, company, scope) else {
            continue;
        };
        let label = instance_of(facts, company, scope);
        let Some(instance) = label.and_then(|label| instance_named(&label)) else {
            continue;
        };
        let (guard, members) = found.entry(instance).or_default();
        match role {
            Role::Guard => *guard = Some(facts),
            Role::Member => members.push(facts),
        }
    }
    let squads = found.into_iter().enumerate();
    squads
        .filter_map(|(id, (instance, (guard, members)))| {
            squad(id, instance, guard, members, table, book)
        })
        .collect()
}

fn instance_named(label: &str) -> Option<InstanceName> {
    ServiceName::new(label).ok().map(|name| InstanceName::new(&name, 1, 1))
}

fn squad(
    id: usize,
    instance: InstanceName,
    guard: Option<&Facts>,
    mut members: Vec<&Facts>,
    table: &Table,
    book: Option<&Book>,
) -> Option<Squad> {
    let open = |identity: &Identity| Handle::open(identity).ok().flatten();
    let entry = book.and_then(|book| book.entries.iter().find(|one| one.instance == instance));
    members.sort_by_key(|facts| std::cmp::Reverse(table.depth(facts.pid().raw())));
    let first = members.last().or(guard.as_ref()).map(|facts| facts.identity)?;
    let leader = entry.map_or(first, |entry| entry.leader);
    let tree = match guard.and_then(|facts| open(&facts.identity)) {
        Some(guard) => Tree::Guarded { guard, leader: open(&leader) },
        None => Tree::Loose(members.iter().filter_map(|facts| open(&facts.identity)).collect()),
    };
    if Squad::held(&tree).is_empty() {
        // All of it has ended since it was seen.
        return None;
    }
    let unit = Unit {
        id,
        instance,
        level: entry.map_or(0, |entry| entry.level),
        grace: entry.map_or(GRACE, |entry| entry.grace),
        signal: entry.map_or(Signal::Term, |entry| entry.signal),
        // There is no forker that could start one.
        command: None,
        pid: leader.pid,
    };
    Some(Squad { unit, tree })
}

impl Squad {
    /// Everything whose end is news.
    pub(super) fn handles(&self) -> Vec<&Handle> {
        Self::held(&self.tree)
    }

    fn held(tree: &Tree) -> Vec<&Handle> {
        match tree {
            Tree::Guarded { guard, leader } => std::iter::once(guard).chain(leader).collect(),
            Tree::Loose(members) => members.iter().collect(),
            Tree::Gone => Vec::new(),
        }
    }

    /// What happened since it was last asked.
    pub(super) fn news(&mut self) -> Option<News> {
        let ended = |handle: &Handle| handle.has_ended().unwrap_or(true);
        match &mut self.tree {
            Tree::Guarded { guard, .. } if ended(guard) => {}
            Tree::Guarded { leader, .. } => {
                let gone = leader.take_if(|leader| ended(leader));
                return gone.map(|_| News::LeaderEnded(self.unit.id));
            }
            Tree::Loose(members) => {
                members.retain(|member| !ended(member));
                if !members.is_empty() {
                    return None;
                }
            }
            Tree::Gone => return None,
        }
        self.tree = Tree::Gone;
        Some(News::Ended(self.unit.id))
    }

    /// Does what phase 1 or 2 says. Somebody out of reach is phase 5's to name.
    pub(super) fn act(&mut self, act: Act, company: &Company, scope: &Scope) {
        match &self.tree {
            Tree::Guarded { guard, .. } => {
                let order = match act {
                    Act::Ask(_) => QueuedOrder::Ask,
                    Act::AskTree(_) => QueuedOrder::AskTree,
                    Act::Kill(_) => QueuedOrder::Kill,
                };
                if let Ok(Some(held)) = grip(guard.identity(), company, scope) {
                    let _best = held.handle.order(order);
                }
            }
            Tree::Loose(members) => {
                let signals: &[Signal] = match act {
                    Act::Ask(_) => &[self.unit.signal, Signal::Cont],
                    Act::AskTree(_) => &[Signal::Term, Signal::Cont],
                    Act::Kill(_) => &[Signal::Stop, Signal::Kill],
                };
                for signal in signals {
                    send_all(members, *signal, company, scope);
                }
            }
            Tree::Gone => {}
        }
    }
}

fn send_all(members: &[Handle], signal: Signal, company: &Company, scope: &Scope) {
    for member in members {
        if let Ok(Some(held)) = grip(member.identity(), company, scope) {
            let _best = held.handle.signal(signal);
        }
    }
}
