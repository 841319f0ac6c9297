//! Starts a program that belongs to nobody: a session of its own, no marker, no
//! descriptor of ours, nobody who waits for it.

use super::{reset_dispositions, supervisor};
use crate::model::Pid;
use nix::sys::signal::SigSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts it. `open_files` is the limit that it gets, since ours may be higher.
/// Whoever reaps our children reaps it too.
pub fn start(
    command: &[String],
    directory: &Path,
    environment: &[(String, String)],
    open_files: u64,
) -> io::Result<Pid> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env_clear();
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: between fork and exec only system calls are made, and nothing is
    // allocated.
    unsafe {
        command.pre_exec(move || {
            nix::unistd::setsid()?;
            reset_dispositions();
            supervisor::set_open_files_limit(open_files);
            super::marker::take_off();
            Ok(SigSet::empty().thread_set_mask()?)
        });
    }
    let child = command.spawn()?;
    Pid::new(child.id().cast_signed()).ok_or_else(|| io::ErrorKind::Other.into())
}
