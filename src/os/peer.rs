//! Who is at the other end of a unix socket, and who we are.

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::io;
use std::os::fd::AsFd;

/// Our real user id.
pub fn own_uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

/// The user id of the process that connected (or listens), as the kernel
/// noted it at that moment.
pub fn peer_uid(socket: &impl AsFd) -> io::Result<u32> {
    Ok(getsockopt(&socket.as_fd(), PeerCredentials)?.uid())
}

/// Whether the other end is ours to talk to: the same user, or root.
pub fn is_trusted(socket: &impl AsFd) -> io::Result<bool> {
    let uid = peer_uid(socket)?;
    Ok(uid == own_uid() || uid == 0)
}
