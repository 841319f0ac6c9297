//! Descriptors of ours in an asynchronous runtime.

use super::channel::Channel;
use super::front::FrontLink;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;

/// What owns its descriptor from beginning to end and never another one.
pub trait Owner: AsRawFd {}

impl Owner for Channel {}
impl Owner for FrontLink {}
impl Owner for OwnedFd {}

/// Watches a descriptor; to be called within a runtime.
pub fn watch<T: Owner>(owner: T) -> io::Result<AsyncFd<T>> {
    // SAFETY: an `Owner` keeps the same open descriptor for as long as it
    // lives, and the `AsyncFd` owns it.
    unsafe { AsyncFd::register(owner) }.map_err(Into::into)
}
