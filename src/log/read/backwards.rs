//! A file line by line from its end, and where its last lines begin. Reads no
//! more of a file than it has to, and holds one block and one line of it.

use super::RAW_CAP;
use super::entry::{Entry, Stamp};
use super::files::Piece;
use memchr::memrchr;
use std::io;

/// How much is read at once.
const BLOCK: u64 = 64 * 1024;
/// How far behind the wanted lines their first parts are looked for.
const REACH: u64 = 1024 * 1024;

/// A place in the files of a log: which file, and which byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub piece: usize,
    pub at: u64,
}

/// Where the last lines of a log begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// The first byte to read.
    pub read: Place,
    /// The entry that ends the first line to show.
    pub show: Place,
}

/// Which lines are counted.
pub(super) struct Wanted<'a> {
    /// How many lines.
    pub count: usize,
    /// None before this one is.
    pub since: Option<Stamp>,
    /// Whether a line is, by its time and its text.
    pub is: &'a dyn Fn(Option<Stamp>, &[u8]) -> bool,
    /// The last file may end inside a line that is being written.
    pub live: bool,
}

/// Finds the last lines of these files, the oldest of which comes first.
/// `None`: not one line is wanted.
pub(super) fn find(pieces: &[Piece], wanted: &Wanted<'_>) -> io::Result<Option<Start>> {
    let mut search =
        Search { wanted, count: 0, open: [false; 2], begun: [false; 2], start: None, beyond: 0 };
    for (number, piece) in pieces.iter().enumerate().rev() {
        let newest = number + 1 == pieces.len();
        let mut lines = Backwards::new(piece, newest && wanted.live)?;
        while let Some((at, line)) = lines.next()? {
            if search.step(Place { piece: number, at }, line) {
                return Ok(search.start);
            }
        }
    }
    Ok(search.start)
}

struct Search<'a> {
    wanted: &'a Wanted<'a>,
    count: usize,
    /// Of both streams: a counted line may have parts further up.
    open: [bool; 2],
    /// Of both streams: an entry was seen, so that the line of a part has an
    /// end.
    begun: [bool; 2],
    start: Option<Start>,
    /// Bytes looked at since all lines were found.
    beyond: u64,
}

impl Search<'_> {
    /// Takes the entry before the last one; `true`: no more are needed.
    fn step(&mut self, place: Place, line: &[u8]) -> bool {
        let entry = Entry::read(line);
        if self.is_over(&entry) {
            return true;
        }
        let stream = usize::from(entry.stderr);
        if entry.part && self.begun[stream] {
            if let Some(start) = self.start.as_mut().filter(|_| self.open[stream]) {
                start.read = place;
            }
            return false;
        }
        self.begun[stream] = true;
        self.open[stream] =
            self.count < self.wanted.count && (self.wanted.is)(entry.stamp, entry.text);
        if self.open[stream] {
            self.count += 1;
            self.start = Some(Start { read: place, show: place });
        }
        false
    }

    fn is_over(&mut self, entry: &Entry<'_>) -> bool {
        if self.wanted.since.zip(entry.stamp).is_some_and(|(since, stamp)| stamp < since) {
            return true;
        }
        if self.count < self.wanted.count {
            return false;
        }
        self.beyond += entry.text.len() as u64;
        self.open == [false; 2] || (self.beyond > REACH && !entry.part)
    }
}

/// The lines of one file, the last one first.
struct Backwards<'a> {
    piece: &'a Piece,
    /// A stretch of the file.
    buffer: Vec<u8>,
    /// Where in the buffer the next line ends, its newline included.
    end: usize,
    /// Where in the file the buffer begins.
    at: u64,
}

impl<'a> Backwards<'a> {
    fn new(piece: &'a Piece, live: bool) -> io::Result<Self> {
        let mut lines = Self { piece, buffer: Vec::new(), end: 0, at: piece.size()? };
        if live {
            lines.skip_torn()?;
        }
        Ok(lines)
    }

    /// Passes over what is behind the last newline.
    fn skip_torn(&mut self) -> io::Result<()> {
        while self.fetch()? {
            if let Some(end) = memrchr(b'\n', &self.buffer[..self.end]) {
                self.end = end + 1;
                break;
            }
            self.end = 0;
        }
        Ok(())
    }

    /// The next line up, without its newline, and where it begins. A line that
    /// is over the cap comes in pieces.
    fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        let start = loop {
            // The newline at the end is the line's own.
            let inner = self.end.saturating_sub(1);
            match memrchr(b'\n', &self.buffer[..inner]) {
                Some(before) => break before + 1,
                None if self.end >= RAW_CAP => break 0,
                None if self.fetch()? => {}
                None if self.end == 0 => return Ok(None),
                None => break 0,
            }
        };
        let line = &self.buffer[start..self.end];
        self.end = start;
        Ok(Some((self.at + start as u64, line.strip_suffix(b"\n").unwrap_or(line))))
    }

    /// Puts the block before the buffer in front of it; `false`: there is none.
    fn fetch(&mut self) -> io::Result<bool> {
        let size = self.at.min(BLOCK);
        let mut block = vec![0; usize::try_from(size).unwrap_or(0)];
        let mut filled = 0;
        while filled < block.len() {
            let from = self.at - size + filled as u64;
            match self.piece.read_at(&mut block[filled..], from)? {
                0 => return Ok(false),
                count => filled += count,
            }
        }
        block.extend_from_slice(&self.buffer[..self.end]);
        self.at -= size;
        self.end = block.len();
        self.buffer = block;
        Ok(size > 0)
    }
}
