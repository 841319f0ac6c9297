//! The service's process between fork and exec.

use super::{Failed, Step, Word, at};
use crate::model::Pid;
use crate::os::cgroup;
use crate::os::launch::{Label, Order, Streams};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// The lock's descriptor in a service is at least this, out of the way of
/// shell scripts that number their own (bash uses up to 63 and 255).
const LOCK_FD: i32 = 100;

/// A child that waits at its gate.
pub(super) struct Born {
    pub leader: Pid,
    /// A byte written here lets it go; closing it ends it.
    pub gate: OwnedFd,
    /// Where it says why it could not be executed.
    pub failure: OwnedFd,
}

/// Forks the leader. It sets its markers, leads a session of its own, and
/// waits at the gate.
pub(super) fn fork_leader(
    memory: OwnedFd,
    streams: &Streams,
    lock: Option<&OwnedFd>,
    label: &Label,
    terminal: bool,
) -> Result<Born, Failed> {
    let closed_on_exec = nix::fcntl::OFlag::O_CLOEXEC;
    let (gate_read, gate) = pipe2(closed_on_exec).map_err(at(Step::Fork))?;
    let (failure, failure_write) = pipe2(closed_on_exec).map_err(at(Step::Fork))?;
    let (side, grouped) = fork_grouped(label.cgroup.as_deref()).map_err(at(Step::Fork))?;
    match side {
        ForkResult::Parent { child } => match Pid::new(child.as_raw()) {
            Some(leader) => Ok(Born { leader, gate, failure }),
            None => Err((Step::Fork, io::ErrorKind::Other.into())),
        },
        ForkResult::Child => {
            drop(gate);
            drop(failure);
            let child = Child { memory, streams, lock, label, grouped, terminal };
            let (step, error) = match child.become_service(&gate_read) {
                Ok(never) => match never {},
                Err(failed) => failed,
            };
            let word = Word::Failed(step, error.raw_os_error().unwrap_or(0));
            let _ = nix::unistd::write(&failure_write, &word.encode());
            crate::os::leave_now(127)
        }
    }
}

/// Forks, into the cgroup where that can be had; whether it was.
fn fork_grouped(group: Option<&Path>) -> nix::Result<(ForkResult, bool)> {
    // SAFETY: this process has a single thread; the child sets itself up with
    // system calls and executes.
    let grouped = group.and_then(|group| unsafe { cgroup::fork_into(group) }.ok());
    match grouped {
        Some(side) => Ok((side, true)),
        // SAFETY: as above, and the C library knows of it.
        None => unsafe { fork() }.map(|side| (side, false)),
    }
}

struct Child<'a> {
    memory: OwnedFd,
    streams: &'a Streams,
    lock: Option<&'a OwnedFd>,
    label: &'a Label,
    /// Whether it was born into its cgroup.
    grouped: bool,
    terminal: bool,
}

impl Child<'_> {
    fn become_service(self, gate: &OwnedFd) -> Result<std::convert::Infallible, Failed> {
        let _ = nix::sys::prctl::set_name(c"devsup-gate");
        nix::unistd::setsid().map_err(at(Step::Setup))?;
        self.mark().map_err(at(Step::Setup))?;
        self.connect().map_err(at(Step::Setup))?;
        let order = Order::read(self.memory).map_err(|error| (Step::Setup, error))?;
        nix::unistd::chdir(&order.directory).map_err(at(Step::Directory))?;
        crate::os::reset_dispositions();
        wait_at(gate);
        let nothing_blocked = SigSet::empty();
        nothing_blocked.thread_set_mask().map_err(at(Step::Setup))?;
        Err((Step::Execute, execute(&order).into()))
    }

    /// The limit marker, the cgroup and the lock. (The environment marker is part of the
    /// environment it is executed with.)
    fn mark(&self) -> nix::Result<()> {
        let (_, hard) = getrlimit(Resource::RLIMIT_LOCKS)?;
        setrlimit(Resource::RLIMIT_LOCKS, self.label.marker.min(hard), hard)?;
        // Where it can't be had the other marks are enough.
        let group = self.label.cgroup.iter().filter(|_| !self.grouped);
        group.for_each(|group| drop(cgroup::enter(group)));
        let Some(lock) = self.lock else { return Ok(()) };
        // SAFETY: plain fcntl on a descriptor we hold; the copy it makes has no
        // close-on-exec flag and is meant to be inherited.
        let copy = unsafe { libc::fcntl(lock.as_raw_fd(), libc::F_DUPFD, LOCK_FD) };
        Errno::result(copy).map(drop)
    }

    fn connect(&self) -> nix::Result<()> {
        if self.terminal {
            // SAFETY: an ioctl without memory arguments on a descriptor we hold.
            let taken = unsafe { libc::ioctl(self.streams.input.as_raw_fd(), libc::TIOCSCTTY, 0) };
            Errno::result(taken)?;
        }
        dup2_stdin(&self.streams.input)?;
        dup2_stdout(&self.streams.output)?;
        dup2_stderr(&self.streams.error)
    }
}

/// Returns when the ledger has the entry. If whoever holds the gate dies
/// first, this is the end: nothing runs unrecorded.
fn wait_at(gate: &OwnedFd) {
    let mut byte = [0];
    loop {
        match nix::unistd::read(gate, &mut byte) {
            Ok(1) => return,
            Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => crate::os::leave_now(0),
        }
    }
}

/// Executes; a script without a `#!` line goes to the shell, as `execvp` does.
fn execute(order: &Order) -> Errno {
    let Err(errno) = nix::unistd::execve(&order.program, &order.arguments, &order.environment);
    if errno != Errno::ENOEXEC {
        return errno;
    }
    let mut arguments = vec![c"sh".to_owned(), order.program.clone()];
    arguments.extend(order.arguments.iter().skip(1).cloned());
    let Err(errno) = nix::unistd::execve(c"/bin/sh", &arguments, &order.environment);
    errno
}
