//! Waiting for descriptors without spinning and without timers of its own. It
//! must not know what the descriptors carry.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many descriptors one wait reports at most. The kernel hands the ready
/// ones out in turn, so that the rest come first the next time.
const AT_ONCE: usize = 64;

/// A set of descriptors to be read, each under a number of the caller's.
pub struct Poller {
    epoll: Epoll,
    events: Vec<EpollEvent>,
}

impl Poller {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self { epoll, events: vec![EpollEvent::empty(); AT_ONCE] })
    }

    /// Reports `token` as long as `fd` has something to read or has ended. A
    /// regular file can't be waited for and is an error (`EPERM`).
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(self.epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, token))?)
    }

    /// Forgets a descriptor. Must come before it is closed: a duplicate in
    /// another process would keep it in the set for ever.
    pub fn remove(&self, fd: impl AsFd) {
        // It can only fail where the descriptor was never added.
        let _ = self.epoll.delete(fd);
    }

    /// Waits until something is ready or `timeout` is over (`None`: no limit)
    /// and replaces `ready` by the tokens. Nothing is ready where a signal
    /// came in between.
    pub fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        let timeout = timeout.map_or(EpollTimeout::NONE, milliseconds);
        match self.epoll.wait(&mut self.events, timeout) {
            Ok(count) => ready.extend(self.events[..count].iter().map(EpollEvent::data)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        Ok(())
    }
}

/// Rounds up: a wait that ends a little too early would be a busy loop.
fn milliseconds(timeout: Duration) -> EpollTimeout {
    let up = timeout + Duration::from_micros(999);
    EpollTimeout::try_from(up).unwrap_or(EpollTimeout::MAX)
}

/// Wakes a thread that waits in a [`Poller`], from any other thread.
#[derive(Clone)]
pub struct Waker(Arc<EventFd>);

impl Waker {
    /// A waker that nobody has used yet.
    pub fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Self(Arc::new(EventFd::from_value_and_flags(0, flags)?)))
    }

    /// Makes the waker readable until it is cleared.
    pub fn wake(&self) {
        // Full means that it is readable already.
        let _ = self.0.write(1);
    }

    /// Takes back every `wake` so far.
    pub fn clear(&self) {
        // Nothing to read means that nobody woke it.
        let _ = self.0.read();
    }

    /// Waits for this waker alone.
    pub fn wait(&self) -> io::Result<()> {
        one(self.0.as_fd(), PollFlags::POLLIN)
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Waits until `fd` takes bytes again or is broken, which the next write tells.
/// For a descriptor that somebody else made non-blocking.
pub fn writable(fd: impl AsFd) -> io::Result<()> {
    one(fd.as_fd(), PollFlags::POLLOUT)
}

/// Waits until `fd` has something to read or has ended, at most so long;
/// whether it has.
pub fn readable(fd: impl AsFd, longest: Duration) -> io::Result<bool> {
    let until = Instant::now() + longest;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match nix::poll::poll(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], left) {
            Ok(count) => return Ok(count > 0),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn one(fd: BorrowedFd<'_>, flags: PollFlags) -> io::Result<()> {
    match nix::poll::poll(&mut [PollFd::new(fd, flags)], PollTimeout::NONE) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
