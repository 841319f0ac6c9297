//! Where the pieces of a stream go. It must not know how they were read.

use super::{Clock, Entry};
use crate::log::file::{self, Kind};
use crate::log::lines::{LINE_CAP, Piece};
use crate::log::{Channel, Sink, StreamId};
use crate::model::Secrets;

/// Hands the pieces of one stream on: to the file, to the last lines and to
/// the sink. What is secret goes to none of them.
pub(super) struct Hand<'a> {
    pub id: StreamId,
    pub entry: &'a mut Entry,
    pub sink: &'a mut dyn Sink,
    pub entries: &'a mut Vec<u8>,
    pub clock: &'a Clock,
    pub secrets: &'a Secrets,
    /// The end of the last part, where a secret may have begun.
    pub held: &'a mut Vec<u8>,
}

impl Hand<'_> {
    pub fn on(&mut self, piece: Piece<'_>) {
        let (bytes, part) = match piece {
            Piece::Lines(bytes) => (bytes, false),
            Piece::Part(bytes) => (bytes, true),
        };
        // Before it is masked: what a health check waits for may be in it.
        self.show_watcher(bytes);
        if self.secrets.is_empty() {
            self.give(bytes, part);
        } else {
            self.mask(bytes, part);
        }
    }

    /// The stream is over: nothing can follow what was held.
    pub fn let_go(&mut self) {
        if !self.held.is_empty() {
            self.mask(b"\n", false);
        }
    }

    /// A line that is whole holds all of its secrets; of a part, the end is held
    /// where one may have begun.
    fn mask(&mut self, bytes: &[u8], part: bool) {
        let mut joined = std::mem::take(self.held);
        let bytes = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let settled = if part { self.secrets.settled(bytes) } else { bytes.len() };
        let (now, later) = bytes.split_at(settled);
        *self.held = later.to_vec();
        match self.secrets.mask(now) {
            None => self.give(now, part),
            // A mask can be longer than what it hides.
            Some(masked) if part => {
                masked.chunks(LINE_CAP).for_each(|chunk| self.give(chunk, true));
            }
            Some(masked) => self.give(&masked, false),
        }
    }

    fn give(&mut self, bytes: &[u8], part: bool) {
        self.entry.tail.take(bytes);
        if self.entry.log.is_some() {
            let kind = Kind {
                stderr: self.id.channel == Channel::Err,
                terminal: self.id.channel == Channel::Terminal,
                part,
            };
            file::entries(bytes, kind, &self.clock.stamp, self.entries);
        }
        if part {
            self.sink.part(self.id, bytes);
        } else {
            self.sink.lines(self.id, bytes);
        }
    }

    /// Shows the lines to whoever asked for them, until that is enough.
    fn show_watcher(&mut self, bytes: &[u8]) {
        let Some(watcher) = &mut self.entry.watcher else { return };
        let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut lines = whole.split(|&byte| byte == b'\n');
        let wanted = lines.all(|line| watcher(line.strip_suffix(b"\r").unwrap_or(line)));
        if !wanted {
            self.entry.watcher = None;
        }
    }
}
