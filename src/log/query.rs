//! What is asked of the logs, and the answer: the lines of several sources,
//! merged in the order of their times. It must not know how they are shown,
//! nor who writes them.

use super::ansi;
use super::read::{From, Line, Position, Reader, Stamp};
use regex::bytes::Regex;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only so many of the last ones of each source.
    pub tail: Option<usize>,
    /// None before this time.
    pub since: Option<Stamp>,
    /// None after this time.
    pub until: Option<Stamp>,
    /// Only those whose text, without colours, matches.
    pub grep: Option<Regex>,
}

impl Query {
    fn wants(&self, stamp: Option<Stamp>, text: &[u8]) -> bool {
        let early = stamp < self.since && stamp.is_some();
        let late = self.until.is_some_and(|until| stamp.is_some_and(|stamp| stamp > until));
        !early && !late && self.grep.as_ref().is_none_or(|grep| grep.is_match(&plain(text)))
    }
}

/// A line without colours and movements, as text.
pub fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    if ansi::is_harmless(text, true) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(ansi::plain(text).into_bytes())
    }
}

/// A log that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the log `{path}` can't be read: {error}", path = path.display())]
pub struct ReadError {
    /// Its file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub error: io::Error,
}

/// The logs of several sources, read as one. Sources are numbered from 0 in
/// the order in which they were added.
pub struct Logs {
    query: Query,
    /// Whether somebody may be writing.
    live: bool,
    sources: Vec<Source>,
}

/// One log, and its next line.
struct Source {
    path: PathBuf,
    reader: Reader,
    line: Line,
    /// Whether `line` is one that was not handed out yet.
    ready: bool,
    /// The time of `line`, or a later one that came before it: what makes the
    /// order.
    order: Stamp,
}

impl Logs {
    /// No sources yet. `live`: somebody may be writing to them.
    pub fn new(query: Query, live: bool) -> Self {
        Self { query, live, sources: Vec::new() }
    }

    /// Adds a log, which need not exist yet.
    pub fn add(&mut self, path: &Path) -> Result<(), ReadError> {
        let Self { query, live, .. } = self;
        let is = |stamp: Option<Stamp>, text: &[u8]| query.wants(stamp, text);
        let from = From { tail: query.tail, since: query.since, is: &is, live: *live };
        let opened = Reader::open(path, &from);
        self.push(path, opened)
    }

    /// Adds a log that is read on from a place that was left earlier.
    pub fn add_at(&mut self, path: &Path, place: &Position) -> Result<(), ReadError> {
        let Self { query, live, .. } = self;
        let is = |stamp: Option<Stamp>, text: &[u8]| query.wants(stamp, text);
        let from = From { tail: None, since: None, is: &is, live: *live };
        let opened = Reader::open_at(path, place, &from);
        self.push(path, opened)
    }

    fn push(&mut self, path: &Path, opened: io::Result<Reader>) -> Result<(), ReadError> {
        let path = path.to_owned();
        match opened {
            Ok(reader) => {
                let (line, order) = (Line::default(), Stamp::FIRST);
                self.sources.push(Source { path, reader, line, ready: false, order });
                Ok(())
            }
            Err(error) => Err(ReadError { path, error }),
        }
    }

    /// The place behind the line of this source that was handed out last.
    pub fn position(&self, source: usize) -> Option<Position> {
        self.sources[source].reader.position().ok().flatten()
    }

    /// Lets go of what is only needed while there is something to read.
    pub fn rest(&mut self) {
        for source in &mut self.sources {
            source.reader.rest();
        }
    }

    /// The next line, and the number of its source; `None`: no source has one
    /// now. It can be asked again when something may have been written.
    pub fn next_line(&mut self) -> Result<Option<(usize, &Line)>, ReadError> {
        self.advance(Source::advance)
    }

    /// The same for what has no end, after `next_line` had nothing more. `live`:
    /// somebody may still be writing.
    pub fn finish(&mut self, live: bool) -> Option<(usize, &Line)> {
        let finish = |source: &mut Source, query: &Query| {
            source.finish(live, query);
            Ok(())
        };
        self.advance(finish).unwrap_or_default()
    }

    /// Looks for new files. Returns the sources whose oldest lines have gone
    /// before they were read. Of sources that are added from now on everything
    /// is new.
    pub fn refresh(&mut self) -> Result<Vec<usize>, ReadError> {
        self.query.tail = None;
        let mut lost = Vec::new();
        for (number, source) in self.sources.iter_mut().enumerate() {
            let refreshed = source.reader.refresh();
            refreshed.map_err(|error| ReadError { path: source.path.clone(), error })?;
            if source.reader.lost() {
                lost.push(number);
            }
        }
        Ok(lost)
    }

    fn advance(
        &mut self,
        next: impl Fn(&mut Source, &Query) -> Result<(), ReadError>,
    ) -> Result<Option<(usize, &Line)>, ReadError> {
        for source in self.sources.iter_mut().filter(|source| !source.ready) {
            next(source, &self.query)?;
        }
        let ready = self.sources.iter_mut().enumerate().filter(|(_, source)| source.ready);
        let first = ready.min_by_key(|(_, source)| source.order);
        Ok(first.map(|(number, source)| {
            source.ready = false;
            (number, &source.line)
        }))
    }
}

impl Source {
    fn advance(&mut self, query: &Query) -> Result<(), ReadError> {
        let failed = |error| ReadError { path: self.path.clone(), error };
        while self.reader.next(&mut self.line).map_err(failed)? {
            if query.wants(Some(self.line.stamp), &self.line.text) {
                self.ready = true;
                self.order = self.order.max(self.line.stamp);
                break;
            }
        }
        Ok(())
    }

    fn finish(&mut self, live: bool, query: &Query) {
        while !self.ready && self.reader.finish(live, &mut self.line) {
            self.ready = query.wants(Some(self.line.stamp), &self.line.text);
            self.order = self.order.max(self.line.stamp);
        }
    }
}

#[cfg(test)]
mod tests;
