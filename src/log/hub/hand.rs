//! Where the pieces of a stream go. It must not know how they were read.

use super::{Clock, Entry};
use crate::log::file::{self, Kind};
use crate::log::lines::Piece;
use crate::log::{Channel, Sink, StreamId};

/// Hands the pieces of one stream on: to the file, to the last lines and to
/// the sink.
pub(super) struct Hand<'a> {
    pub id: StreamId,
    pub entry: &'a mut Entry,
    pub sink: &'a mut dyn Sink,
    pub entries: &'a mut Vec<u8>,
    pub clock: &'a Clock,
}

impl Hand<'_> {
    /// Hands on what has no secrets any more.
    pub fn give(&mut self, piece: Piece<'_>) {
        let (bytes, part) = piece.bytes();
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

    /// Shows the lines to whoever asked for them, until that is enough; before
    /// they are masked, since what a health check waits for may be secret.
    pub fn show_watcher(&mut self, piece: Piece<'_>) {
        let Some(watcher) = &mut self.entry.watcher else { return };
        let (bytes, _) = piece.bytes();
        let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut lines = whole.split(|&byte| byte == b'\n');
        let wanted = lines.all(|line| watcher(line.strip_suffix(b"\r").unwrap_or(line)));
        if !wanted {
            self.entry.watcher = None;
        }
    }
}
