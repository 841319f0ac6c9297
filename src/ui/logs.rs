//! Lines from the logs, shown as the stream showed them, or as JSON. It must
//! not know where they come from.

use super::style::{Look, colours_of};
use crate::log::ansi::{Filter, Rules, is_harmless};
use crate::log::read::{Line, Position};
use crate::log::{LINE_CAP, plain};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::io::{self, BufWriter, Stdout, Write};

/// Version of the form of [`Record`].
const VERSION: u32 = 1;
/// Bytes of one line that a terminal shows.
const SCREEN_CAP: usize = 8 * 1024;

/// How lines are wanted.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct LogOptions {
    /// How they may look.
    pub look: Look,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// The time before each line.
    pub timestamps: bool,
    /// The name before each line.
    pub prefix: bool,
    /// One JSON object a line instead.
    pub json: bool,
    /// All names of the project, so that each has the colour that it has in
    /// the stream.
    pub names: Vec<String>,
}

/// One line as JSON.
#[derive(Debug, Serialize)]
struct Record<'a> {
    version: u32,
    /// RFC 3339, UTC.
    time: &'a str,
    service: &'a str,
    instance: &'a str,
    stream: &'a str,
    /// Without colours, bytes that are no UTF-8 replaced.
    line: &'a str,
    /// Whether the line goes on in the next record of this stream.
    partial: bool,
    /// The place behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Whose lines they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The declared service.
    pub service: String,
    /// Which of its copies: the name in the stream.
    pub instance: String,
}

/// A source that may have lines.
struct Shown {
    who: Who,
    /// What follows one stream, and the other: a colour may go on from line to
    /// line.
    filters: [Filter; 2],
}

/// Prints lines to standard output.
pub struct LogPrinter {
    options: LogOptions,
    colours: Vec<&'static str>,
    width: usize,
    zone: TimeZone,
    sources: Vec<Shown>,
    out: BufWriter<Stdout>,
    text: Vec<u8>,
}

impl LogPrinter {
    /// A printer that knows no sources.
    pub fn new(options: LogOptions) -> Self {
        Self {
            colours: colours_of(&options.names),
            options,
            width: 0,
            zone: TimeZone::system(),
            sources: Vec::new(),
            out: BufWriter::with_capacity(64 * 1024, io::stdout()),
            text: Vec::new(),
        }
    }

    /// Makes room for a source; the first one has the number 0.
    pub fn add(&mut self, who: Who) {
        self.width = self.width.max(who.instance.len());
        let cap = if self.options.terminal { SCREEN_CAP } else { usize::MAX };
        let Look { colour, .. } = self.options.look;
        let filter = Filter::new(Rules { colour, terminal: self.options.terminal, cap });
        self.sources.push(Shown { who, filters: [filter.clone(), filter] });
    }

    /// Prints a line. An error of the kind `BrokenPipe` means that nobody reads
    /// any more.
    pub fn line(&mut self, source: usize, line: &Line) -> io::Result<()> {
        self.line_at(source, line, None)
    }

    /// The same with the place behind the line, where it is known.
    pub fn line_at(
        &mut self,
        source: usize,
        line: &Line,
        place: Option<Position>,
    ) -> io::Result<()> {
        if self.options.json { self.record(source, line, place) } else { self.text(source, line) }
    }

    /// Prints what was taken so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn record(&mut self, source: usize, line: &Line, place: Option<Position>) -> io::Result<()> {
        let who = &self.sources[source].who;
        let text = plain(&line.text);
        let record = Record {
            version: VERSION,
            time: line.stamp.as_str(),
            service: &who.service,
            instance: &who.instance,
            stream: if line.stderr { "stderr" } else { "stdout" },
            line: &String::from_utf8_lossy(&text),
            partial: line.part,
            cursor: place.map(|place| place.to_string()),
        };
        serde_json::to_writer(&mut self.out, &record)?;
        self.out.write_all(b"\n")
    }

    fn text(&mut self, source: usize, line: &Line) -> io::Result<()> {
        self.text.clear();
        if self.options.timestamps {
            self.put_time(line);
        }
        if self.options.prefix {
            self.put_prefix(source);
        }
        let filter = &mut self.sources[source].filters[usize::from(line.stderr)];
        let short = line.text.len() <= SCREEN_CAP.min(LINE_CAP);
        if short && filter.is_clear() && is_harmless(&line.text, self.options.terminal) {
            self.text.extend_from_slice(&line.text);
        } else {
            let text = line.text.strip_suffix(b"\r").unwrap_or(&line.text);
            filter.feed(text);
            let cut = filter.end_line(&mut self.text);
            if cut > 0 {
                let words = format!(" {} ({cut} bytes more)", self.options.look.dots());
                self.text.extend_from_slice(self.options.look.dim(&words).as_bytes());
            }
        }
        if line.part {
            self.text.extend_from_slice(self.options.look.dots().as_bytes());
        }
        self.text.push(b'\n');
        self.out.write_all(&self.text)
    }

    fn put_time(&mut self, line: &Line) {
        let local = line.stamp.time().map(|time| time.to_zoned(self.zone.clone()));
        let text = local.map_or_else(
            || line.stamp.as_str().to_owned(),
            |local| local.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string(),
        );
        self.text.extend_from_slice(text.as_bytes());
        self.text.push(b' ');
    }

    fn put_prefix(&mut self, source: usize) {
        let name = &self.sources[source].who.instance;
        let at = self.options.names.iter().position(|known| known == name);
        let colour = at.map_or("37", |at| self.colours[at]);
        let padded = format!("{name:width$} |", width = self.width);
        let prefix = self.options.look.paint(colour, &padded);
        self.text.extend_from_slice(prefix.as_bytes());
        self.text.push(b' ');
    }
}
