//! The one place that says whose a process is, and why. Pure: it knows only
//! what the scan read, so that every rule can be tested with a table.
//!
//! Every kind of evidence here is enough alone. What a process is called, what
//! it runs, where it runs and which port it holds is none: editors, shells and
//! other people's servers share all of it with ours. The one exception stands
//! in [`patterns`].

mod patterns;

pub use self::patterns::Doubt;
use self::patterns::Standing;
use super::scan::{Facts, Table};
use super::scope::{Known, Scope};
use crate::model::{Evidence, Fate, Pid, RunId};
use crate::os::process::own_pid;
use std::collections::{BTreeMap, BTreeSet};

/// What guards are called in the process table.
pub const GUARD_NAME: &str = "devsup-guard";

/// Whose a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Ours, for these reasons.
    Ours {
        /// Why, strongest first; never empty.
        evidence: Vec<Evidence>,
        /// What it is to us.
        role: Role,
    },
    /// Ours by these reasons, yet it must not be signalled.
    Spared {
        /// Why it would be ours.
        evidence: Vec<Evidence>,
        /// Why it is left alone.
        mercy: Mercy,
    },
    /// Its command line matches a pattern, and more than that is needed.
    Suspect {
        /// What speaks for its being ours.
        evidence: Vec<Evidence>,
        /// Why that is not enough.
        doubt: Doubt,
    },
    /// Not ours, as far as we can tell.
    Nobodys,
}

/// Why a process that would be ours is not signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mercy {
    /// We run below it, or are it, and no guard could finish the job.
    AboveUs,
    /// We run below its guard, which ends it after us.
    HandedOver,
    /// `shutdown.keep` names it, or what it descends from.
    Kept,
}

impl Mercy {
    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AboveUs => "this command runs inside it",
            Self::HandedOver => "this command runs beside it; its guard ends it afterwards",
            Self::Kept => "`shutdown.keep` names it, or what started it",
        }
    }

    /// What is said to have become of it.
    pub fn fate(self) -> Fate {
        match self {
            Self::AboveUs => Fate::Spared,
            Self::HandedOver => Fate::HandedOver,
            Self::Kept => Fate::Kept,
        }
    }
}

/// What a process of ours is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A service, or something that came of one.
    Member,
    /// A guard (or the forker, the parent of them all). It is the proof that its
    /// tree is empty and ends by itself then, so it goes last.
    Guard,
}

/// What can be said of a process only by looking at the others.
#[derive(Debug, Clone, Default)]
pub struct Company {
    /// We and all above us.
    above_us: BTreeSet<i32>,
    /// Everything below a guard: the guard's pid, by pid.
    below: BTreeMap<i32, i32>,
    /// Recorded sessions that are still ours, with their leader's start.
    sessions: BTreeMap<i32, u64>,
    /// Recorded groups that are still ours, with their leader's start.
    groups: BTreeMap<i32, u64>,
    /// Runs of the project that only their processes told of.
    learned: Vec<RunId>,
    /// The instance that some member of a session names, by session: the
    /// others may be unable to say.
    labels: BTreeMap<i32, String>,
    /// What is to be left alive, with all below.
    kept: BTreeSet<i32>,
    /// Who stands above those that match a pattern, by pid.
    standing: BTreeMap<i32, Standing>,
}

impl Company {
    /// Reads the relations out of a table. `us` is our own pid.
    pub fn of(table: &Table, scope: &Scope, us: i32) -> Self {
        let mut company = Self {
            above_us: above(table, us),
            learned: learn(table, scope),
            labels: labels(table),
            kept: kept(table),
            ..Self::default()
        };
        company.below = Self::below_guards(table, scope);
        company.look_at_suspects(table, scope);
        let standing = |group: fn(&Facts) -> i32| {
            let is_ours = |known: &&Known| company.still_means(known, group, table, scope);
            let alive = scope.known.iter().filter(is_ours);
            alive.map(|known| (known.leader.pid.raw(), known.leader.start)).collect()
        };
        let (sessions, groups) =
            (standing(|facts| facts.stat.session), standing(|facts| facts.stat.group));
        Self { sessions, groups, ..company }
    }

    /// The relations around ourselves.
    pub fn around_us(table: &Table, scope: &Scope) -> Self {
        Self::of(table, scope, own_pid().map_or(1, Pid::raw))
    }

