//! Descriptors: flags, and closing all but a few.

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Keeps a descriptor out of executed programs.
pub(super) fn close_on_exec(fd: impl AsFd) -> io::Result<()> {
    fcntl(fd.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(())
}

/// A pipe, read end first, both closed on exec.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(nix::unistd::pipe2(OFlag::O_CLOEXEC)?)
}

/// Opens (or makes) a lock file and locks it. The lock belongs to the open
/// file description, so whoever inherits the descriptor holds it too.
///
/// # Errors
/// `WouldBlock` when somebody of an earlier run holds it.
pub(super) fn open_lock(path: &Path) -> io::Result<OwnedFd> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW)
        .open(path)?;
    // SAFETY: flock takes two integers.
    let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    nix::errno::Errno::result(locked)?;
    Ok(file.into())
}

/// Closes every descriptor from 3 on but these.
pub(super) fn close_all_but(kept: &[&OwnedFd], also: &[BorrowedFd<'_>]) {
    let mut stays: Vec<i32> = kept.iter().map(|fd| fd.as_raw_fd()).collect();
    stays.extend(also.iter().map(AsRawFd::as_raw_fd));
    stays.sort_unstable();
    let mut from = 3;
    for fd in stays.into_iter().filter(|&fd| fd >= 3) {
        close_range(from, fd - 1);
        from = fd + 1;
    }
    close_range(from, i32::MAX);
}

fn close_range(first: i32, last: i32) {
    if first > last {
        return;
    }
    // SAFETY: the caller is a freshly forked process that keeps no owner of
    // these descriptors alive.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if closed != 0 {
        close_one_by_one(first, last);
    }
}

/// For kernels before 5.9.
fn close_one_by_one(first: i32, last: i32) {
    let Ok(listed) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<i32> = listed
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|fd| (first..=last).contains(fd))
        .collect();
    for fd in open {
        // SAFETY: as above.
        unsafe { libc::close(fd) };
    }
}

/// Points the three standard streams at `/dev/null`.
pub(super) fn silence_standard_streams() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    nix::unistd::dup2_stdin(&null)?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    Ok(())
}

/// A copy of a descriptor, numbered `least` or higher, closed on exec.
pub(super) fn at_least(fd: &OwnedFd, least: i32) -> io::Result<OwnedFd> {
    let copy = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(least))?;
    // SAFETY: the copy is fresh and ours alone.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(copy) })
}

/// Copies a descriptor to a number, open over exec. Async-signal-safe.
pub(super) fn place(fd: &OwnedFd, number: i32) -> io::Result<()> {
    // SAFETY: dup2 takes two integers; the caller knows that the number is free.
    nix::errno::Errno::result(unsafe { libc::dup2(fd.as_raw_fd(), number) })?;
    Ok(())
}
