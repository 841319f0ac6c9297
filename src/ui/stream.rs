//! The stream as it is shown: a name before each line, one colour a name,
//! whole lines only. It must not know services, only names and bytes.
//!
//! On a terminal a slow or stopped reader never holds up anybody: lines that
//! do not fit the queue are skipped, counted and told. Into a pipe or a file
//! nothing is dropped: the hub is told to wait.

use super::style::{Look, colours_of};
use super::writer::{Output, Writer};
use crate::log::ansi::{Filter, Rules, is_harmless};
use crate::log::{HubEvent, LINE_CAP, Sink, SourceId, StreamId, Waker};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use memchr::memchr_iter;
use std::collections::HashMap;
use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Bytes that may wait for a terminal before lines are skipped.
const TERMINAL_QUEUE: usize = 256 * 1024;
/// Bytes that may wait for a pipe or file before the services have to.
const PIPE_QUEUE: usize = 1024 * 1024;
/// Bytes of one line that a terminal shows.
const SCREEN_CAP: usize = 8 * 1024;
/// How long an unfinished line may rest before it is shown.
const TERMINAL_PATIENCE: Duration = Duration::from_millis(200);
/// The same where nobody is looking at the moment it happens.
const PIPE_PATIENCE: Duration = Duration::from_secs(2);
/// Columns of a separator, where the width is not known.
const WIDTH: u16 = 60;

/// How the stream is wanted.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// How lines may look.
    pub look: Look,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// The time before each line.
    pub timestamps: bool,
    /// The name before each line.
    pub prefix: bool,
    /// All names there will be, so that they are equally wide.
    pub names: Vec<String>,
    /// The width of the terminal.
    pub columns: Option<u16>,
}

/// The sink of the hub that prints.
pub struct Stream {
    options: StreamOptions,
    colours: Vec<&'static str>,
    width: usize,
    zone: TimeZone,
    writer: Option<Writer>,
    prefixes: HashMap<SourceId, Vec<u8>>,
    filters: HashMap<StreamId, Follow>,
    /// What was assembled in this turn.
    out: Vec<u8>,
    now: Timestamp,
    stamp: String,
    /// Whether the terminal is ours.
    screen: bool,
    skipped: u64,
    told_gone: bool,
}

struct Follow {
    filter: Filter,
    /// Parts of a line were shown whose end has not come.
    within: bool,
}

impl Stream {
    /// A stream that has shown nothing yet.
    pub fn new(options: StreamOptions) -> Self {
        Self {
            colours: colours_of(&options.names),
            width: options.names.iter().map(String::len).max().unwrap_or(0),
            options,
            zone: TimeZone::system(),
            writer: None,
            prefixes: HashMap::new(),
            filters: HashMap::new(),
            out: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            stamp: String::new(),
            screen: true,
            skipped: 0,
            told_gone: false,
        }
    }

    fn queue_limit(&self) -> usize {
        if self.options.terminal { TERMINAL_QUEUE } else { PIPE_QUEUE }
    }

    fn rules(&self) -> Rules {
        let cap = if self.options.terminal { SCREEN_CAP } else { LINE_CAP };
        Rules { colour: self.options.look.colour, terminal: self.options.terminal, cap }
    }

    /// Whether lines can be shown now; if not, they are counted.
    fn has_room(&self) -> bool {
        if !self.options.terminal {
            return true;
        }
        let queued = self.writer.as_ref().map_or(0, Writer::queued);
        self.screen && queued + self.out.len() < TERMINAL_QUEUE
    }

    /// Says how many lines were skipped, once there is room again.
    fn tell_skipped(&mut self) {
        let half = self.queue_limit() / 2;
        let room = self.writer.as_ref().is_none_or(|writer| writer.queued() < half);
        if self.skipped > 0 && self.screen && room {
            let count = std::mem::take(&mut self.skipped);
            let lines = if count == 1 { "line" } else { "lines" };
            let words = format!(
                "{} {count} {lines} skipped here; the logs have them all",
                self.options.look.dots()
            );
            let words = self.options.look.dim(&words);
            self.out.extend_from_slice(words.as_bytes());
            self.out.push(b'\n');
        }
    }

    fn follow(&mut self, from: StreamId) -> Follow {
        let rules = self.rules();
        self.filters
            .remove(&from)
            .unwrap_or_else(|| Follow { filter: Filter::new(rules), within: false })
    }

    fn put_prefix(&mut self, id: SourceId) {
        if self.options.timestamps {
            if self.stamp.is_empty() {
                let local = self.now.to_zoned(self.zone.clone());
                self.stamp = local.strftime("%H:%M:%S ").to_string();
            }
            self.out.extend_from_slice(self.stamp.as_bytes());
        }
        if let Some(prefix) = self.prefixes.get(&id) {
            self.out.extend_from_slice(prefix);
        }
    }

    /// Lines that pass through as they are: nothing but copies.
    fn plain_lines(&mut self, id: SourceId, bytes: &[u8]) {
        let start = self.out.len();
        self.put_prefix(id);
        let prefix = self.out.split_off(start);
        let lines = bytes.len() / 64 + 8;
        self.out.reserve(bytes.len() + prefix.len() * lines);
        let mut from = 0;
        for end in memchr_iter(b'\n', bytes) {
            self.out.extend_from_slice(&prefix);
            self.out.extend_from_slice(&bytes[from..=end]);
            from = end + 1;
        }
    }

