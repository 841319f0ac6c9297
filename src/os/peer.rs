//! Who is at the other end of a unix socket, and who we are.

use crate::model::Pid;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect as raw_connect, getsockopt, socket,
    sockopt::PeerCredentials,
};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Our real user id.
pub fn own_uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

/// The user id of the process that connected (or listens), as the kernel
/// noted it at that moment.
pub fn peer_uid(socket: &impl AsFd) -> io::Result<u32> {
    Ok(getsockopt(&socket.as_fd(), PeerCredentials)?.uid())
}

/// The process that connected (or listens), as the kernel noted it then. Just a
/// number to be told: it may be another's by now.
pub fn peer_pid(socket: &impl AsFd) -> io::Result<Option<Pid>> {
    Ok(Pid::new(getsockopt(&socket.as_fd(), PeerCredentials)?.pid()))
}

/// Whether the other end is ours to talk to: the same user, or root.
pub fn is_trusted(socket: &impl AsFd) -> io::Result<bool> {
    let uid = peer_uid(socket)?;
    Ok(uid == own_uid() || uid == 0)
}

/// Connects without ever waiting: a listener that is stopped and whose queue is
/// full would keep us for as long as it is stopped. `WouldBlock` says that.
/// The stream that comes of it blocks as usual.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    raw_connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    let stream = UnixStream::from(fd);
    stream.set_nonblocking(false)?;
    Ok(stream)
}
