//! Attaching to an instance: its input, and a copy of all it writes from now
//! on, for one client.

use super::fleet::Fleet;
use crate::api::desk::Attachment;
use crate::api::{Attached, Code, Fault, unknown};
use crate::model::State;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// How many reads may wait for a client before it is let go; each is 64 kB at
/// most.
const WAITING: usize = 32;

impl Fleet {
    /// Somebody wants to be attached to what is called so.
    pub(super) fn asked_to_attach(&mut self, name: &str) -> Result<Attachment, Fault> {
        let which: Vec<usize> =
            (0..self.units.len()).filter(|&at| self.is_called(at, name)).collect();
        match which[..] {
            [] => Err(unknown(&self.board(), name)),
            [at] => self.attach_to(at),
            _ => {
                let one = &self.units[which[0]].instance;
                let words = format!("there are {} copies of `{name}`", which.len());
                let hint = format!("name one, as `{one}`");
                Err(Fault::new(Code::Conflict, words).with_hint(hint))
            }
        }
    }

    fn attach_to(&mut self, at: usize) -> Result<Attachment, Fault> {
        let unit = &mut self.units[at];
        let instance = unit.instance.to_string();
        let (State::Running { pid, .. }, Some(live)) = (&unit.state, &unit.live) else {
            return Err(Fault::new(Code::Conflict, format!("`{instance}` does not run")));
        };
        let input = live.terminal.as_ref().or(live.input.as_ref()).map(copy).transpose();
        let input = input.map_err(|error| {
            Fault::new(Code::Conflict, format!("no descriptor: {}", super::launch::plain(&error)))
        })?;
        let (terminal, pid) = (live.terminal.is_some(), *pid);
        let (told, exit) = oneshot::channel();
        unit.attached.push(told);
        let (bytes, output) = mpsc::channel(WAITING);
        let too_slow = Arc::new(AtomicBool::new(false));
        let is_slow = Arc::clone(&too_slow);
        let tap = move |read: &[u8]| {
            let taken = bytes.try_send(read.to_vec());
            if let Err(mpsc::error::TrySendError::Full(_)) = taken {
                is_slow.store(true, Ordering::Release);
            }
            taken.is_ok()
        };
        self.hub.tap(unit.source, Box::new(tap));
        let whom = Attached { instance, pid, terminal, input: input.is_some() };
        Ok(Attachment { whom, input, output, too_slow, exit })
    }
}

fn copy(fd: &OwnedFd) -> std::io::Result<OwnedFd> {
    fd.as_fd().try_clone_to_owned()
}
