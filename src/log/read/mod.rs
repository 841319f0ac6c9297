//! A log read back: the lines a source wrote, from all files of its log, whole
//! again where they were kept in parts. Holds one block and one line in memory,
//! however large the files are. It must not know how lines are shown.
//!
//! Whatever the files contain is read without an error: what is in no known
//! form is a line of text at the time of the one before it.

mod backwards;
mod entry;
mod files;
mod position;

pub use entry::Stamp;
pub use position::{NoPosition, Position};

use super::LINE_CAP;
use backwards::{Place, Start, Wanted};
use entry::Entry;
use files::Piece;
use memchr::memchr;
use position::Spot;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

/// How much is read at once.
const BLOCK: usize = 64 * 1024;
/// What is kept of the buffer by a reader that waits.
const READ_SOON: usize = 4 * 1024;
/// The longest line of a file that is taken in one piece: [`LINE_CAP`] and its
/// head.
const RAW_CAP: usize = LINE_CAP + 1024;
/// The longest line that is put together from its parts, in bytes.
const JOIN_CAP: usize = 1024 * 1024;

/// A line as its source wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it, or its end, was written.
    pub stamp: Stamp,
    /// It came from the standard error.
    pub stderr: bool,
    /// It is the next megabyte, or so, of a line that goes on.
    pub part: bool,
    /// What was written, without its newline.
    pub text: Vec<u8>,
}

impl Default for Line {
    fn default() -> Self {
        Self { stamp: Stamp::FIRST, stderr: false, part: false, text: Vec::new() }
    }
}

/// Which end of a log is read.
pub(super) struct From<'a> {
    /// Only so many of the last lines that are wanted.
    pub tail: Option<usize>,
    /// Nothing that is older.
    pub since: Option<Stamp>,
    /// Which lines count for `tail`, by time and text.
    pub is: &'a dyn Fn(Option<Stamp>, &[u8]) -> bool,
    /// Somebody may be writing, so that an unfinished line at the end is left
    /// for later.
    pub live: bool,
}

/// The log of one source, forwards.
pub(super) struct Reader {
    path: PathBuf,
    /// The files still to be read, oldest first, the one being read included.
    pieces: VecDeque<Piece>,
    /// How many were read before.
    number: usize,
    /// Where in the first file the buffer ends.
    at: u64,
    buffer: Vec<u8>,
    /// Where in the buffer the next line begins.
    start: usize,
    /// Lines before the one that ends here are not wanted.
    show: Option<Place>,
    /// Of both streams: the parts so far of a line that goes on.
    parts: [Option<Vec<u8>>; 2],
    /// Where those begin.
    begun: [Option<Spot>; 2],
    stamp: Stamp,
    lost: bool,
}

impl Reader {
    /// Opens a log, which need not exist yet.
    pub fn open(path: &Path, from: &From<'_>) -> io::Result<Self> {
        let mut pieces = files::open(path, None)?.newer;
        if let Some(since) = from.since.and_then(|since| since.time()) {
            // A file is never older than its last line.
            while pieces.len() > 1 && pieces[0].written()? < since.as_second() {
                pieces.pop_front();
            }
        }
        let mut reader = Self {
            path: path.to_owned(),
            pieces,
            number: 0,
            at: 0,
            buffer: Vec::new(),
            start: 0,
            show: None,
            parts: [None, None],
            begun: [None, None],
            stamp: Stamp::FIRST,
            lost: false,
        };
        if let Some(count) = from.tail {
            reader.skip_to_tail(count, from)?;
        }
        Ok(reader)
    }

    /// Opens a log at a place that was left earlier. Where that is gone, what
    /// there is is read, and it is said that something was lost.
    pub fn open_at(path: &Path, place: &Position, from: &From<'_>) -> io::Result<Self> {
        let mut reader = Self::open(path, &From { tail: None, since: None, ..*from })?;
        let files = reader.pieces.iter().map(Piece::generation).collect::<io::Result<Vec<_>>>()?;
        let find = |spot: Spot| files.iter().position(|&file| file == spot.file);
        let Some(piece) = find(place.next) else {
            reader.lost = !files.is_empty();
            return Ok(reader);
        };
        let open = place.open.and_then(|open| Some((find(open)?, open.at)));
        let (read, at) = open.unwrap_or((piece, place.next.at));
        reader.pieces.drain(..read);
        reader.number = read;
        reader.at = at;
        reader.show = Some(Place { piece, at: place.next.at });
        if reader.pieces[0].size()? < at {
            // It was emptied.
            (reader.at, reader.show, reader.lost) = (0, None, true);
        }
        Ok(reader)
    }

    /// The place behind the last line. Errors: the file can't be read.
    pub fn position(&self) -> io::Result<Option<Position>> {
        let open = self.begun.iter().flatten().next().copied();
        let Some(next) = self.spot(self.start)? else { return Ok(None) };
        Ok(Some(Position { next, open }))
    }

    /// What stands at this place of the buffer, as a place in the file.
    fn spot(&self, start: usize) -> io::Result<Option<Spot>> {
        let at = self.at - (self.buffer.len() - start) as u64;
        let file = self.pieces.front().map(Piece::generation).transpose()?;
        Ok(file.map(|file| Spot { file, at }))
    }

    /// Lets go of what is only needed while there is something to read.
    pub fn rest(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.shrink_to(READ_SOON);
    }

