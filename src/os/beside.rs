//! Sockets that lie beside other files of ours, however long the path to them
//! is: the kernel takes 107 bytes at most, so a socket is reached through the
//! open directory it is in.
//!
//! Must not know what is said over them.

use super::channel::Channel;
use crate::model::Pid;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, connect as raw_connect,
    getsockopt, listen as raw_listen, socket,
};
use nix::sys::stat::Mode;
use std::fs::Permissions;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Listens for channels under this name, for our own user alone.
pub fn listen(path: &Path) -> io::Result<OwnedFd> {
    let (_directory, short) = through_directory(path)?;
    let fd = socket_of(SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK)?;
    // Left by a guard of the same number that was killed.
    let _none = std::fs::remove_file(path);
    bind(fd.as_raw_fd(), &UnixAddr::new(&short)?)?;
    std::fs::set_permissions(&short, Permissions::from_mode(0o600))?;
    raw_listen(&fd, Backlog::new(4)?)?;
    Ok(fd)
}

/// The next one who wants a channel, if there is one and it is our own user.
pub fn accept(listener: &OwnedFd) -> Option<Channel> {
    let fd = accept4(listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC).ok()?;
    // SAFETY: the kernel has just made this descriptor for us.
    let channel = Channel::from_fd(unsafe { OwnedFd::from_raw_fd(fd) });
    super::peer::is_trusted(&channel).ok()?.then_some(channel)
}

/// A channel to the process that listens under this name; `None` where nobody
/// does, or somebody other than this process. Never waits.
pub fn connect(path: &Path, to: Pid) -> io::Result<Option<Channel>> {
    let (_directory, short) = through_directory(path)?;
    let fd = socket_of(SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK)?;
    match raw_connect(fd.as_raw_fd(), &UnixAddr::new(&short)?) {
        Ok(()) => {}
        Err(Errno::ENOENT | Errno::ECONNREFUSED | Errno::EAGAIN) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let listener = getsockopt(&fd, PeerCredentials)?;
    let meant = listener.pid() == to.raw() && listener.uid() == super::peer::own_uid();
    Ok(meant.then(|| Channel::from_fd(fd)))
}

fn socket_of(flags: SockFlag) -> io::Result<OwnedFd> {
    Ok(socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?)
}

/// The open directory, which must stay open, and the name by way of it.
fn through_directory(path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let directory = open(directory, flags, Mode::empty())?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd())).join(name);
    Ok((directory, short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::process::own_pid;

    #[test]
    fn a_socket_is_reached_at_the_end_of_any_path() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let deep = dir.path().join("d".repeat(200));
        std::fs::create_dir(&deep)?;
        let path = deep.join("guard-7.sock");
        let own = own_pid().ok_or(io::ErrorKind::NotFound)?;
        assert!(connect(&path, own)?.is_none(), "nobody listens");
        let listener = listen(&path)?;
        let theirs = connect(&path, own)?.ok_or(io::ErrorKind::NotFound)?;
        let ours = accept(&listener).ok_or(io::ErrorKind::NotFound)?;
        ours.send(b"hello", &[])?;
        let mut buffer = [0; 16];
        let received = theirs.receive(&mut buffer)?;
        assert!(matches!(received, crate::os::channel::Received::Message(5, _)));
        assert!(connect(&path, Pid::new(2).ok_or(io::ErrorKind::NotFound)?)?.is_none());
        drop(listener);
        assert!(connect(&path, own)?.is_none(), "nobody listens any more");
        Ok(())
    }
}
