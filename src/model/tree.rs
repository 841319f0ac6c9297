//! Processes in the order of a tree: each behind its parent, those of a
//! service together, strays and suspects apart.

use super::process::{Filter, Kind, Process, Totals};
use std::collections::{BTreeMap, BTreeSet};

/// Orders processes and sums up what those below each use. `order` tells which
/// instance comes when; the others come by name. Sums are of everybody, also
/// of those that the filter then leaves out.
pub fn grow(processes: Vec<Process>, filter: &Filter, order: &[String]) -> Vec<Process> {
    let mut tree = Tree::of(processes, order);
    tree.sum();
    let below = filter.pid.map(|pid| tree.below(pid.raw()));
    let sorted = tree.sorted();
    let wanted = sorted
        .into_iter()
        .filter(|one| filter.wants(one))
        .filter(|one| below.as_ref().is_none_or(|below| below.contains(&one.pid.raw())));
    deepened(wanted.collect())
}

/// What these use together.
pub fn totals(processes: &[Process]) -> Totals {
    Totals {
        processes: processes.len(),
        cpu: processes.iter().map(|one| one.cpu).sum(),
        memory: processes.iter().map(|one| one.memory).sum(),
    }
}

struct Tree {
    nodes: BTreeMap<i32, Process>,
    children: BTreeMap<i32, Vec<i32>>,
    roots: Vec<i32>,
}

impl Tree {
    fn of(processes: Vec<Process>, order: &[String]) -> Self {
        let nodes: BTreeMap<i32, Process> =
            processes.into_iter().map(|one| (one.pid.raw(), one)).collect();
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        let mut roots = Vec::new();
        for (pid, one) in &nodes {
            if nodes.get(&one.parent).is_some_and(|parent| is_kin(parent, one)) {
                children.entry(one.parent).or_default().push(*pid);
            } else {
                roots.push(*pid);
            }
        }
        let place = |one: &Process| {
            let known = order.iter().position(|name| Some(name) == one.instance.as_ref());
            known.unwrap_or(order.len())
        };
        roots.sort_by_cached_key(|pid| {
            let one = &nodes[pid];
            (
                one.project.clone(),
                one.kind,
                place(one),
                name_of(one).clone(),
                !one.leader,
                one.start,
            )
        });
        for below in children.values_mut() {
            below.sort_by_key(|pid| nodes[pid].start);
        }
        Self { nodes, children, roots }
    }

    /// Children before parents, so that each sum is complete when it is added.
    fn sum(&mut self) {
        for pid in self.preorder().into_iter().rev() {
            let below = self.children.get(&pid).cloned().unwrap_or_default();
            let (mut cpu, mut memory) = (0.0, 0);
            for one in below.iter().filter_map(|child| self.nodes.get(child)) {
                cpu += one.cpu_tree;
                memory += one.memory_tree;
            }
            if let Some(one) = self.nodes.get_mut(&pid) {
                (one.cpu_tree, one.memory_tree) = (one.cpu + cpu, one.memory + memory);
            }
        }
    }

    fn preorder(&self) -> Vec<i32> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut open: Vec<i32> = self.roots.iter().rev().copied().collect();
        while let Some(pid) = open.pop() {
            order.push(pid);
            open.extend(self.children.get(&pid).into_iter().flatten().rev());
        }
        order
    }

    fn below(&self, pid: i32) -> BTreeSet<i32> {
        let mut below = BTreeSet::new();
        let mut open = vec![pid];
        while let Some(pid) = open.pop() {
            if below.insert(pid) {
                open.extend(self.children.get(&pid).into_iter().flatten());
            }
        }
        below
    }

    fn sorted(mut self) -> Vec<Process> {
        let order = self.preorder();
        order.into_iter().filter_map(|pid| self.nodes.remove(&pid)).collect()
    }
}

/// A stranger below one of ours is no part of its tree, and neither is a
/// service that another one's process started.
fn is_kin(parent: &Process, one: &Process) -> bool {
    parent.kind == one.kind && name_of(parent) == name_of(one)
}

/// Says how deep each stands among those that are left.
fn deepened(mut processes: Vec<Process>) -> Vec<Process> {
    let mut above: BTreeMap<i32, (usize, Kind, Option<String>)> = BTreeMap::new();
    for one in &mut processes {
        let parent = above.get(&one.parent);
        let kin = parent.filter(|(_, kind, name)| (*kind, name) == (one.kind, name_of(one)));
        one.depth = kin.map_or(0, |(depth, ..)| depth + 1);
        above.insert(one.pid.raw(), (one.depth, one.kind, name_of(one).clone()));
    }
    processes
}

/// What it belongs to.
fn name_of(one: &Process) -> &Option<String> {
    if one.job.is_some() { &one.job } else { &one.instance }
}

#[cfg(test)]
mod tests;
