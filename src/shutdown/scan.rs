//! One look at the whole process table, with birth chase: a process that is
//! born while we look has a pid between the last one before and the last one
//! after, so those are looked at until the last pid stands still.
//!
//! Reads and does not judge.

use super::scope::{Known, Scope};
use super::weak::{self, Weak};
use crate::ledger::LockFile;
use crate::model::{Pid, RunId};
use crate::os::cgroup;
use crate::os::lock::LockId;
use crate::os::marker::Marker;
use crate::os::process::{Handle, Identity};
use crate::os::table::{self, Stat};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

/// Lowest pid that is given out again after the highest.
const FIRST_AGAIN: i32 = 2;

/// How often we climb from a process to those above it before it is taken for
/// one that is kept.
const CLIMBS: usize = 100;

/// How often, and after which pause, a process that waits in the kernel is
/// looked at again before its environment is given up.
const KERNEL_WAITS: usize = 3;
const KERNEL_WAIT: Duration = Duration::from_micros(500);

/// What was read of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who it is. The inode is there only where it was read under a handle.
    pub identity: Identity,
    /// What `stat` says.
    pub stat: Stat,
    /// Whether anything of it can still run.
    pub alive: bool,
    /// The marker it wears.
    pub marker: Option<Marker>,
    /// The runs that its environment names, outermost first.
    pub chain: Vec<RunId>,
    /// The instance that its environment names.
    pub instance: Option<String>,
    /// Whether it is in a cgroup of a run that is meant.
    pub grouped: bool,
    /// Which of the scope's lock files it holds open, by index.
    pub locks: Vec<usize>,
    /// What speaks weakly for it, if anything does.
    pub weak: Option<Weak>,
    /// Whether `shutdown.keep` names what it executes.
    pub kept: bool,
}

impl Facts {
    /// Its pid.
    pub fn pid(&self) -> Pid {
        self.identity.pid
    }

    /// Whether its command line matches a pattern.
    pub fn is_suspect(&self) -> bool {
        self.weak.as_ref().is_some_and(|weak| weak.pattern.is_some())
    }
}

/// What one pass over the process table read.
#[derive(Debug, Default)]
pub struct Table {
    processes: BTreeMap<i32, Facts>,
    /// The chase was given up because the time was over: something may have
    /// been born unseen.
    pub cut: bool,
    /// Processes that could not be looked at for lack of descriptors.
    pub unseen: usize,
}

impl Table {
    /// A table of these; for the judge's tests.
    pub fn of(processes: impl IntoIterator<Item = Facts>) -> Self {
        let mut table = Self::default();
        for facts in processes {
            table.add(facts);
        }
        table
    }

    /// Whether everything there was has been looked at.
    pub fn is_whole(&self) -> bool {
        !self.processes.is_empty() && !self.cut && self.unseen == 0
    }

    /// Everything that was read, by pid.
    pub fn iter(&self) -> impl Iterator<Item = &Facts> {
        self.processes.values()
    }

    /// The process of that number, if it was seen.
    pub fn get(&self, pid: i32) -> Option<&Facts> {
        self.processes.get(&pid)
    }

    /// How many processes stand above this one.
    pub fn depth(&self, pid: i32) -> usize {
        // A table read while it changes can hold a circle.
        let parent = |pid: &i32| self.get(*pid).map(|facts| facts.stat.parent);
        std::iter::successors(Some(pid), parent).take(self.processes.len() + 1).count()
    }

