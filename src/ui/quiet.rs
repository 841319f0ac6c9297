//! The sink of a run without a terminal: lines go only to the log files, words
//! into a log of the supervisor's own, and, until the caller is let go, to the
//! caller's standard error too.

use super::stream::Stream;
use super::writer::Outputs;
use crate::log::{HubEvent, Journal, Sink, SourceId, StreamId, Waker};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Nobody waits for an unfinished line: it is in the log once it is whole.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The sink of a detached run.
pub struct Quiet {
    /// Who shows words to the caller, as long as there is one.
    words: Option<Stream>,
    journal: Journal,
    now: Timestamp,
}

impl Quiet {
    /// Words go to `stream` as well, whose lines nobody sees.
    pub fn new(stream: Stream, journal: Journal) -> Self {
        Self { words: Some(stream), journal, now: Timestamp::UNIX_EPOCH }
    }
}

impl Sink for Quiet {
    fn start(&mut self, waker: Waker) -> io::Result<()> {
        let out = File::options().write(true).open("/dev/null")?;
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        match &mut self.words {
            Some(words) => words.start_onto(Outputs { out, err }, &waker),
            None => Ok(()),
        }
    }

    fn turn(&mut self, at: Timestamp) {
        self.now = at;
        if let Some(words) = &mut self.words {
            words.turn(at);
        }
    }

    fn add(&mut self, _: SourceId, _: &str) {}

    fn lines(&mut self, _: StreamId, _: &[u8]) {}

    fn part(&mut self, _: StreamId, _: &[u8]) {}

    fn partial(&mut self, _: StreamId, _: &[u8]) {}

    fn say(&mut self, words: &str) {
        self.journal.note(words, self.now);
        if let Some(shown) = &mut self.words {
            shown.say(words);
        }
    }

    fn separator(&mut self) {}

    fn screen(&mut self, on: bool) {
        if let Some(words) = &mut self.words {
            words.screen(on);
        }
    }

    fn resize(&mut self, _: u16) {}

    fn detach(&mut self) {
        self.words = None;
    }

    fn push(&mut self) {
        if let Some(words) = &mut self.words {
            words.push();
        }
    }

    fn is_full(&mut self) -> bool {
        false
    }

    fn trouble(&mut self) -> Option<HubEvent> {
        self.words.as_mut().and_then(Sink::trouble)
    }

    fn flush(&mut self, done: Sender<()>) {
        if let Some(words) = &mut self.words {
            words.flush(done);
        }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}
