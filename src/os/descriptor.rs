//! What can be asked of and set on a single open descriptor. It must not know
//! whose it is.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::stat::fstat;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes reads return at once where there is nothing to read.
pub fn set_nonblocking(fd: impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Writes what fits now; `WouldBlock` where that is nothing.
pub fn write(fd: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(nix::unistd::write(fd, bytes)?)
}

/// How many bytes a pipe holds; `None` for what is no pipe.
pub fn pipe_size(fd: impl AsFd) -> Option<usize> {
    fcntl(&fd, FcntlArg::F_GETPIPE_SZ).ok().and_then(|size| usize::try_from(size).ok())
}

/// Makes a pipe hold at least this many bytes, if the user's quota allows it.
/// Without it everything works, only with more changes between processes.
pub fn grow_pipe(fd: impl AsFd, bytes: i32) {
    let _ = fcntl(&fd, FcntlArg::F_SETPIPE_SZ(bytes));
}

/// How many columns a terminal has; `None` for what is no terminal or does not
/// know.
pub fn columns(fd: impl AsFd) -> Option<u16> {
    super::pty::size(fd).map(|size| size.columns)
}

/// Whether two descriptors lead to the same file, pipe or terminal, so that
/// what is written to both appears in one place.
pub fn same_file(a: impl AsFd, b: impl AsFd) -> bool {
    match (fstat(a), fstat(b)) {
        (Ok(a), Ok(b)) => (a.st_dev, a.st_ino, a.st_rdev) == (b.st_dev, b.st_ino, b.st_rdev),
        _ => false,
    }
}

/// Whether a write failed because the terminal behind it was hung up.
pub fn is_hung_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EIO)
}

/// Opens a log for appending, readable by its owner alone. Only a regular file
/// is taken: a symbolic link would have somebody else's file written, and a
/// named pipe would block.
pub fn open_log(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}
