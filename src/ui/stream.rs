//! The stream as it is shown: a name before each line, one colour a name,
//! whole lines only. It must not know services, only names and bytes.
//!
//! On a terminal a slow or stopped reader never holds up anybody: lines that
//! do not fit the queue are skipped, counted and told. Into a pipe or a file
//! nothing is dropped: the hub is told to wait. The queue is short where the
//! reader is slow, so that a quiet service's line is not late by a flood's.
//!
//! An unfinished line is shown with dots at its end, and again, whole, when
//! its rest has come. A line over the cap is cut on a terminal, with the number
//! of bytes that are left out; into a pipe it comes in parts, with dots where
//! they belong together.

mod lines;

use super::style::{Look, colour_of, colours_of};
use super::writer::{self, Outputs, Writer};
use crate::log::ansi::{Filter, Rules};
use crate::log::{HubEvent, LINE_CAP, Sink, SourceId, StreamId, Waker};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use memchr::memchr_iter;
use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Bytes that may wait for a terminal before lines are skipped.
const TERMINAL_QUEUE: usize = 256 * 1024;
/// Bytes that may wait for a pipe or file before the services have to.
const PIPE_QUEUE: usize = 1024 * 1024;
/// Bytes that are handed over without waiting for the end of a turn.
const CHUNK: usize = 256 * 1024;
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
    /// Looked up when it is first needed, which reads files.
    zone: Option<TimeZone>,
    patience: Duration,
    /// Taken at the start.
    outputs: Option<Outputs>,
    writer: Option<Writer>,
    /// Words go to a terminal, whether or not the lines do.
    words_on_terminal: bool,
    prefixes: HashMap<SourceId, Vec<u8>>,
    follows: HashMap<StreamId, Follow>,
    /// What was assembled in this turn.
    out: Vec<u8>,
    /// What stands before each line of the stream at hand.
    head: Vec<u8>,
    now: Timestamp,
    stamp: String,
    /// Whether the terminal is ours.
    screen: bool,
    skipped: u64,
    told_gone: bool,
}

/// What a stream left behind for its next line.
struct Follow {
    filter: Filter,
    /// Parts of a line were shown whose end has not come.
    within: bool,
}

impl Stream {
    /// A stream that has shown nothing yet; it writes to the standard output
    /// and error of this process.
    pub fn new(options: StreamOptions) -> Self {
        Self {
            colours: colours_of(&options.names),
            width: options.names.iter().map(String::len).max().unwrap_or(0),
            patience: if options.terminal { TERMINAL_PATIENCE } else { PIPE_PATIENCE },
            options,
            zone: None,
            outputs: None,
            writer: None,
            words_on_terminal: false,
            prefixes: HashMap::new(),
            follows: HashMap::new(),
            out: Vec::new(),
            head: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            stamp: String::new(),
            screen: true,
            skipped: 0,
            told_gone: false,
        }
    }

    /// The same for outputs of a test, and with a patience of its own.
    #[cfg(test)]
    fn onto(options: StreamOptions, outputs: Outputs, patience: Duration) -> Self {
        Self { outputs: Some(outputs), patience, ..Self::new(options) }
    }

    /// Starts the threads that write to these outputs.
    pub(super) fn start_onto(&mut self, outputs: Outputs, waker: &Waker) -> io::Result<()> {
        self.words_on_terminal = outputs.err.is_terminal();
        let most = if self.options.terminal { TERMINAL_QUEUE } else { PIPE_QUEUE };
        self.writer = Some(Writer::start(outputs, waker, most)?);
        Ok(())
    }

    fn rules(&self) -> Rules {
        let cap = if self.options.terminal { SCREEN_CAP } else { LINE_CAP };
        Rules { colour: self.options.look.colour, terminal: self.options.terminal, cap }
    }

    /// Whether lines can be shown now; if not, they are counted. Not before the
    /// last gap was told: it has to be told in its place.
    fn has_room(&self) -> bool {
        if !self.options.terminal {
            return true;
        }
        let full = self.writer.as_ref().is_some_and(|writer| writer.is_full(self.out.len()));
        self.screen && !full && self.skipped == 0
    }

    /// Says how many lines were skipped, once there is room again; until then
    /// the hub is woken when there is.
    fn tell_skipped(&mut self) {
        let Some(writer) = &self.writer else { return };
        self.skipped += writer.thrown_away();
        if self.skipped == 0 || !self.screen || !writer.has_half() {
            return;
        }
        let count = writer::lines(std::mem::take(&mut self.skipped));
        let dots = self.options.look.dots();
        self.put_dim(&format!("{dots} {count} skipped here; the logs have them all"));
        self.out.push(b'\n');
    }