    /// Whether a recorded session or group is still the recorded one: its
    /// leader is there (if only as a zombie that pins the number), or a member
    /// is ours by other evidence.
    fn still_means(
        &self,
        known: &Known,
        group: fn(&Facts) -> i32,
        table: &Table,
        scope: &Scope,
    ) -> bool {
        let number = known.leader.pid.raw();
        let pinned = table.get(number).is_some_and(|it| known.leader.matches(&it.identity));
        pinned
            || table.iter().any(|facts| {
                group(facts) == number
                    && facts.identity.start >= known.leader.start
                    && !self.own_evidence(facts, scope).is_empty()
            })
    }

    /// Finds out who stands above those that match a pattern. What is part of
    /// the job of one that is ours goes with it.
    fn look_at_suspects(&mut self, table: &Table, scope: &Scope) {
        for facts in table.iter().filter(|facts| facts.is_suspect()) {
            self.standing.insert(facts.pid().raw(), patterns::standing(facts, table));
        }
        let is_ours = |company: &Self, pid: i32| {
            let judged = table.get(pid).map(|facts| patterns::judge(facts, company, scope));
            matches!(judged, Some(Whose::Ours { .. }))
        };
        let mut jobs = table.jobs();
        jobs.retain(|_, first| is_ours(self, *first));
        for facts in jobs.into_keys().filter_map(|pid| table.get(pid)) {
            let parent = facts.stat.parent;
            self.standing.insert(facts.pid().raw(), Standing::Job { parent });
        }
    }

    fn below_guards(table: &Table, scope: &Scope) -> BTreeMap<i32, i32> {
        let children = table.children();
        let mut below = BTreeMap::new();
        for guard in table.iter().filter(|facts| Self::is_guard(facts, scope)) {
            let guard = guard.pid().raw();
            let mut open = children.get(&guard).cloned().unwrap_or_default();
            while let Some(pid) = open.pop() {
                if below.insert(pid, guard).is_none() {
                    open.extend(children.get(&pid).into_iter().flatten());
                }
            }
        }
        below
    }

    /// A guard is one that the ledger names, or one that holds a lock file of
    /// ours and is called like one. It wears no marker of ours; a service that
    /// takes its name does.
    fn is_guard(facts: &Facts, scope: &Scope) -> bool {
        let recorded = scope.known.iter().any(|known| known.guard.matches(&facts.identity));
        let marked = facts.marker.is_some_and(|marker| scope.wants_marker(marker));
        recorded || (!facts.locks.is_empty() && !marked && facts.stat.name == GUARD_NAME)
    }

    /// What speaks for a process being ours without looking at any other.
    fn own_evidence(&self, facts: &Facts, scope: &Scope) -> Vec<Evidence> {
        let recorded = is_forker(facts, scope)
            || scope.known.iter().any(|known| {
                known.leader.matches(&facts.identity) || known.guard.matches(&facts.identity)
            });
        let marked = facts.marker.is_some_and(|marker| scope.wants_marker(marker));
        let named = scope.wants_chain(&facts.chain, &self.learned);
        let found = [
            (recorded, Evidence::Ledger),
            (marked, Evidence::Rlimit),
            (named, Evidence::Environment),
            (!facts.locks.is_empty(), Evidence::Lock),
        ];
        found.into_iter().filter_map(|(holds, evidence)| holds.then_some(evidence)).collect()
    }

    fn evidence(&self, facts: &Facts, scope: &Scope) -> Vec<Evidence> {
        let since = |standing: &BTreeMap<i32, u64>, number: i32| {
            // A number can be older than the run; its bearer then is not ours.
            standing.get(&number).is_some_and(|start| facts.identity.start >= *start)
        };
        let mut evidence = self.own_evidence(facts, scope);
        let relations = [
            (self.below.contains_key(&facts.pid().raw()), Evidence::Guard),
            (since(&self.sessions, facts.stat.session), Evidence::Session),
            (since(&self.groups, facts.stat.group), Evidence::Group),
        ];
        evidence.extend(relations.into_iter().filter_map(|(holds, kind)| holds.then_some(kind)));
        evidence.sort_unstable();
        evidence
    }

    /// The guard above a process, by pid.
    pub fn guard_of(&self, facts: &Facts) -> Option<i32> {
        self.below.get(&facts.pid().raw()).copied()
    }

    /// The guard that we run below, if we do.
    pub fn our_guard(&self) -> Option<i32> {
        self.above_us.iter().find_map(|pid| self.below.get(pid)).copied()
    }

    /// Whether it is the guard that we run below, or below it like us.
    pub fn is_with_us(&self, facts: &Facts) -> bool {
        let ours = self.our_guard();
        ours.is_some() && (ours == Some(facts.pid().raw()) || ours == self.guard_of(facts))
    }

