//! The layer between devsup and the operating system: the only room with
//! `unsafe`, nix and libc. It does what it is told and decides nothing; it
//! knows no services, only processes, descriptors and files.

pub mod beside;
pub mod bounds;
pub mod cgroup;
pub mod channel;
pub mod descriptor;
pub mod detach;
mod fd;
pub mod files;
pub mod foreground;
pub mod forker;
pub mod front;
pub mod guard;
pub mod keep;
pub mod kept;
pub mod launch;
pub mod listeners;
pub mod lock;
pub mod marker;
pub mod memory;
pub mod peer;
pub mod poll;
pub mod ports;
pub mod process;
pub mod pty;
pub mod raw;
pub mod ready;
pub mod reexec;
pub mod sampler;
mod signal;
pub mod supervisor;
pub mod table;
pub mod watch;

pub use descriptor::set_nonblocking;
pub use fd::pipe;
pub use signal::{signal_name, signal_number, signal_of};

use fd::{close_all_but, close_on_exec, open_lock, silence_standard_streams};
use nix::libc;
use signal::{
    hear_of_children, is_ignored, kill_child, kill_group, reset_dispositions, signal_set,
};

/// Ends the process at once: no destructors, no flushing, no exit handlers,
/// which belong to the process that this one was forked from.
fn leave_now(status: i32) -> ! {
    // SAFETY: _exit does not return and touches no memory.
    unsafe { libc::_exit(status) }
}
