//! Processes that do not stay the same ones.

use crate::registry::{Actor, Recorded};
use crate::tricks;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, pipe, read};
use std::sync::atomic::Ordering;

/// Forks and exits, so that it is a new process every so many milliseconds.
pub fn hop(actor: &Actor, pause: u64) -> ! {
    actor.settled();
    loop {
        tricks::nap(pause);
        // A full process table is no reason to give up.
        if let Some(ForkResult::Parent { .. }) = tricks::try_fork() {
            tricks::end(0);
        }
        actor.born(Recorded::NotAsked);
    }
}

/// Every process forks as fast as it can until there are `cap` of them.
pub fn bomb(actor: &Actor, cap: usize) -> ! {
    let count = tricks::shared_counter();
    actor.settled();
    loop {
        if count.fetch_add(1, Ordering::SeqCst) >= cap {
            tricks::idle();
        }
        if let Some(ForkResult::Child) = tricks::try_fork() {
            actor.born(Recorded::NotAsked);
        }
    }
}

/// Two processes, each of which replaces the other when that one ends.
pub fn watchdogs(actor: &Actor) -> ! {
    let mut settled = false;
    loop {
        let Ok((life, hold)) = pipe() else { tricks::end(2) };
        match tricks::try_fork() {
            Some(ForkResult::Child) => {
                drop(hold);
                actor.born(Recorded::NotAsked);
                while matches!(read(&life, &mut [0]), Err(nix::errno::Errno::EINTR)) {}
            }
            Some(ForkResult::Parent { child }) => {
                drop(life);
                if !settled {
                    settled = true;
                    actor.settled();
                }
                wait(child);
            }
            None => {}
        }
    }
}

fn wait(child: Pid) {
    while matches!(waitpid(child, None), Err(nix::errno::Errno::EINTR)) {}
}