    fn put_dim(&mut self, words: &str) {
        let words = self.options.look.dim(words);
        self.out.extend_from_slice(words.as_bytes());
    }

    fn put_dots(&mut self) {
        self.out.extend_from_slice(self.options.look.dots().as_bytes());
    }

    /// The local time of this turn.
    fn time(&mut self) -> &str {
        if self.stamp.is_empty() {
            let zone = self.zone.get_or_insert_with(TimeZone::system);
            let local = self.now.to_zoned(zone.clone());
            self.stamp = local.strftime("%H:%M:%S").to_string();
        }
        &self.stamp
    }

    /// Puts together what comes before each line of a source.
    fn set_head(&mut self, id: SourceId) {
        self.head.clear();
        if self.options.timestamps {
            self.time();
            self.head.extend_from_slice(self.stamp.as_bytes());
            self.head.push(b' ');
        }
        if let Some(prefix) = self.prefixes.get(&id) {
            self.head.extend_from_slice(prefix);
        }
    }

    fn hand_over(&mut self) {
        if let Some(writer) = self.writer.as_ref().filter(|_| !self.out.is_empty()) {
            let full = std::mem::replace(&mut self.out, writer.buffer());
            writer.lines(full);
        }
    }
}

impl Sink for Stream {
    fn start(&mut self, waker: Waker) -> io::Result<()> {
        let outputs = self.outputs.take().map_or_else(Outputs::of_process, Ok)?;
        self.start_onto(outputs, &waker)
    }

    fn turn(&mut self, at: Timestamp) {
        self.now = at;
        self.stamp.clear();
        self.tell_skipped();
    }

    fn add(&mut self, id: SourceId, name: &str) {
        self.follows.retain(|stream, _| stream.source != id);
        let prefix = if self.options.prefix {
            let at = self.options.names.iter().position(|known| known == name);
            let colour = at.map_or_else(|| colour_of(name), |at| self.colours[at]);
            let padded = format!("{name:width$} |", width = self.width);
            format!("{} ", self.options.look.paint(colour, &padded))
        } else {
            String::new()
        };
        self.prefixes.insert(id, prefix.into_bytes());
    }

    fn lines(&mut self, from: StreamId, bytes: &[u8]) {
        if self.skipped > 0 {
            self.tell_skipped();
        }
        if self.has_room() {
            self.put_lines(from, bytes);
            if self.out.len() >= CHUNK {
                self.hand_over();
            }
        } else {
            self.skipped += memchr_iter(b'\n', bytes).count() as u64;
            self.follows.remove(&from);
        }
    }

    fn part(&mut self, from: StreamId, bytes: &[u8]) {
        self.put_part(from, bytes);
    }

    fn partial(&mut self, from: StreamId, bytes: &[u8]) {
        if self.has_room() {
            self.put_partial(from, bytes);
        }
    }

    fn say(&mut self, words: &str) {
        if !self.screen && self.words_on_terminal {
            self.skipped += words.lines().count() as u64;
            return;
        }
        self.hand_over();
        let end = if words.ends_with('\n') { "" } else { "\n" };
        if let Some(writer) = &mut self.writer {
            writer.words(format!("{words}{end}"));
        }
    }

    fn separator(&mut self) {
        let look = self.options.look;
        let columns = usize::from(self.options.columns.unwrap_or(WIDTH)).min(200);
        let time = self.time().to_owned();
        let line = if look.unicode { "─" } else { "-" };
        let side = columns.saturating_sub(time.len() + 6);
        self.put_dim(&format!("{} {time} {}", line.repeat(4), line.repeat(side)));
        self.out.push(b'\n');
    }

    fn screen(&mut self, on: bool) {
        self.hand_over();
        self.screen = on;
        if let Some(writer) = self.writer.as_ref().filter(|_| self.options.terminal) {
            writer.pause(!on);
        }
        if on {
            self.tell_skipped();
        }
    }

    fn resize(&mut self, columns: u16) {
        self.options.columns = Some(columns);
    }

    fn push(&mut self) {
        self.hand_over();
    }

    fn is_full(&mut self) -> bool {
        let more = self.out.len();
        let full = |writer: &Writer| writer.is_full_until_woken(more);
        !self.options.terminal && self.writer.as_ref().is_some_and(full)
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
        self.patience
    }
}

#[cfg(test)]
mod tests;
