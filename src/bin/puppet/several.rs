//! A fence in which there is more than one user: 0, 1 and 2, who are three of
//! the machine's. Only its root can make one, since nobody else may say who
//! others are.

use crate::{init, tricks};
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, pipe, read, write};
use std::fs;
use std::os::fd::OwnedFd;

/// Whom user 0 is outside; 1 and 2 are the two below.
const FIRST: u32 = 65534;

/// Runs the program as user 0, as the first process of a pid namespace.
pub fn run(program: &[String]) -> ! {
    let (Ok(ready), Ok(mapped)) = (pipe(), pipe()) else { tricks::end(2) };
    match tricks::try_fork() {
        Some(ForkResult::Child) => inside(&ready.1, &mapped.0, program),
        Some(ForkResult::Parent { child }) => {
            drop(ready.1);
            outside(child, &ready.0, &mapped.1)
        }
        None => tricks::end(2),
    }
}

fn outside(child: Pid, ready: &OwnedFd, mapped: &OwnedFd) -> ! {
    let unshared = read(ready, &mut [0]) == Ok(1);
    let users = format!("0 {FIRST} 1\n1 {} 1\n2 {} 1\n", FIRST - 1, FIRST - 2);
    for map in ["uid_map", "gid_map"] {
        if !unshared || fs::write(format!("/proc/{child}/{map}"), &users).is_err() {
            tricks::end(2);
        }
    }
    if write(mapped, &[1]).is_err() {
        tricks::end(2);
    }
    end_as(child)
}

/// Ends as the process did.
fn end_as(child: Pid) -> ! {
    match waitpid(child, None) {
        Ok(WaitStatus::Exited(_, code)) => tricks::end(code),
        _ => tricks::end(2),
    }
}

fn inside(ready: &OwnedFd, mapped: &OwnedFd, program: &[String]) -> ! {
    let all = libc::CLONE_NEWUSER | libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    // SAFETY: takes a number; this process has a single thread.
    let unshared = unsafe { libc::unshare(all) } == 0;
    if !unshared || write(ready, &[1]).is_err() || read(mapped, &mut [0]) != Ok(1) {
        tricks::end(2);
    }
    tricks::become_user(0);
    end_with_parent();
    match tricks::try_fork() {
        Some(ForkResult::Child) => {
            end_with_parent();
            mount_proc();
            init::run(program)
        }
        Some(ForkResult::Parent { child }) => end_as(child),
        None => tricks::end(2),
    }
}

/// Whoever ends the fence ends all in it.
fn end_with_parent() {
    if nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).is_err() {
        tricks::end(2);
    }
}

fn mount_proc() {
    let (none, proc, all) = (c"none", c"proc", c"/");
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: all texts are literals that end in NUL, and no data is given.
    let mounted = unsafe {
        let (nothing, alone) = (std::ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
        libc::mount(none.as_ptr(), all.as_ptr(), nothing, alone, nothing.cast()) == 0
            && libc::mount(proc.as_ptr(), c"/proc".as_ptr(), proc.as_ptr(), flags, nothing.cast())
                == 0
    };
    if !mounted {
        tricks::end(2);
    }
}
