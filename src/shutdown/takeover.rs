//! A supervisor that lives and does not answer is taken over: it is ended, its
//! guards notice, and whoever asked does the rest.

use super::judge::Company;
use super::scan;
use super::scope::Scope;
use crate::ledger::{Book, Location};
use crate::model::{Pid, Signal};
use crate::os::lock::LockId;
use crate::os::process::{Handle, own_pid};
use crate::os::table;
use std::io;
use std::time::{Duration, Instant};

/// What supervisors are called in the process table.
const SUPERVISOR_NAME: &str = "devsup-super";
/// How long a killed one may take to be gone.
const DEATH_TIME: Duration = Duration::from_secs(2);

/// Ends the supervisor of this location: whoever holds its run lock open, and
/// is the one that the ledger names or is called a supervisor. Whether there
/// was one, and it is gone.
pub fn take_over(location: &Location, book: Option<&Book>) -> io::Result<bool> {
    let lock = LockId::of(&location.run_lock())?;
    for pid in table::pids()? {
        let Some(handle) = Handle::of_pid(pid)? else {
            continue;
        };
        // Read under the handle, so that it is true of what is signalled.
        if Some(pid) != own_pid() && holds(pid, lock) && is_supervisor(&handle, book)? {
            handle.signal(Signal::Kill)?;
            return handle.wait(Instant::now() + DEATH_TIME);
        }
    }
    Ok(false)
}

fn is_supervisor(handle: &Handle, book: Option<&Book>) -> io::Result<bool> {
    let recorded = book.is_some_and(|book| book.header.supervisor.matches(handle.identity()));
    let called = || {
        Ok::<_, io::Error>(table::stat(handle.pid())?.is_some_and(|it| it.name == SUPERVISOR_NAME))
    };
    Ok(recorded || called()?)
}

fn holds(pid: Pid, lock: LockId) -> bool {
    let mut found = false;
    let _partial = table::descriptors(pid, |path, link| {
        let named = link.to_string_lossy().contains(".run.lock");
        found |= named && LockId::of(path).is_ok_and(|id| id == lock);
    });
    found
}

/// The guard that we run below, if we do: then we are part of what is to be
/// stopped, and must not wait for its end.
pub fn our_guard(scope: &Scope) -> Option<Handle> {
    let us = own_pid()?.raw();
    let above = scan::ancestors(us, scope);
    let guard = Company::of(&above, scope, us).our_guard()?;
    Handle::open(&above.get(guard)?.identity).ok()?
}
