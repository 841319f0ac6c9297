//! What ends a run from outside: the end of somebody it belongs to, or of its
//! time; and who is told how it goes.

use super::fleet::Fleet;
use super::input::{Input, Inputs};
use super::stop::Why;
use crate::api::Service;
use crate::os::process::Handle;
use crate::os::ready::watch;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use tokio::io::unix::AsyncFd;

/// How long a run may go on.
#[derive(Debug, Default)]
pub struct Limits {
    /// It ends when this process does.
    pub owner: Option<Handle>,
    /// It ends after this time.
    pub timeout: Option<Duration>,
}

/// Somebody who is told of a run while it goes on; called from the loop, so it
/// must not wait.
pub type Observer = Box<dyn FnMut(Seen<'_>)>;

/// What an observer is told.
#[derive(Debug)]
pub enum Seen<'a> {
    /// An instance is not what it was.
    Service(&'a Service),
    /// Everything is to stop, because of this.
    Stopping(Cause),
}

/// Why everything is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody wants it.
    Asked,
    /// Its owner has ended.
    OwnerGone,
    /// Its time is over.
    TimeUp,
    /// One of its services has ended.
    Ended,
}

impl Cause {
    fn of(why: &Why) -> Self {
        match why {
            Why::Interrupt | Why::Asked | Why::TerminalGone | Why::ReaderGone => Self::Asked,
            Why::OwnerGone => Self::OwnerGone,
            Why::TimeUp => Self::TimeUp,
            Why::Ended(_) => Self::Ended,
        }
    }
}

impl Fleet {
    /// Tells the observer, if there is one, of a unit.
    pub(super) fn observe(&mut self, service: &Service) {
        if let Some(observer) = &mut self.observer {
            observer(Seen::Service(service));
        }
    }

    /// Tells the observer, if there is one, that the run is to end.
    pub(super) fn observe_stop(&mut self, why: &Why) {
        if let Some(observer) = &mut self.observer {
            observer(Seen::Stopping(Cause::of(why)));
        }
    }
}

/// Has the limits of a run end it.
pub(super) fn keep(limits: Limits, inputs: &Inputs) -> io::Result<()> {
    if let Some(owner) = limits.owner {
        let owner = watch(owner.as_fd().try_clone_to_owned()?)?;
        tokio::task::spawn_local(await_end(owner, inputs.clone()));
    }
    if let Some(time) = limits.timeout {
        let inputs = inputs.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(time).await;
            let _ = inputs.send(Input::Limit(Why::TimeUp));
        });
    }
    Ok(())
}

/// A handle on a process is readable once it has ended.
async fn await_end(owner: AsyncFd<OwnedFd>, inputs: Inputs) {
    if owner.readable().await.is_ok() {
        let _ = inputs.send(Input::Limit(Why::OwnerGone));
    }
}
