//! The processes below a guard, read from `/proc/PID/task/*/children`.

use crate::model::{Pid, Signal};
use crate::os::kept::is_kept;
use crate::os::process::{Handle, own_pid};
use crate::os::signal_of;
use std::collections::BTreeSet;
use std::fs;

/// Our own children, zombies included.
pub(super) fn children_of_self() -> Vec<Pid> {
    Pid::new(nix::unistd::getpid().as_raw()).map(children).unwrap_or_default()
}

/// The children of a process, of all its threads. Empty when it is gone.
pub(super) fn children(of: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    let Ok(tasks) = fs::read_dir(format!("/proc/{of}/task")) else {
        return found;
    };
    for task in tasks.flatten() {
        match fs::read_to_string(task.path().join("children")) {
            Ok(list) => found.extend(list.split_ascii_whitespace().filter_map(parse)),
            // A kernel without CONFIG_PROC_CHILDREN has no such file.
            Err(_) if task.path().exists() => return children_by_scan(of),
            Err(_) => {}
        }
    }
    found
}

fn parse(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::new)
}

fn children_by_scan(of: Pid) -> Vec<Pid> {
    let Ok(all) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    all.flatten()
        .filter_map(|entry| parse(entry.file_name().to_str()?))
        .filter(|&pid| state(pid).is_some_and(|state| state.parent == of.raw()))
        .collect()
}

/// The first fields of `/proc/PID/stat`.
pub(super) struct Stat {
    pub letter: u8,
    pub parent: i32,
    pub group: i32,
    pub threads: u32,
    pub start: u64,
}

/// Reads them; `None` when the process is gone.
pub(super) fn state(pid: Pid) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses included.
    let after = text.iter().rposition(|&byte| byte == b')')? + 2;
    let rest = std::str::from_utf8(text.get(after..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let letter = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // Field 20 of all; this one is the fifth.
    let threads = fields.nth(14)?.parse().ok()?;
    let start = fields.nth(1)?.parse().ok()?;
    Some(Stat { letter, parent, group, threads, start })
}

/// The children of a process that has a single thread, but those that are left
/// alive.
pub(super) fn children_of_one_thread(of: Pid, keep: &[String]) -> Vec<Pid> {
    match fs::read_to_string(format!("/proc/{of}/task/{of}/children")) {
        Ok(list) => {
            let all = list.split_ascii_whitespace().filter_map(parse);
            all.filter(|child| !is_kept(*child, keep)).collect()
        }
        Err(_) => children_but(of, keep),
    }
}

/// The children of a process but those that are left alive.
pub(super) fn children_but(of: Pid, keep: &[String]) -> Vec<Pid> {
    let mut all = children(of);
    all.retain(|child| !is_kept(*child, keep));
    all
}

/// Handles that are held at a time.
const MOST_HELD: usize = 256;
/// How often is looked for more, should they be born as fast as they are asked.
const ROUNDS: usize = 64;

/// Asks everything below us to end: SIGTERM, then SIGCONT for the stopped.
pub(super) fn ask(keep: &[String]) {
    each_below(
        keep,
        |_| true,
        |handle| {
            let _ = handle.signal(Signal::Term);
            let _ = handle.signal(Signal::Cont);
        },
    );
}

/// Signals the members of a group one by one, for want of those that are kept.
pub(super) fn signal_group(leader: Pid, number: i32, keep: &[String]) {
    let Some(signal) = signal_of(number) else { return };
    each_below(keep, |stat| stat.group == leader.raw(), |handle| drop(handle.signal(signal)));
}

/// Shows each that is below us once. They are all held before the first of them
/// is shown: what is shown may end at once, and its children are then found
/// below somebody else, or not at all.
fn each_below(keep: &[String], wanted: impl Fn(&Stat) -> bool, show: impl Fn(&Handle)) {
    let mut shown = BTreeSet::new();
    for _ in 0..ROUNDS {
        let (held, whole) = hold_below(keep, &wanted, &mut shown);
        if held.is_empty() && whole {
            return;
        }
        held.iter().for_each(&show);
    }
}

/// A child of somebody below us, or of ourselves.
struct Child {
    pid: Pid,
    stat: Stat,
    /// Where it is to be shown.
    handle: Option<Handle>,
}

/// Holds as many below us as may be held, but those seen already; whether
/// nobody went away while we looked.
fn hold_below(
    keep: &[String],
    wanted: impl Fn(&Stat) -> bool,
    seen: &mut BTreeSet<i32>,
) -> (Vec<Handle>, bool) {
    let (mut held, mut whole) = (Vec::new(), true);
    let own = own_pid();
    let mut parents: Vec<(Pid, u64)> = own.map(|own| (own, 0)).into_iter().collect();
    while let Some((parent, start)) = parents.pop() {
        let mut room = MOST_HELD - held.len();
        let mut found = Vec::new();
        for pid in children_but(parent, keep) {
            let child = look(pid, parent, room > 0 && !seen.contains(&pid.raw()));
            room -= usize::from(child.as_ref().is_some_and(|child| child.handle.is_some()));
            found.extend(child);
        }
        // The number of one that has been reaped may be a stranger's by now, and
        // its children that stranger's.
        if Some(parent) != own && state(parent).is_none_or(|stat| stat.start != start) {
            whole = false;
            continue;
        }
        for Child { pid, stat, handle } in found {
            parents.push((pid, stat.start));
            let handle = handle.filter(|_| wanted(&stat));
            seen.extend(handle.as_ref().map(|_| pid.raw()));
            held.extend(handle);
        }
    }
    (held, whole)
}

/// Looks at a child, under a handle where one is wanted.
fn look(pid: Pid, parent: Pid, holds: bool) -> Option<Child> {
    let handle = if holds { Handle::of_pid(pid).ok().flatten() } else { None };
    let stat = state(pid).filter(|stat| stat.parent == parent.raw())?;
    Some(Child { pid, stat, handle })
}