    /// Whether something below it, at the first level, can still run.
    pub fn has_living_child(&self, pid: i32) -> bool {
        self.iter().any(|facts| facts.stat.parent == pid && facts.alive)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// Everything below a process that matches a pattern, in its process group:
    /// the matching one's pid, by pid.
    pub fn jobs(&self) -> BTreeMap<i32, i32> {
        let mut jobs = BTreeMap::new();
        if !self.iter().any(Facts::is_suspect) {
            return jobs;
        }
        let children = self.children();
        for first in self.iter().filter(|facts| facts.is_suspect()) {
            let (group, first) = (first.stat.group, first.pid().raw());
            let mut open = children.get(&first).cloned().unwrap_or_default();
            while let Some(pid) = open.pop() {
                let same = self.get(pid).is_some_and(|facts| facts.stat.group == group);
                if same && jobs.insert(pid, first).is_none() {
                    open.extend(children.get(&pid).into_iter().flatten());
                }
            }
        }
        jobs
    }

    /// The children of each, by the parent's pid.
    pub fn children(&self) -> BTreeMap<i32, Vec<i32>> {
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for facts in self.iter() {
            children.entry(facts.stat.parent).or_default().push(facts.pid().raw());
        }
        children
    }

    fn add(&mut self, facts: Facts) {
        self.processes.insert(facts.pid().raw(), facts);
    }
}

/// Looks at every process there is, and at all that are born meanwhile. `found`
/// is shown each one at once, so that it can be frozen before it goes on.
pub fn pass(scope: &Scope, deadline: Instant, found: &mut dyn FnMut(&Facts)) -> io::Result<Table> {
    let mut table = Table::default();
    let mut see = |pid: Pid, table: &mut Table| match look(pid, scope) {
        Ok(Some(facts)) => {
            found(&facts);
            table.add(facts);
        }
        Ok(None) => {}
        // `/proc` hides it from us; see `hidden`.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(_) => table.unseen += 1,
    };
    let mut from = table::last_pid()?;
    for pid in table::pids()? {
        see(pid, &mut table);
    }
    let highest = table::pid_max();
    loop {
        let to = table::last_pid()?;
        if to == from {
            break;
        }
        if Instant::now() >= deadline {
            table.cut = true;
            break;
        }
        for pid in born_between(from, to, highest) {
            see(pid, &mut table);
        }
        from = to;
    }
    look_at_jobs(&mut table, scope);
    Ok(table)
}

/// Looks at the jobs of those who match a pattern: what is below them and in
/// their process group would have had the same Ctrl-C.
fn look_at_jobs(table: &mut Table, scope: &Scope) {
    for pid in table.jobs().keys() {
        let Some(facts) = table.processes.get_mut(pid) else { continue };
        if facts.alive && facts.weak.is_none() {
            facts.weak = weak::look_anyway(facts.identity.pid, &scope.rules, &scope.root);
        }
    }
}

/// Whether anything wears a marker that is meant, or matches a pattern; asked
/// where nothing else could tell, and cheaper than a whole pass. A machine that
/// can't be looked at, or where somebody is born faster than we look, may have
/// some.
pub fn is_anything_there(scope: &Scope, deadline: Instant) -> bool {
    let bytes = RefCell::new(Vec::with_capacity(16 << 10));
    let matches = |pid: Pid| {
        scope.rules.has_patterns()
            && table::arguments(pid, &mut bytes.borrow_mut())
                .is_ok_and(|arguments| scope.rules.pattern_of(&arguments).is_some())
    };
    let worn = |pid: Pid| {
        Marker::of_process(pid).is_some_and(|marker| scope.wants_marker(marker)) || matches(pid)
    };
    let (Ok(mut from), Ok(pids)) = (table::last_pid(), table::pids()) else { return true };
    if pids.into_iter().any(worn) {
        return true;
    }
    let highest = table::pid_max();
    while let Ok(to) = table::last_pid() {
        if to == from {
            return false;
        }
        if Instant::now() >= deadline || born_between(from, to, highest).any(worn) {
            return true;
        }
        from = to;
    }
    true
}

/// A table of one process and all above it.
pub fn ancestors(pid: i32, scope: &Scope) -> Table {
    let mut table = Table::default();
    let mut next = Pid::new(pid);
    while let Some(pid) = next {
        let Ok(Some(facts)) = look(pid, scope) else {
            break;
        };
        next = Pid::new(facts.stat.parent).filter(|parent| table.get(parent.raw()).is_none());
        table.add(facts);
    }
    table
}

/// Every number given out after `from` up to `to`, over the wrap at `highest`.
fn born_between(from: i32, to: i32, highest: i32) -> impl Iterator<Item = Pid> {
    let (first, again) = if from <= to {
        (from + 1..to + 1, 0..0)
    } else {
        (from + 1..highest + 1, FIRST_AGAIN..to + 1)
    };
    first.chain(again).filter_map(Pid::new)
}

/// Reads one process; `None` if it is gone, a thread, or the kernel's. An error
/// only where we could not look at all.
pub fn look(pid: Pid, scope: &Scope) -> io::Result<Option<Facts>> {
    let Some(stat) = table::stat(pid)? else {
        return Ok(None);
    };
    if stat.kernel {
        return Ok(None);
    }
    let mut facts = Facts {
        identity: Identity { pid, start: stat.start, inode: None },
        alive: table::can_run(pid, &stat),
        marker: Marker::of_process(pid),
        chain: Vec::new(),
        instance: None,
        grouped: false,
        locks: Vec::new(),
        weak: None,
        kept: false,
        stat,
    };
    let may_be_of_us = scope.since.is_none_or(|since| facts.identity.start >= since);
    if may_be_of_us {
        read_environment(&mut facts);
    }
    if facts.alive {
        read_rules(&mut facts, scope);
    }
    if !is_told(&facts, scope) {
        facts.grouped = scope.cgroup.is_some() && is_grouped(pid, scope);
        if may_be_of_us && facts.alive && !scope.locks.is_empty() {
            facts.locks = held_locks(pid, scope);
        }
    }
    complete(facts, scope)
}

fn is_grouped(pid: Pid, scope: &Scope) -> bool {
    cgroup::runs_of(pid).into_iter().any(|marker| scope.wants_marker(marker))
}

/// Looking through descriptors and groups costs most of a look. One whose marker
/// says that it is ours, and whose environment says of what, needs no more to be
/// ours.
fn is_told(facts: &Facts, scope: &Scope) -> bool {
    let marked = facts.marker.is_some_and(|marker| scope.wants_marker(marker));
    let told = marked && facts.instance.is_some() && !facts.chain.is_empty();
    told && !facts.kept && !scope.rules.wants_all_evidence()
}

/// What only the project's rules make interesting.
fn read_rules(facts: &mut Facts, scope: &Scope) {
    let (pid, rules) = (facts.pid(), &scope.rules);
    if rules.has_patterns() && facts.stat.state != 'D' {
        facts.weak = weak::look(pid, rules, &scope.root, &mut Vec::with_capacity(1024));
    }
    if rules.keeps_anything() {
        facts.kept = table::executable(pid).is_ok_and(|file| rules.keeps(&file));
    }
}

/// Settles what only matters for the few that may be ours: that the number is
/// a process's and not a thread's, and which inode its handle has.
fn complete(mut facts: Facts, scope: &Scope) -> io::Result<Option<Facts>> {
    let pid = facts.pid();
    let is_recorded = |known: &Identity| known.pid == pid && known.start == facts.identity.start;
    let in_service = |known: &Known| is_recorded(&known.guard) || is_recorded(&known.leader);
    let recorded = scope.forker.iter().any(is_recorded) || scope.known.iter().any(in_service);
    if recorded {
        facts.identity.inode = Handle::of_pid(pid)?.and_then(|handle| handle.identity().inode);
    }
    let marked = facts.marker.is_some() || facts.grouped;
    let suspected = marked || !facts.chain.is_empty() || !facts.locks.is_empty();
    let spared =
        (suspected && is_thread(&facts)?) || ((suspected || recorded) && is_staying(pid, scope));
    Ok((!spared).then_some(facts))
}

/// Whether the number is a thread's. Where there is one thread, it is the
/// process: a leader that has ended is counted until the last other one has.
fn is_thread(facts: &Facts) -> io::Result<bool> {
    if facts.stat.threads == 1 {
        return Ok(false);
    }
    let pid = facts.pid();
    Ok(table::status(pid)?.is_some_and(|status| status.leader != pid.raw()))
}

/// Whether it, or something above it, is to be left alone. Somebody in between
/// may end while we climb; where that never ceases it is not for us to judge.
fn is_staying(pid: Pid, scope: &Scope) -> bool {
    !scope.staying.is_empty() && (0..CLIMBS).find_map(|_| climb(pid, scope)).unwrap_or(true)
}

/// `None` where somebody in between is gone, and their children have moved.
fn climb(pid: Pid, scope: &Scope) -> Option<bool> {
    let mut next = Some(pid);
    while let Some(at) = next {
        let stat = table::stat(at).ok()??;
        if scope.staying.iter().any(|guard| guard.pid == at && guard.start == stat.start) {
            return Some(true);
        }
        next = Pid::new(stat.parent);
    }
    Some(false)
}

/// The environment of a process that waits in the kernel may be locked for as
/// long as it waits, so it is left alone; its other marks still tell. Most such
/// waits are short: a shell is in one while it starts a command.
fn read_environment(facts: &mut Facts) {
    for _ in 0..KERNEL_WAITS {
        if facts.stat.state != 'D' {
            break;
        }
        std::thread::sleep(KERNEL_WAIT);
        let Ok(Some(stat)) = table::stat(facts.pid()) else {
            return;
        };
        facts.stat.state = stat.state;
    }
    if !facts.alive || matches!(facts.stat.state, 'D' | 'Z') {
        return;
    }
    let names = ["DEVSUP_RUN_ID", "DEVSUP_INSTANCE"];
    if let Ok([chain, instance]) = table::variables(facts.pid(), names) {
        facts.chain = parse_chain(chain.as_deref().unwrap_or_default());
        facts.instance = instance;
    }
}

/// `outer/inner`, as many as there are.
pub fn parse_chain(text: &str) -> Vec<RunId> {
    text.split('/').filter_map(RunId::parse).collect()
}

/// Only links that are named like one of our lock files are followed: the text
/// is free, a look at the file itself may hang on a dead mount. The name also
/// has to fit because the number of a removed file goes to the next one.
fn held_locks(pid: Pid, scope: &Scope) -> Vec<usize> {
    let mut held = Vec::new();
    let shown = table::descriptors(pid, |path, link| {
        let Some(instance) = instance_of_lock(link) else { return };
        let named = |lock: &LockFile| lock.instance.as_str() == instance;
        if !scope.locks.iter().any(named) {
            return;
        }
        let Ok(id) = LockId::of(path) else { return };
        held.extend(scope.locks.iter().position(|lock| named(lock) && lock.id == id));
    });
    // Not readable: another user's, or one that may not be dumped.
    if shown.is_err() {
        held.clear();
    }
    held.sort_unstable();
    held.dedup();
    held
}

/// The instance that a lock file is named after to which a descriptor's link
/// leads, removed or not; `None` for everything else.
fn instance_of_lock(link: &OsStr) -> Option<&str> {
    let text = link.as_bytes();
    let text = text.strip_suffix(b" (deleted)").unwrap_or(text);
    let stem = text.strip_suffix(b".lock").filter(|_| text.starts_with(b"/"))?;
    let name = stem.rsplit(|&byte| byte == b'/').next()?;
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests;
