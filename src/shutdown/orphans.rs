//! Phase 3: the sweep. Whatever is ours and still there is frozen, then killed,
//! children before parents: killing a frozen parent first makes the kernel wake
//! the orphaned group by `SIGHUP` and `SIGCONT`. Bounded in time; what was
//! frozen and not killed is thawed on every way out.

use super::Emit;
use super::containers::{Errand, Torn};
use super::grip::{Grip, grip};
use super::judge::{Company, Role, instance_of};
use super::judge::{Whose, judge};
use super::scan::{self, Facts, Table};
use super::scope::Scope;
use super::tally::{Tally, spared};
use crate::docker::Outcome;
use crate::model::{Evidence, Pid, Progress, Signal, Spared};
use crate::os::process::{Handle, Identity, QueuedOrder, Sent, own_pid, wait_any};
use crate::os::supervisor::raise_open_files_limit;
use crate::os::table;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant};

/// How long all of it may take.
const SWEEP_TIME: Duration = Duration::from_secs(5);
/// How long those killed may take to be gone before we look again.
const DEATH_TIME: Duration = Duration::from_millis(500);
/// Most handles that are held at a time.
const MOST_HANDLES: usize = 256;
/// Passes that must add nothing, once something was found.
const QUIET_PASSES: usize = 2;

/// What phase 3 left: for phase 4.
#[derive(Debug)]
#[must_use]
pub struct Swept {
    tally: Tally,
}

impl Swept {
    /// Phase 4: the containers. Waits for their end; `hurried` is asked
    /// meanwhile whether somebody has lost patience.
    pub fn containers(self, errand: &Errand, hurried: &dyn Fn() -> bool, emit: Emit<'_>) -> Torn {
        Torn::by(self.tally, errand, hurried, emit)
    }

    /// Phase 4 where somebody with a runtime has done the errand already.
    pub fn containers_done(
        self,
        errand: &Errand,
        outcome: Option<Outcome>,
        emit: Emit<'_>,
    ) -> Torn {
        Torn::told(self.tally, errand, outcome, emit)
    }
}

pub(super) fn sweep(mut tally: Tally, scope: &Scope, emit: Emit<'_>) -> Swept {
    raise_open_files_limit();
    let mut sweep = Sweep::new(scope);
    if let Err(error) = sweep.run() {
        sweep.notes.push(format!("the process table could not be read: {error}"));
    }
    let (hits, notes) = (std::mem::take(&mut sweep.hits), std::mem::take(&mut sweep.notes));
    let suspects = std::mem::take(&mut sweep.suspects);
    drop(sweep);
    let found = hits
        .into_iter()
        .map(|hit| tally.count(&hit.facts, hit.evidence, hit.service, hit.command, 3).clone())
        .collect();
    suspects.into_values().for_each(|spared| tally.spare(spared));
    emit(Progress::Orphans { found });
    for note in notes {
        tally.say(note, emit);
    }
    Swept { tally }
}

/// A process that the sweep has taken hold of.
struct Caught {
    facts: Facts,
    evidence: Vec<Evidence>,
    service: Option<String>,
    /// Read while it could be: a killed one has none.
    command: String,
}

struct Sweep<'a> {
    scope: &'a Scope,
    us: i32,
    deadline: Instant,
    company: Company,
    /// Stopped and not yet killed.
    frozen: Vec<Caught>,
    /// Killed.
    hits: Vec<Caught>,
    /// Out of our reach; phase 5 says why.
    stuck: BTreeSet<Identity>,
    /// Guards that were told to kill what is theirs.
    told: BTreeSet<Identity>,
    /// Those that match a pattern and are left alone, by pid.
    suspects: BTreeMap<i32, Spared>,
    notes: Vec<String>,
}