    fn skip_to_tail(&mut self, count: usize, from: &From<'_>) -> io::Result<()> {
        let wanted = Wanted { count, since: from.since, is: from.is, live: from.live };
        match backwards::find(self.pieces.make_contiguous(), &wanted)? {
            Some(Start { read, show }) => {
                self.pieces.drain(..read.piece);
                self.number = read.piece;
                self.at = read.at;
                self.show = Some(show);
            }
            None => self.skip_all()?,
        }
        Ok(())
    }

    fn skip_all(&mut self) -> io::Result<()> {
        while self.pieces.len() > 1 {
            self.next_piece();
        }
        self.at = self.pieces.front().map_or(Ok(0), Piece::size)?;
        Ok(())
    }

    /// Puts the next line into `line`; `false`: there is none yet.
    pub fn next(&mut self, line: &mut Line) -> io::Result<bool> {
        loop {
            match self.raw()? {
                Some((from, to)) => {
                    if self.take(from, to, line) {
                        return Ok(true);
                    }
                }
                // The end of a file that was turned over, or damaged, inside
                // of a line.
                None if self.pieces.len() > 1 => {
                    let (from, to) = (self.start, self.buffer.len());
                    let torn = from < to && self.take(from, to, line);
                    self.next_piece();
                    if torn {
                        return Ok(true);
                    }
                }
                None => return Ok(false),
            }
        }
    }

    /// Puts what has no end into `line`; `false`: there is nothing left. Where
    /// somebody may be writing, the last entry itself may be unfinished, and
    /// is left out.
    pub fn finish(&mut self, growing: bool, line: &mut Line) -> bool {
        let (from, to) = (self.start, self.buffer.len());
        self.start = to;
        if !growing && from < to && self.take(from, to, line) {
            return true;
        }
        for stderr in [false, true] {
            let text = self.parts[usize::from(stderr)].take().unwrap_or_default();
            if !text.is_empty() {
                *line = Line { stamp: self.stamp, stderr, part: growing, text };
                return true;
            }
        }
        false
    }

    /// Looks for what a rotation, or somebody with an editor, did to the files
    /// since.
    pub fn refresh(&mut self) -> io::Result<()> {
        let found = files::open(&self.path, self.pieces.back())?;
        self.lost |= !found.known && !self.pieces.is_empty() && !found.newer.is_empty();
        self.pieces.extend(found.newer);
        let Some(size) = self.pieces.front().map(Piece::size).transpose()? else { return Ok(()) };
        if size < self.at {
            // An unfinished line that was taken back, or a file that was
            // emptied.
            let rest = (self.buffer.len() - self.start) as u64;
            self.at = if size + rest >= self.at { self.at - rest } else { 0 };
            self.buffer.clear();
            self.start = 0;
        }
        Ok(())
    }

    /// Whether lines have gone that were never read, since it was last asked.
    pub fn lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// The next line of the file, as a stretch of the buffer without the
    /// newline; one that is over the cap comes in pieces. `None`: there is
    /// none in this file, or none with an end.
    fn raw(&mut self) -> io::Result<Option<(usize, usize)>> {
        let mut looked = self.start;
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer[looked..]) {
                let line = (self.start, looked + end);
                self.start = line.1 + 1;
                return Ok(Some(line));
            }
            let rest = self.buffer.len() - self.start;
            if rest >= RAW_CAP {
                let line = (self.start, self.start + RAW_CAP);
                self.start = line.1;
                return Ok(Some(line));
            }
            if !self.fill()? {
                return Ok(None);
            }
            looked = self.start + rest;
        }
    }

    /// Reads on; `false`: there is nothing.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(piece) = self.pieces.front() else { return Ok(false) };
        self.buffer.drain(..self.start);
        self.start = 0;
        let rest = self.buffer.len();
        self.buffer.resize(rest + BLOCK, 0);
        let read = piece.read_at(&mut self.buffer[rest..], self.at);
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(rest + count);
        self.at += count as u64;
        read.map(|count| count > 0)
    }

    fn next_piece(&mut self) {
        self.pieces.pop_front();
        self.number += 1;
        self.at = 0;
        self.buffer.clear();
        self.start = 0;
    }

    /// Takes an entry; `true`: it makes a line, which is in `line` now.
    fn take(&mut self, from: usize, to: usize, line: &mut Line) -> bool {
        let at = self.at - (self.buffer.len() - from) as u64;
        let entry = Entry::read(&self.buffer[from..to]);
        // A clock that was set back does not put lines in another order.
        self.stamp = self.stamp.max(entry.stamp.unwrap_or(self.stamp));
        line.stamp = entry.stamp.unwrap_or(self.stamp);
        line.stderr = entry.stderr;
        line.text.clear();
        let parts = &mut self.parts[usize::from(entry.stderr)];
        let length = parts.as_ref().map_or(0, Vec::len) + entry.text.len();
        line.part = entry.part && length > JOIN_CAP;
        if entry.part && !line.part {
            parts.get_or_insert_default().extend_from_slice(entry.text);
            let stream = usize::from(entry.stderr);
            if self.begun[stream].is_none() {
                self.begun[stream] = self.spot(from).ok().flatten();
            }
            return false;
        }
        self.begun[usize::from(entry.stderr)] = None;
        line.text.extend_from_slice(parts.as_deref().unwrap_or_default());
        line.text.extend_from_slice(entry.text);
        // What goes on is kept open, so that its end is found to be one.
        *parts = line.part.then(Vec::new);
        self.is_shown(at)
    }

    fn is_shown(&mut self, at: u64) -> bool {
        let place = Place { piece: self.number, at };
        let shown = self.show.is_none_or(|show| place >= show);
        if shown {
            self.show = None;
        }
        shown
    }
}

#[cfg(test)]
mod tests;