    /// What is known without the others: safe to use on a process that was
    /// born after the table was read.
    #[must_use]
    pub fn without_relations(self) -> Self {
        let Self { above_us, learned, labels, .. } = self;
        Self { above_us, learned, labels, ..Self::default() }
    }

    /// Whether it is part of the job of a process that matches a pattern.
    pub fn is_in_job(&self, facts: &Facts) -> bool {
        matches!(self.standing.get(&facts.pid().raw()), Some(Standing::Job { .. }))
    }

    /// Whether it is to be left alive.
    fn is_kept(&self, facts: &Facts) -> bool {
        facts.kept || self.kept.contains(&facts.pid().raw())
    }

    /// Whether we run below this process, or are it.
    pub fn is_above_us(&self, facts: &Facts) -> bool {
        self.above_us.contains(&facts.pid().raw())
    }
}

/// Says whose a process is. Nothing that was not born of a run of this scope is
/// ever `Ours`, and neither are we, nor anything above us.
pub fn judge(facts: &Facts, company: &Company, scope: &Scope) -> Whose {
    let evidence = company.evidence(facts, scope);
    if evidence.is_empty() {
        return patterns::judge(facts, company, scope);
    }
    if company.is_with_us(facts) {
        return Whose::Spared { evidence, mercy: Mercy::HandedOver };
    }
    if company.is_above_us(facts) {
        return Whose::Spared { evidence, mercy: Mercy::AboveUs };
    }
    if company.is_kept(facts) {
        return Whose::Spared { evidence, mercy: Mercy::Kept };
    }
    let is_guard = Company::is_guard(facts, scope) || is_forker(facts, scope);
    let role = if is_guard { Role::Guard } else { Role::Member };
    Whose::Ours { evidence, role }
}

fn is_forker(facts: &Facts, scope: &Scope) -> bool {
    scope.forker.is_some_and(|forker| forker.matches(&facts.identity))
}

/// Which instance a process belongs to, as far as that can be told.
pub fn instance_of(facts: &Facts, company: &Company, scope: &Scope) -> Option<String> {
    let recorded = scope.known.iter().find(|known| {
        let guard = company.guard_of(facts);
        known.leader.matches(&facts.identity)
            || known.guard.matches(&facts.identity)
            || guard == Some(known.guard.pid.raw())
            || facts.stat.session == known.leader.pid.raw()
    });
    let by_lock = || facts.locks.first().and_then(|at| scope.locks.get(*at));
    recorded
        .map(|known| known.instance.to_string())
        .or_else(|| by_lock().map(|lock| lock.instance.to_string()))
        .or_else(|| facts.instance.clone().filter(|name| is_printable(name)))
        .or_else(|| company.labels.get(&facts.stat.session).cloned())
}

fn labels(table: &Table) -> BTreeMap<i32, String> {
    let label = |facts: &Facts| {
        let name = facts.instance.clone().filter(|name| is_printable(name))?;
        // A run's own processes say both; anybody else's variable says nothing.
        (!facts.chain.is_empty()).then_some((facts.stat.session, name))
    };
    table.iter().filter_map(label).collect()
}

fn is_printable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 120 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Everything that is to be left alive, with all that is below.
fn kept(table: &Table) -> BTreeSet<i32> {
    let mut open: Vec<i32> =
        table.iter().filter(|facts| facts.kept).map(|facts| facts.pid().raw()).collect();
    let mut kept = BTreeSet::new();
    if open.is_empty() {
        return kept;
    }
    let children = table.children();
    while let Some(pid) = open.pop() {
        if kept.insert(pid) {
            open.extend(children.get(&pid).into_iter().flatten());
        }
    }
    kept
}

/// Our own pid and those of all our ancestors.
fn above(table: &Table, us: i32) -> BTreeSet<i32> {
    let mut above = BTreeSet::new();
    let mut next = us;
    while next > 0 && above.insert(next) {
        next = table.get(next).map_or(0, |facts| facts.stat.parent);
    }
    above
}

/// Runs that no ledger knows: a process that wears the project's marker names
/// its run in its environment, and others of that run may have nothing else.
fn learn(table: &Table, scope: &Scope) -> Vec<RunId> {
    let mut learned: Vec<RunId> = Vec::new();
    for facts in table.iter() {
        let Some(marker) = facts.marker.filter(|marker| scope.wants_marker(*marker)) else {
            continue;
        };
        let of_marker = facts.chain.iter().filter(|run| marker.is_of(**run));
        learned.extend(of_marker);
    }
    learned.sort_unstable_by_key(|run| run.bits());
    learned.dedup();
    learned
}

#[cfg(test)]
mod tests;
