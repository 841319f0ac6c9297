//! The log of a service whose supervisor is gone: its guard writes it, in the
//! form and within the limits that the supervisor did.

use super::Rotation;
use super::file::{self, Kind, LogFile};
use super::lines::{Piece, Splitter};
use crate::os::keep::{Keeper, Place, Stream};
use jiff::Timestamp;
use std::time::Instant;

/// What a guard writes with; see [`crate::os::keep::MakeKeeper`].
pub fn keeper(place: &Place) -> Box<dyn Keeper> {
    let rotation = Rotation { max_size: place.max_size, max_files: place.max_files };
    Box::new(Kept {
        file: LogFile::new(place.file.clone(), rotation),
        splitters: Default::default(),
    })
}

struct Kept {
    file: LogFile,
    /// One a stream.
    splitters: [Splitter; 3],
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
    fn finish(&mut self, rest: impl Fn(&mut Splitter, &mut dyn FnMut(Piece<'_>))) {
        let stamp = now();
        let mut entries = Vec::new();
        for (splitter, stream) in self.splitters.iter_mut().zip(STREAMS) {
            rest(splitter, &mut |piece| put(piece, stream, &stamp, &mut entries));
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
        self.splitters[at].feed(bytes, |piece| put(piece, from, &stamp, &mut entries));
        self.write(&entries, &stamp);
    }

    fn note(&mut self, words: &str) {
        let stamp = now();
        self.write(format!("{stamp} stderr F devsup: {words}\n").as_bytes(), &stamp);
    }

    fn pause(&mut self) {
        self.finish(|splitter, to| splitter.interrupt(to));
    }

    fn end(&mut self) {
        self.finish(|splitter, to| splitter.end(to));
    }
}

fn put(piece: Piece<'_>, stream: Stream, stamp: &str, entries: &mut Vec<u8>) {
    let (bytes, part) = match piece {
        Piece::Lines(bytes) => (bytes, false),
        Piece::Part(bytes) => (bytes, true),
    };
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
        let place = Place { file: path.clone(), max_size: 1 << 20, max_files: 3 };
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

    #[test]
    fn it_stays_within_its_limits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("web.log");
        let mut keeper = keeper(&Place { file: path.clone(), max_size: 100, max_files: 2 });
        for _ in 0..20 {
            keeper.take(Stream::Terminal, b"a line\r\n");
        }
        let files = std::fs::read_dir(dir.path()).expect("a directory").count();
        assert_eq!(files, 2);
        assert!(texts(&path).iter().all(|line| line == "stdout F a line"));
        assert!(std::fs::metadata(&path).expect("a file").len() <= 100);
    }
}