    /// Lines that have to be followed byte by byte.
    fn followed_lines(&mut self, from: StreamId, bytes: &[u8], follow: &mut Follow) {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.put_prefix(from.source);
            if std::mem::take(&mut follow.within) && !self.options.terminal {
                self.out.extend_from_slice(self.options.look.dots().as_bytes());
            }
            follow.filter.feed(line);
            let cut = follow.filter.end_line(&mut self.out);
            self.end_line(cut);
        }
    }

    fn end_line(&mut self, cut: u64) {
        if cut > 0 {
            let words = format!(" {} ({cut} bytes more)", self.options.look.dots());
            let words = self.options.look.dim(&words);
            self.out.extend_from_slice(words.as_bytes());
        }
        self.out.push(b'\n');
    }

    fn words(&mut self, words: &str) {
        self.hand_over();
        let mut bytes = words.as_bytes().to_vec();
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        if let Some(writer) = &self.writer {
            writer.write(Output::Err, bytes);
        }
    }

    fn hand_over(&mut self) {
        if let Some(writer) = self.writer.as_ref().filter(|_| !self.out.is_empty()) {
            let full = std::mem::replace(&mut self.out, writer.buffer());
            writer.write(Output::Out, full);
        }
    }
}

impl Sink for Stream {
    fn start(&mut self, waker: Waker) -> io::Result<()> {
        self.writer = Some(Writer::start(waker, self.queue_limit() / 2)?);
        Ok(())
    }

    fn turn(&mut self, at: Timestamp) {
        self.now = at;
        self.stamp.clear();
        if self.has_room() {
            self.tell_skipped();
        }
    }

    fn add(&mut self, id: SourceId, name: &str) {
        if !self.options.prefix {
            self.prefixes.insert(id, Vec::new());
            return;
        }
        let at = self.options.names.iter().position(|known| known == name);
        let colour = at.map_or("37", |at| self.colours[at]);
        let padded = format!("{name:width$} |", width = self.width);
        let prefix = format!("{} ", self.options.look.paint(colour, &padded));
        self.prefixes.insert(id, prefix.into_bytes());
        self.filters.retain(|stream, _| stream.source != id);
    }

    fn lines(&mut self, from: StreamId, bytes: &[u8]) {
        if !self.has_room() {
            self.skipped += memchr_iter(b'\n', bytes).count() as u64;
            self.filters.remove(&from);
            return;
        }
        let clear =
            self.filters.get(&from).is_none_or(|follow| !follow.within && follow.filter.is_clear());
        if clear && is_harmless(bytes, self.options.terminal) && self.rules().cap >= LINE_CAP {
            self.plain_lines(from.source, bytes);
        } else {
            let mut follow = self.follow(from);
            self.followed_lines(from, bytes, &mut follow);
            self.filters.insert(from, follow);
        }
        if self.out.len() >= PIPE_QUEUE / 4 {
            self.hand_over();
        }
    }

    fn part(&mut self, from: StreamId, bytes: &[u8]) {
        let mut follow = self.follow(from);
        if self.options.terminal {
            // The filter keeps what fits a line and counts the rest.
            follow.filter.feed(bytes);
        } else {
            self.put_prefix(from.source);
            if follow.within {
                self.out.extend_from_slice(self.options.look.dots().as_bytes());
            }
            follow.filter.feed(bytes);
            follow.filter.end_part(&mut self.out);
            self.out.extend_from_slice(self.options.look.dots().as_bytes());
            self.out.push(b'\n');
        }
        follow.within = true;
        self.filters.insert(from, follow);
    }

    fn partial(&mut self, from: StreamId, bytes: &[u8]) {
        if !self.has_room() {
            return;
        }
        let mut shown = Filter::new(self.rules());
        shown.feed(bytes);
        self.put_prefix(from.source);
        shown.end_part(&mut self.out);
        let mark = format!(" {}", self.options.look.dots());
        let mark = self.options.look.dim(&mark);
        self.out.extend_from_slice(mark.as_bytes());
        self.out.push(b'\n');
    }

    fn say(&mut self, words: &str) {
        if self.screen || !self.options.terminal {
            self.words(words);
        } else {
            self.skipped += words.lines().count() as u64;
        }
    }

    fn separator(&mut self) {
        let look = self.options.look;
        let time = self.now.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        let line = if look.unicode { "─" } else { "-" };
        let columns = usize::from(self.options.columns.unwrap_or(WIDTH)).min(200);
        let side = columns.saturating_sub(time.len() + 6);
        let text = format!("{} {time} {}", line.repeat(4), line.repeat(side));
        let text = look.dim(&text);
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }

    fn screen(&mut self, on: bool) {
        if !on {
            self.hand_over();
        }
        self.screen = on;
    }

    fn resize(&mut self, columns: u16) {
        self.options.columns = Some(columns);
    }

    fn push(&mut self) {
        self.hand_over();
    }

    fn is_full(&mut self) -> bool {
        let queued = self.writer.as_ref().map_or(0, Writer::queued);
        !self.options.terminal && queued >= PIPE_QUEUE
    }

    fn trouble(&mut self) -> Option<HubEvent> {
        let writer = self.writer.as_ref()?;
        if writer.is_gone() && !std::mem::replace(&mut self.told_gone, true) {
            return Some(HubEvent::ReaderGone);
        }
        let error = writer.error()?;
        Some(HubEvent::FileFailed { name: "stdout".to_owned(), error })
    }

    fn flush(&mut self, done: Sender<()>) {
        self.hand_over();
        if let Some(writer) = &self.writer {
            writer.flush(done);
        }
    }

    fn patience(&self) -> Duration {
        if self.options.terminal { TERMINAL_PATIENCE } else { PIPE_PATIENCE }
    }
}
