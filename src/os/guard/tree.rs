//! The processes below a guard, read from `/proc/PID/task/*/children`.

use crate::model::{Pid, Signal};
use crate::os::process::{Handle, own_pid};
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
}

/// Reads them; `None` when the process is gone.
pub(super) fn state(pid: Pid) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses included.
    let after = text.iter().rposition(|&byte| byte == b')')? + 2;
    let rest = std::str::from_utf8(text.get(after..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let letter = *fields.next()?.as_bytes().first()?;
    Some(Stat { letter, parent: fields.next()?.parse().ok()? })
}

/// Asks everything below us to end: SIGTERM, then SIGCONT for the stopped. Each
/// is looked at again under a handle before it is signalled.
pub(super) fn ask() {
    let mut parents: Vec<Pid> = own_pid().into_iter().collect();
    while let Some(parent) = parents.pop() {
        for child in children(parent) {
            ask_one(child, parent);
            parents.push(child);
        }
    }
}

fn ask_one(child: Pid, parent: Pid) {
    let Ok(Some(handle)) = Handle::of_pid(child) else {
        return;
    };
    if state(child).is_some_and(|stat| stat.parent == parent.raw()) {
        let _ = handle.signal(Signal::Term);
        let _ = handle.signal(Signal::Cont);
    }
}
