//! Waiting for something to change in a few directories. It must not know what
//! is in them.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

/// How often somebody has to look who can't be told.
const BLIND: Duration = Duration::from_millis(250);

/// Tells when files of some directories were written, made, renamed or removed.
#[derive(Debug)]
pub struct Watch {
    /// `None`: the user has no more of these, and looks again and again.
    inotify: Option<Inotify>,
}

impl Watch {
    /// Watches nothing yet.
    pub fn new() -> Self {
        let flags = InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC;
        Self { inotify: Inotify::init(flags).ok() }
    }

    /// Watches the files of one more directory. Looking at a file is no change.
    pub fn add(&mut self, directory: &Path) {
        let changes = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVE;
        let added =
            self.inotify.as_ref().is_none_or(|one| one.add_watch(directory, changes).is_ok());
        if !added {
            self.inotify = None;
        }
    }

    /// Waits for a change since the last wait, a signal, or the end of this
    /// time.
    pub fn wait(&self, longest: Duration) {
        let Some(inotify) = &self.inotify else {
            pause(&mut [], longest.min(BLIND));
            return;
        };
        pause(&mut [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)], longest);
        // All that happened so far is one reason to look.
        while let Ok(events) = inotify.read_events()
            && !events.is_empty()
        {}
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

fn pause(fds: &mut [PollFd<'_>], longest: Duration) {
    let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
    match poll(fds, timeout) {
        // A signal is a reason to look, too.
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => debug_assert!(false, "waiting for a descriptor can't fail: {errno}"),
    }
}
