//! The one kill of something that is not ours: a person named it twice.

use crate::model::{Ended, Missed, Pid, Reason, Signal};
use crate::os::process::{Handle, Sent, own_pid};
use crate::os::{peer, table};
use std::io;
use std::time::{Duration, Instant};

/// How long it may take to be gone.
const DEATH_TIME: Duration = Duration::from_secs(2);

/// Sends one process a signal, whosever it is: neither what is below it, nor
/// another user's, nor this command or what it runs in.
pub fn kill_stranger(pid: Pid, signal: Signal) -> Ended {
    match attempt(pid, signal) {
        Ok(()) => Ended { killed: vec![pid], failed: Vec::new() },
        Err(missed) => Ended { killed: Vec::new(), failed: vec![missed] },
    }
}

fn attempt(pid: Pid, signal: Signal) -> Result<(), Missed> {
    let missed = |reason, words: &str| Missed { pid, reason, words: words.to_owned() };
    let failed = |error: io::Error| {
        let denied = error.kind() == io::ErrorKind::PermissionDenied;
        let reason = if denied { Reason::PermissionDenied } else { Reason::SystemError };
        missed(reason, &error.to_string())
    };
    let Some(handle) = Handle::of_pid(pid).map_err(failed)? else { return Ok(()) };
    // Read under the handle, so that they are this process's.
    let Some(stat) = table::stat(pid).map_err(failed)? else { return Ok(()) };
    if stat.owner != peer::own_uid() {
        return Err(missed(Reason::PermissionDenied, "it is another user's"));
    }
    if is_above_us(pid) {
        return Err(missed(Reason::KillFailed, "this command runs inside it"));
    }
    let sent = handle.signal(signal).map_err(failed)?;
    let waits = sent == Sent::Delivered && signal == Signal::Kill;
    if waits && !handle.wait(Instant::now() + DEATH_TIME).map_err(failed)? {
        return Err(missed(Reason::KillFailed, "it is still there"));
    }
    Ok(())
}

fn is_above_us(pid: Pid) -> bool {
    let parent = |pid: &Pid| Pid::new(table::stat(*pid).ok()??.parent);
    std::iter::successors(own_pid(), parent).any(|one| one == pid)
}