impl<'a> Sweep<'a> {
    fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            us: own_pid().map_or(1, Pid::raw),
            deadline: Instant::now() + SWEEP_TIME,
            company: Company::default(),
            frozen: Vec::new(),
            hits: Vec::new(),
            stuck: BTreeSet::new(),
            told: BTreeSet::new(),
            suspects: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn run(&mut self) -> io::Result<()> {
        // Before anything is frozen it must be known what is above us.
        self.company = Company::of(&scan::ancestors(self.us, self.scope), self.scope, self.us);
        let mut quiet = 0;
        loop {
            let (table, fresh) = self.look()?;
            quiet = if fresh { 0 } else { quiet + 1 };
            let late = Instant::now() >= self.deadline;
            if quiet < self.passes_needed() && !late {
                continue;
            }
            if !self.frozen.is_empty() {
                self.kill(&table);
            } else if !self.end_guards(&table) {
                return Ok(());
            }
            if late {
                self.notes.push("the sweep was not over after 5 s".to_owned());
                return Ok(());
            }
            quiet = 0;
        }
    }

    /// Where nothing was ever found, one pass with its chase has seen all that
    /// could have had children.
    fn passes_needed(&self) -> usize {
        let found = !self.frozen.is_empty() || !self.hits.is_empty() || !self.told.is_empty();
        if found { QUIET_PASSES } else { 1 }
    }

    /// One pass; whether it added something. What speaks for itself is frozen
    /// the moment it is seen, the rest once the whole table is known.
    fn look(&mut self) -> io::Result<(Table, bool)> {
        let company = std::mem::take(&mut self.company).without_relations();
        let (scope, deadline) = (self.scope, self.deadline);
        let mut fresh = false;
        // What is below somebody who is kept can't be told at first sight.
        let at_sight = !scope.rules.keeps_anything();
        let table = scan::pass(scope, deadline, &mut |facts| {
            fresh |= at_sight && self.freeze(facts, &company);
        })?;
        let company = Company::of(&table, scope, self.us);
        for facts in table.iter() {
            fresh |= self.freeze(facts, &company);
        }
        self.note_suspects(&table, &company);
        if table.unseen > 0 {
            let words = format!("{} processes could not be looked at", table.unseen);
            self.notes.retain(|note| !note.ends_with("could not be looked at"));
            self.notes.push(words);
        }
        self.company = company;
        Ok((table, fresh))
    }

    /// Notes who matches a pattern and is left alone. One that was an orphan a
    /// moment ago, when its parent had not been killed yet, is none any more.
    fn note_suspects(&mut self, table: &Table, company: &Company) {
        let spared = table.iter().filter_map(|facts| {
            let spared = spared(facts, judge(facts, company, self.scope))?;
            Some((facts.pid().raw(), spared))
        });
        self.suspects = spared.collect();
    }

    /// Freezes a process if it is ours, and tells a guard to do its work;
    /// whether that was new.
    fn freeze(&mut self, facts: &Facts, company: &Company) -> bool {
        let is_ours = matches!(judge(facts, company, self.scope), Whose::Ours { .. });
        if !is_ours || !facts.alive || self.is_known(facts) {
            return false;
        }
        let grip = match grip(&facts.identity, company, self.scope) {
            Ok(Some(grip)) => grip,
            Ok(None) => return false,
            Err(error) => {
                self.notes.push(format!("no handle on pid {}: {error}", facts.pid()));
                self.stuck.insert(bare(&facts.identity));
                return false;
            }
        };
        match grip.role {
            Role::Guard => self.tell(&grip),
            Role::Member => self.stop(grip, company),
        }
    }

    fn tell(&mut self, guard: &Grip) -> bool {
        let told = guard.handle.order(QueuedOrder::Kill);
        self.told.insert(bare(guard.handle.identity()));
        matches!(told, Ok(Sent::Delivered))
    }

    fn stop(&mut self, grip: Grip, company: &Company) -> bool {
        match grip.handle.signal(Signal::Stop) {
            Ok(Sent::Delivered) => {
                let service = instance_of(&grip.facts, company, self.scope);
                let Grip { facts, evidence, .. } = grip;
                let command = table::command(facts.pid(), &facts.stat.name);
                self.frozen.push(Caught { facts, evidence, service, command });
                true
            }
            Ok(Sent::Gone) => false,
            Err(_) => {
                self.stuck.insert(bare(grip.handle.identity()));
                false
            }
        }
    }

    fn is_known(&self, facts: &Facts) -> bool {
        let identity = bare(&facts.identity);
        self.stuck.contains(&identity)
            || self.told.contains(&identity)
            || self.frozen.iter().any(|one| bare(&one.facts.identity) == identity)
    }

