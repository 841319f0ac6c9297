//! Handing the streams over to another hub, in another program: what was read
//! and is not yet a line goes along, so that none is lost or doubled.

use super::{Message, Mover};
use crate::log::{Begun, Channel, Hub, Source, SourceId, StreamId};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::time::Duration;

/// A source that is handed over.
#[derive(Debug, Default)]
pub struct Handed {
    /// Its streams that have not ended.
    pub streams: Vec<(Channel, OwnedFd)>,
    /// Where it is in its lines.
    pub begun: Begun,
}

impl Hub {
    /// Reads nothing more, and says where everything is; `None`: the hub did
    /// not answer within this time, and goes on.
    pub fn pause(&self, deadline: Duration) -> Option<HashMap<SourceId, Handed>> {
        let (done, handed) = mpsc::channel();
        self.handle.tell(Message::Pause(done));
        let handed = handed.recv_timeout(deadline).ok();
        if handed.is_none() {
            self.resume();
        }
        handed
    }

    /// Goes on reading after [`Hub::pause`].
    pub fn resume(&self) {
        self.handle.tell(Message::Resume);
    }

    /// [`Hub::add`] for a source that was handed over.
    pub fn go_on(&self, source: Source, begun: Begun) {
        self.handle.tell(Message::GoOn(source, begun));
    }
}

impl Mover {
    pub(super) fn pause(&mut self) -> HashMap<SourceId, Handed> {
        self.paused = true;
        let mut handed: HashMap<SourceId, Handed> = HashMap::new();
        for pipe in self.pipes.iter().flatten() {
            let Ok(fd) = pipe.file.try_clone() else { continue };
            let StreamId { source, channel } = pipe.id;
            let one = handed.entry(source).or_default();
            one.streams.push((channel, fd.into()));
            one.begun.pending.push((channel, pipe.splitter.pending().to_vec()));
        }
        for (id, entry) in &self.sources {
            handed.entry(*id).or_default().begun.tail = entry.tail.copy();
        }
        handed
    }

    pub(super) fn go_on(&mut self, source: Source, begun: &Begun) {
        let id = source.id;
        self.add(source);
        let Some(entry) = self.sources.get_mut(&id) else { return };
        entry.tail.take(&begun.tail);
        for at in entry.pipes.clone() {
            let Some(pipe) = self.pipes[at].as_mut() else { continue };
            let pending = begun.pending.iter().find(|(channel, _)| *channel == pipe.id.channel);
            let Some((_, pending)) = pending.filter(|(_, bytes)| !bytes.is_empty()) else {
                continue;
            };
            pipe.splitter.feed(pending, |_| ());
            pipe.show = Some(self.clock.now + pipe.patience);
            self.waiting.push(at);
        }
    }
}
