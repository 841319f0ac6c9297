//! Files that say "somebody is here" for exactly as long as somebody is: a
//! `flock` belongs to the open file, is inherited with it, and the kernel
//! gives it back however its holders end.

use nix::libc;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// A lock file that is open, and locked for as long as this value lives.
#[derive(Debug)]
pub struct Locked {
    file: File,
}

impl Locked {
    /// Goes on with a lock that was held by the program before this one.
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self { file: fd.into() }
    }

    /// The open file, for a word about who holds it.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

impl AsFd for Locked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Opens a lock file, mode 0600, created if it is missing, closed on exec.
/// Errors: what is there is no regular file, or can't be opened.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, true)
}

/// Takes the lock if it is free; `None` if somebody has it.
pub fn try_lock(path: &Path) -> io::Result<Option<Locked>> {
    loop {
        let file = open(path)?;
        if !flock(&file, libc::LOCK_EX | libc::LOCK_NB)? {
            return Ok(None);
        }
        if is_at(&file, path)? {
            return Ok(Some(Locked { file }));
        }
    }
}

/// Takes the lock, waiting until it is free.
pub fn lock(path: &Path) -> io::Result<Locked> {
    loop {
        let file = open(path)?;
        while !flock(&file, libc::LOCK_EX)? {}
        if is_at(&file, path)? {
            return Ok(Locked { file });
        }
    }
}

/// Whether the open file still has that name. The last holder may have removed
/// it after we opened it, and a lock on a file without a name locks nobody out.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match path.symlink_metadata() {
        Ok(named) => Ok(named.dev() == open.dev() && named.ino() == open.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether somebody has this lock. A file that is not there is held by nobody.
pub fn is_held(path: &Path) -> io::Result<bool> {
    match open_with(path, false) {
        Ok(file) => Ok(!flock(&file, libc::LOCK_EX | libc::LOCK_NB)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What identifies a lock file, by whatever name or descriptor it is reached.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct LockId {
    /// Device of the file system.
    pub device: u64,
    /// Inode on it.
    pub inode: u64,
}

impl LockId {
    /// The file behind a path, symlinks followed (as those of `/proc/PID/fd`).
    pub fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|meta| Self { device: meta.dev(), inode: meta.ino() })
    }
}

fn open_with(path: &Path, create: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY)
        .open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("no regular file")) }
}

/// Whether the lock could be had; `false` also when a signal came in between.
fn flock(file: &File, how: libc::c_int) -> io::Result<bool> {
    // SAFETY: the descriptor is borrowed from a live file.
    if unsafe { libc::flock(file.as_raw_fd(), how) } == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(false),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_let_go() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("web.lock");
        assert!(!is_held(&path)?, "a file that is not there");
        let first = try_lock(&path)?;
        assert!(first.is_some() && is_held(&path)?);
        assert!(try_lock(&path)?.is_none());
        drop(first);
        assert!(!is_held(&path)?);
        Ok(())
    }

    #[test]
    fn links_and_directories_are_refused() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let link = dir.path().join("link.lock");
        std::os::unix::fs::symlink(dir.path().join("target"), &link)?;
        assert!(try_lock(&link).is_err());
        assert!(is_held(dir.path()).is_err());
        assert!(!dir.path().join("target").exists());
        Ok(())
    }
}