    /// Kills what is frozen, the deepest first, and waits until it is gone.
    fn kill(&mut self, table: &Table) {
        let mut frozen = std::mem::take(&mut self.frozen);
        frozen.sort_by_key(|one| std::cmp::Reverse(table.depth(one.facts.pid().raw())));
        let mut dying = Vec::new();
        for caught in frozen {
            match self.kill_one(&caught) {
                Ok(Some(handle)) => dying.push(handle),
                // Gone, or by now somebody whom we may not hit: that one goes on.
                Ok(None) if lives(&caught) => {
                    thaw(&caught);
                    continue;
                }
                Ok(None) => {}
                Err(_) => {
                    thaw(&caught);
                    self.stuck.insert(bare(&caught.facts.identity));
                    continue;
                }
            }
            self.hits.push(caught);
            if dying.len() >= MOST_HANDLES {
                dying.remove(0);
            }
        }
        for handle in wait_for(dying, Instant::now() + DEATH_TIME) {
            self.stuck.insert(bare(handle.identity()));
        }
    }

    /// `None`: it was gone before.
    fn kill_one(&self, caught: &Caught) -> io::Result<Option<Handle>> {
        let held = grip(&caught.facts.identity, &self.company, self.scope)?;
        let Some(Grip { handle, .. }) = held else {
            return Ok(None);
        };
        Ok((handle.signal(Signal::Kill)? == Sent::Delivered).then_some(handle))
    }

    /// Guards end by themselves once their trees are empty. One that does not,
    /// with nothing left below it, is killed last. Whether there were any.
    fn end_guards(&mut self, table: &Table) -> bool {
        let left: Vec<&Facts> = table
            .iter()
            .filter(|facts| facts.alive && self.told.contains(&bare(&facts.identity)))
            .filter(|facts| !self.stuck.contains(&bare(&facts.identity)))
            .collect();
        let open = |facts: &&Facts| grip(&facts.identity, &self.company, self.scope).ok()?;
        let handles: Vec<Handle> = left.iter().filter_map(open).map(|grip| grip.handle).collect();
        let slow = wait_for(handles, Instant::now() + DEATH_TIME);
        let empty = |handle: &Handle| !table.has_living_child(handle.pid().raw());
        let (idle, busy): (Vec<Handle>, Vec<Handle>) = slow.into_iter().partition(empty);
        let killed =
            idle.into_iter().filter(|handle| handle.signal(Signal::Kill).is_ok()).collect();
        for handle in wait_for(killed, Instant::now() + DEATH_TIME).iter().chain(&busy) {
            self.stuck.insert(bare(handle.identity()));
        }
        !left.is_empty()
    }
}

impl Drop for Sweep<'_> {
    fn drop(&mut self) {
        self.frozen.iter().for_each(thaw);
    }
}

fn lives(caught: &Caught) -> bool {
    Handle::open(&caught.facts.identity).is_ok_and(|held| held.is_some())
}

/// Lets a frozen process go on. It is only ever sent to the very process that
/// we stopped.
fn thaw(caught: &Caught) {
    if let Ok(Some(handle)) = Handle::open(&caught.facts.identity) {
        // Gone or out of reach: then there is nothing to thaw.
        let _best = handle.signal(Signal::Cont);
    }
}

/// Waits until all of these have ended, at most until `deadline`; returns
/// those that have not.
pub(super) fn wait_for(mut handles: Vec<Handle>, deadline: Instant) -> Vec<Handle> {
    while !handles.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        let refs: Vec<&Handle> = handles.iter().collect();
        let Ok(ended) = wait_any(&refs, Some(left)) else {
            break;
        };
        let mut at = 0;
        handles.retain(|_| {
            at += 1;
            !ended.contains(&(at - 1))
        });
        if left.is_zero() {
            break;
        }
    }
    handles
}

/// The identity as every scan reads it: without the inode, which only a handle
/// knows.
fn bare(identity: &Identity) -> Identity {
    Identity { inode: None, ..*identity }
}

#[cfg(test)]
mod tests;
