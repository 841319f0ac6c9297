//! Everything that can happen to the supervisor, and the tasks that listen for
//! it. Each task only turns one kind of readiness into messages of one kind.

use super::clients::Request;
use crate::log::HubEvent;
use crate::os::channel::{Channel, Received};
use crate::os::front::{FrontLink, Note};
use crate::os::guard::Word;
use crate::probe::{self, Told};
use std::io;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedSender;

/// Something happened.
#[derive(Debug)]
pub(super) enum Input {
    /// The front passes something on.
    Front(Note),
    /// A signal came to the supervisor itself.
    Signal(i32),
    /// A child of ours ended.
    Child,
    /// A guard of this unit's start (by number) says something.
    Guard(usize, u32, Word),
    /// That guard's channel ended: the guard is gone.
    GuardGone(usize, u32),
    /// The stream says something.
    Hub(HubEvent),
    /// The probe of this unit's start (by number) has an answer.
    Probed(usize, u32, Told),
    /// A command is to be run for this unit.
    Errand(usize, probe::Order),
    /// Nothing is left of an errand.
    ErrandOver(u32),
    /// Somebody asks over the control socket.
    Client(Request),
}

impl Input {
    /// Whether somebody wants this to be over.
    pub fn asks_to_end(&self) -> bool {
        let notes = [Note::Interrupt, Note::Terminate, Note::Hangup, Note::Gone];
        match self {
            Self::Front(note) => notes.contains(note),
            Self::Signal(_) => true,
            _ => false,
        }
    }
}

/// Where inputs go.
pub(super) type Inputs = UnboundedSender<Input>;

/// Listens to the front until it is gone.
pub(super) async fn hear_front(front: Rc<AsyncFd<FrontLink>>, inputs: Inputs) {
    while let Ok(mut ready) = front.readable().await {
        match front.get_ref().next() {
            Some(note) => {
                let gone = note == Note::Gone;
                let _ = inputs.send(Input::Front(note));
                if gone {
                    return;
                }
            }
            None => ready.clear_ready(),
        }
    }
}

/// Listens to one guard until it is gone.
pub(super) async fn hear_guard(
    channel: Rc<AsyncFd<Channel>>,
    unit: usize,
    start: u32,
    inputs: Inputs,
) {
    let mut buffer = [0; 16];
    while let Ok(mut ready) = channel.readable().await {
        match channel.get_ref().receive(&mut buffer) {
            Ok(Received::Message(count, _)) => {
                if let Some(word) = Word::decode(&buffer[..count]) {
                    let _ = inputs.send(Input::Guard(unit, start, word));
                }
            }
            Ok(Received::Nothing) => ready.clear_ready(),
            Ok(Received::End) | Err(_) => break,
        }
    }
    let _ = inputs.send(Input::GuardGone(unit, start));
}

/// Listens for signals sent to the supervisor itself.
pub(super) fn hear_signals(inputs: &Inputs) -> io::Result<()> {
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for number in [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        signal_hook::low_level::pipe::register(number, theirs)?;
        ours.set_nonblocking(true)?;
        let ours = tokio::net::UnixStream::from_std(ours)?;
        tokio::task::spawn_local(hear_signal(ours, number, inputs.clone()));
    }
    Ok(())
}

async fn hear_signal(pipe: tokio::net::UnixStream, number: i32, inputs: Inputs) {
    let mut buffer = [0; 64];
    while pipe.readable().await.is_ok() {
        match pipe.try_read(&mut buffer) {
            Ok(count) if count > 0 => {
                let child = number == signal_hook::consts::SIGCHLD;
                let input = if child { Input::Child } else { Input::Signal(number) };
                let _ = inputs.send(input);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}
