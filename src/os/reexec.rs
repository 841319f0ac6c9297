//! Becoming another program without ending: the pid stays, and with it the
//! children, the locks and every descriptor that is kept.
//!
//! Must not know what the programs are.

use super::fd::close_on_exec;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Longest letter that is read.
const LETTER_CAP: u64 = 64 << 20;

/// Executes a program that keeps these descriptors, under their numbers.
/// Returns only where that fails, and then everything is as before.
pub fn execute(program: &Path, arguments: &[&str], kept: &[BorrowedFd<'_>]) -> io::Error {
    let opened: io::Result<()> = kept.iter().copied().try_for_each(stay_open);
    let error = opened.map_or_else(|error| error, |()| exec(program, arguments));
    for fd in kept {
        // What can't be closed is inherited by a program, which does no harm.
        let _best = close_on_exec(fd);
    }
    error
}

/// Signals that would end us wait until [`hear_signals`], also those of the
/// threads that are made meanwhile, and over an exec.
pub fn hold_signals() {
    let held = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGCHLD];
    let _always_works = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&super::signal_set(&held)), None);
}

fn exec(program: &Path, arguments: &[&str]) -> io::Error {
    let text = |bytes: &[u8]| CString::new(bytes).unwrap_or_default();
    let program = text(program.as_os_str().as_bytes());
    let arguments: Vec<CString> = arguments.iter().map(|one| text(one.as_bytes())).collect();
    match nix::unistd::execv(&program, &arguments) {
        Ok(never) => match never {},
        Err(errno) => errno.into(),
    }
}

fn stay_open(fd: BorrowedFd<'_>) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(())
}

/// Hears all signals again, in this thread.
pub fn hear_signals() {
    let _always_works = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}

/// Takes over a descriptor that [`execute`] has kept; to be called once for
/// each. Errors: there is none of this number.
pub fn inherited(number: i32) -> io::Result<OwnedFd> {
    if number < 3 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: F_GETFD only looks, whatever the number is.
    nix::errno::Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    // SAFETY: it is open, and whoever kept it for us has told us alone.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    close_on_exec(&fd)?;
    Ok(fd)
}

/// Text for the next program, in memory that no other process can open.
pub fn letter(text: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(c"devsup-letter", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text)?;
    file.rewind()?;
    Ok(file.into())
}

/// Reads such a text.
pub fn read_letter(fd: OwnedFd) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::from(fd).take(LETTER_CAP).read_to_end(&mut text)?;
    Ok(text)
}

/// The number of a descriptor, for a letter.
pub fn number(fd: impl AsFd) -> i32 {
    fd.as_fd().as_raw_fd()
}
