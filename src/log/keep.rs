//! The log of a service whose supervisor is gone: its guard writes it, in the
//! form and within the limits that the supervisor did.

use super::Rotation;
use super::file::{self, Kind, LogFile};
use super::lines::{Piece, Splitter};
use super::veil::Veil;
use crate::model::Secrets;
use crate::os::keep::{Keeper, Place, Stream};
use jiff::Timestamp;
use std::time::Instant;

/// What a guard writes with; see [`crate::os::keep::MakeKeeper`].
pub fn keeper(place: &Place) -> Box<dyn Keeper> {
    let rotation = Rotation { max_size: place.max_size, max_files: place.max_files };
    Box::new(Kept {
        file: LogFile::new(place.file.clone(), rotation),
        secrets: Secrets::of_lines(&place.secrets),
        streams: Default::default(),
    })
}

struct Kept {
    file: LogFile,
    secrets: Secrets,
    /// One each of [`STREAMS`].
    streams: [Lines; 3],
}

/// The lines of one stream.
#[derive(Default)]
struct Lines {
    splitter: Splitter,
    veil: Veil,
}

const STREAMS: [Stream; 3] = [Stream::Out, Stream::Err, Stream::Terminal];

impl Kept {
    fn write(&mut self, entries: &[u8], stamp: &str) {
        if !entries.is_empty() {
            // The file itself says what is missing, once it can be written.
            let _counted = self.file.append(entries, stamp, Instant::now());
        }
    }

    /// Writes what `rest` makes of each unfinished line.
    fn finish(&mut self, rest: impl Fn(&mut Lines, &Secrets, &mut dyn FnMut(Piece<'_>))) {
        let stamp = now();
        let mut entries = Vec::new();
        for (lines, stream) in self.streams.iter_mut().zip(STREAMS) {
            rest(lines, &self.secrets, &mut |piece| put(piece, stream, &stamp, &mut entries));
        }
        self.write(&entries, &stamp);
        self.file.rest();
    }
}

impl Keeper for Kept {
    fn take(&mut self, from: Stream, bytes: &[u8]) {
        let stamp = now();
        let mut entries = Vec::new();
        let at = STREAMS.iter().position(|&stream| stream == from).unwrap_or(0);
        let Lines { splitter, veil } = &mut self.streams[at];
        let mut to = |piece: Piece<'_>| put(piece, from, &stamp, &mut entries);
        splitter.feed(bytes, |piece| veil.cover(piece, &self.secrets, &mut to));
        self.write(&entries, &stamp);
    }

    fn note(&mut self, words: &str) {
        let stamp = now();
        self.write(format!("{stamp} stderr F devsup: {words}\n").as_bytes(), &stamp);
    }

    fn pause(&mut self) {
        self.finish(|lines, secrets, to| {
            lines.splitter.interrupt(|piece| lines.veil.cover(piece, secrets, to));
            lines.veil.interrupt(to);
        });
    }

    fn end(&mut self) {
        self.finish(|lines, secrets, to| {
            lines.splitter.end(|piece| lines.veil.cover(piece, secrets, to));
            lines.veil.lift(secrets, to);
        });
    }
}

fn put(piece: Piece<'_>, stream: Stream, stamp: &str, entries: &mut Vec<u8>) {
    let (bytes, part) = piece.bytes();
    let kind = Kind { stderr: stream == Stream::Err, terminal: stream == Stream::Terminal, part };
    file::entries(bytes, kind, stamp, entries);
}

fn now() -> String {
    format!("{:.9}", Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &std::path::Path) -> Vec<String> {
        let log = std::fs::read_to_string(path).expect("a log");
        log.lines().map(|line| line.split_once(' ').expect("a stamp").1.to_owned()).collect()
    }

    #[test]
    fn streams_are_kept_apart_and_a_line_goes_on_behind_a_pause() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("web.log");
        let place =
            Place { file: path.clone(), max_size: 1 << 20, max_files: 3, secrets: Vec::new() };
        let mut first = keeper(&place);
        first.note("it is gone");
        first.take(Stream::Out, b"one\ntw");
        first.take(Stream::Err, b"bad\n");
        first.pause();
        let mut second = keeper(&place);
        second.take(Stream::Out, b"o\nthree");
        second.end();
        assert_eq!(
            texts(&path),
            [
                "stderr F devsup: it is gone",
                "stdout F one",
                "stderr F bad",
                "stdout P tw",
                "stdout F o",
                "stdout F three"
            ]
        );
    }

    /// However the reads cut it, and also in a line that is left for another.
    #[test]
    fn what_is_secret_is_not_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("web.log");
        let secrets = b"hunter2hunter2".to_vec();
        let place = Place { file: path.clone(), max_size: 1 << 20, max_files: 3, secrets };
        let mut first = keeper(&place);
        first.take(Stream::Out, b"token hunter2");
        first.take(Stream::Out, b"hunter2\nhunter2hunter2 and");
        first.pause();
        first.take(Stream::Err, b"hunter2hunter2");
        first.end();
        let written = ["stdout F token ********", "stdout P ******** and", "stderr F ********"];
        assert_eq!(texts(&path), written);
    }

    #[test]
    fn it_stays_within_its_limits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("web.log");
        let mut keeper =
            keeper(&Place { file: path.clone(), max_size: 100, max_files: 2, secrets: Vec::new() });
        for _ in 0..20 {
            keeper.take(Stream::Terminal, b"a line\r\n");
        }
        let files = std::fs::read_dir(dir.path()).expect("a directory").count();
        assert_eq!(files, 2);
        assert!(texts(&path).iter().all(|line| line == "stdout F a line"));
        assert!(std::fs::metadata(&path).expect("a file").len() <= 100);
    }
}
