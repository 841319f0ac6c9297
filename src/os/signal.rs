//! Signals: their numbers here, and the few ways one may be sent to a process
//! that is known by number because something pins it.

use crate::model::{Pid, Signal};
use nix::libc;
use nix::sys::signal::SigSet;

const NUMBERS: [(Signal, i32); 13] = [
    (Signal::Hup, libc::SIGHUP),
    (Signal::Int, libc::SIGINT),
    (Signal::Quit, libc::SIGQUIT),
    (Signal::Abrt, libc::SIGABRT),
    (Signal::Kill, libc::SIGKILL),
    (Signal::Usr1, libc::SIGUSR1),
    (Signal::Usr2, libc::SIGUSR2),
    (Signal::Alrm, libc::SIGALRM),
    (Signal::Term, libc::SIGTERM),
    (Signal::Cont, libc::SIGCONT),
    (Signal::Stop, libc::SIGSTOP),
    (Signal::Tstp, libc::SIGTSTP),
    (Signal::Winch, libc::SIGWINCH),
];

/// The number of a signal on this system.
pub fn signal_number(signal: Signal) -> i32 {
    NUMBERS.iter().find(|entry| entry.0 == signal).map_or(libc::SIGTERM, |entry| entry.1)
}

/// The signal of a number, if it is one that can be named in a config.
pub fn signal_of(number: i32) -> Option<Signal> {
    NUMBERS.iter().find(|entry| entry.1 == number).map(|entry| entry.0)
}

/// The name of any signal number, as `SIGSEGV`, for people to read.
pub fn signal_name(number: i32) -> String {
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

/// A set of signals by number, real-time ones included.
pub(super) fn signal_set(numbers: &[i32]) -> SigSet {
    let mut raw = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the whole set, sigaddset changes a set
    // that is initialised; a bad number is refused by return value.
    unsafe {
        libc::sigemptyset(raw.as_mut_ptr());
        for &number in numbers {
            libc::sigaddset(raw.as_mut_ptr(), number);
        }
        SigSet::from_sigset_t_unchecked(raw.assume_init())
    }
}

/// Whether the process was started with this signal ignored, as `nohup` does
/// with SIGHUP and a shell with the SIGINT of what it puts into the background.
pub(super) fn is_ignored(number: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with a null new action, sigaction only writes the old one, which
    // is read only where it succeeded.
    unsafe {
        libc::sigaction(number, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Back to what a fresh program expects. Rust ignores SIGPIPE, and an ignored
/// signal stays ignored over exec.
pub(super) fn reset_dispositions() {
    for number in 1..=libc::SIGRTMAX() {
        // SAFETY: setting the default action runs no code; the numbers that
        // can't be set (KILL, STOP, and libc's own) are refused.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

/// Signals a child of the calling process. It is unreaped, so its number can't
/// have become another's.
pub(super) fn kill_child(pid: Pid, number: i32) {
    // SAFETY: kill touches no memory.
    unsafe { libc::kill(pid.raw(), number) };
}

/// Signals the group led by an unreaped child of the calling process.
pub(super) fn kill_group(leader: Pid, number: i32) {
    // SAFETY: kill touches no memory.
    unsafe { libc::kill(-leader.raw(), number) };
}
