//! The log file of a source: every line it ever wrote, in the CRI format that
//! known tools read, as
//!
//! ```text
//! 2026-11-21T10:00:00.123456789Z stdout F a whole line
//! 2026-11-21T10:00:00.123456789Z stderr P a part of a longer one
//! ```
//!
//! The bytes of a line are those the service wrote, colours and all, so that
//! nothing is lost and `logs` can show them as the stream did; only the
//! carriage return that a terminal puts before each newline is left out. It
//! must not know streams, services or screens.

use crate::os::descriptor;
use memchr::memchr_iter;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a file that could not be written is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// An append-only log.
pub struct LogFile {
    path: PathBuf,
    file: Option<File>,
    /// The file ends inside a line.
    torn: bool,
    trouble: Option<Trouble>,
}

struct Trouble {
    retry: Instant,
    missing: usize,
}

impl LogFile {
    /// A log that is opened, or created, by the first line for it.
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, torn: false, trouble: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends entries made by [`entries`]. Fails once for each time that the
    /// file stops being writable; until it is tried again the lines are only
    /// counted, and their number is the first entry after the gap.
    pub fn append(&mut self, entries: &[u8], stamp: &str, now: Instant) -> io::Result<()> {
        if self.trouble.as_ref().is_some_and(|trouble| now < trouble.retry) {
            self.miss(entries);
            return Ok(());
        }
        let written = self.note_gap(stamp).and_then(|()| self.write(entries));
        let Err((error, rest)) = written.map_err(|(error, rest)| (error, rest.unwrap_or(entries)))
        else {
            self.trouble = None;
            return Ok(());
        };
        let first = self.trouble.is_none();
        let trouble = self.trouble.get_or_insert(Trouble { retry: now, missing: 0 });
        trouble.retry = now + RETRY;
        self.miss(rest);
        if first { Err(error) } else { Ok(()) }
    }

    fn miss(&mut self, entries: &[u8]) {
        if let Some(trouble) = &mut self.trouble {
            trouble.missing += memchr_iter(b'\n', entries).count();
        }
    }

    /// Says in the file itself what is missing from it.
    fn note_gap(&mut self, stamp: &str) -> Result<(), (io::Error, Option<&'static [u8]>)> {
        let Some(Trouble { missing, .. }) = self.trouble else {
            return Ok(());
        };
        let note = format!("{stamp} stderr F devsup: {missing} lines are missing here\n");
        self.write(note.as_bytes()).map_err(|(error, _)| (error, None))?;
        self.trouble = Some(Trouble { retry: Instant::now(), missing: 0 });
        Ok(())
    }

    /// Writes everything, or says what was not written.
    fn write<'a>(&mut self, mut bytes: &'a [u8]) -> Result<(), (io::Error, Option<&'a [u8]>)> {
        let (file, torn) = match self.open() {
            Ok(file) => file,
            Err(error) => return Err((error, Some(bytes))),
        };
        if *torn {
            file.write_all(b"\n").map_err(|error| (error, Some(bytes)))?;
            *torn = false;
        }
        while !bytes.is_empty() {
            match file.write(bytes) {
                Ok(0) => return Err((io::ErrorKind::WriteZero.into(), Some(bytes))),
                Ok(count) => {
                    *torn = bytes[count - 1] != b'\n';
                    bytes = &bytes[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((error, Some(bytes))),
            }
        }
        Ok(())
    }

    fn open(&mut self) -> io::Result<(&mut File, &mut bool)> {
        if self.file.is_none() {
            let mut file = descriptor::open_log(&self.path)?;
            self.torn = ends_torn(&mut file)?;
            self.file = Some(file);
        }
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        Ok((file, &mut self.torn))
    }
}

/// Whether an earlier run was killed in the middle of a line.
fn ends_torn(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0] != b'\n')
}

/// Which lines [`entries`] makes entries of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// They came from the standard error.
    pub stderr: bool,
    /// They went through a terminal, which ends each line by `\r\n`.
    pub terminal: bool,
    /// They are no whole lines but one part of a longer one.
    pub part: bool,
}

/// Writes the entries of `bytes`, all with the time `stamp`, to the end of
/// `to`.
pub fn entries(bytes: &[u8], kind: Kind, stamp: &str, to: &mut Vec<u8>) {
    let stream = if kind.stderr { "stderr" } else { "stdout" };
    let tag = if kind.part { "P" } else { "F" };
    let head = format!("{stamp} {stream} {tag} ");
    if kind.part {
        to.extend_from_slice(head.as_bytes());
        to.extend_from_slice(bytes);
        to.push(b'\n');
        return;
    }
    let mut start = 0;
    for end in memchr_iter(b'\n', bytes) {
        to.extend_from_slice(head.as_bytes());
        if kind.terminal && end > start && bytes[end - 1] == b'\r' {
            to.extend_from_slice(&bytes[start..end - 1]);
            to.push(b'\n');
        } else {
            to.extend_from_slice(&bytes[start..=end]);
        }
        start = end + 1;
    }
}
