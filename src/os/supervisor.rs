//! What a process does to itself to be the supervisor, and how it learns of
//! children that end below it.

use super::front::FrontLink;
use crate::model::Pid;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use std::io;
use std::os::fd::AsFd;

/// Becomes the leader of a session of its own (so that the terminal's signals
/// go to the front) and a child subreaper (so that orphans of a killed guard
/// come to us and not to init).
pub fn become_supervisor() -> io::Result<()> {
    nix::unistd::setsid()?;
    nix::sys::prctl::set_child_subreaper(true)?;
    let _ = nix::sys::prctl::set_name(c"devsup-super");
    Ok(())
}

/// Closes what the caller left open beside the standard streams: whoever waits
/// for the end of such a descriptor must not wait for a run that goes on. To be
/// called before anything else is opened.
pub fn close_inherited(front: &FrontLink) {
    super::close_all_but(&[], &[front.as_fd()]);
}

/// Lets go of the caller's terminal and files.
pub fn leave_standard_streams() -> io::Result<()> {
    super::silence_standard_streams()
}

/// The soft limit of open files.
pub fn open_files_limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft)
}

pub(super) fn set_open_files_limit(soft: u64) {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, soft.min(hard), hard);
    }
}

/// Raises the soft limit of open files to the hard one: a service costs about
/// six descriptors. Services keep the old one, by way of the forker.
pub fn raise_open_files_limit() {
    set_open_files_limit(u64::MAX);
}

/// Reaps every child that has ended and says which.
pub fn reap() -> Vec<Pid> {
    let mut ended = Vec::new();
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
    while let Ok(status) = waitid(Id::All, flags) {
        match status.pid().and_then(|pid| Pid::new(pid.as_raw())) {
            Some(pid) if status != WaitStatus::StillAlive => ended.push(pid),
            _ => break,
        }
    }
    ended
}
