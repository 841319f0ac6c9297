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

use super::rotate::{self, Rotation};
use crate::os::descriptor;
use memchr::{memchr_iter, memrchr};
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
    rotation: Rotation,
    /// Bytes in the file, as far as rotation is concerned.
    size: u64,
    trouble: Option<Trouble>,
}

struct Trouble {
    retry: Instant,
    missing: usize,
}

impl LogFile {
    /// A log that is opened, or created, by the first line for it.
    pub fn new(path: PathBuf, rotation: Rotation) -> Self {
        Self { path, file: None, torn: false, rotation, size: 0, trouble: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets go of the descriptor until there is a line again.
    pub fn rest(&mut self) {
        self.file = None;
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
        let lines = if missing == 1 { "line is" } else { "lines are" };
        let note = format!("{stamp} stderr F devsup: {missing} {lines} missing here\n");
        self.write(note.as_bytes()).map_err(|(error, _)| (error, None))?;
        self.trouble = Some(Trouble { retry: Instant::now(), missing: 0 });
        Ok(())
    }

    /// Writes everything, or says what was not written. `bytes` are whole
    /// lines.
    fn write<'a>(&mut self, mut bytes: &'a [u8]) -> Result<(), (io::Error, Option<&'a [u8]>)> {
        while !bytes.is_empty() {
            self.open().map_err(|error| (error, Some(bytes)))?;
            let Some(count) = self.rotation.fitting(self.size, bytes) else {
                self.turn_over();
                continue;
            };
            let (now, later) = bytes.split_at(count);
            let written = self.put(now);
            written.map_err(|(error, done)| (error, Some(&bytes[done..])))?;
            bytes = later;
        }
        Ok(())
    }

    /// Writes all of it into the open file, or says how much was written.
    fn put(&mut self, bytes: &[u8]) -> Result<(), (io::Error, usize)> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.torn {
            file.write_all(b"\n").map_err(|error| (error, 0))?;
            self.torn = false;
        }
        let mut done = 0;
        while done < bytes.len() {
            match file.write(&bytes[done..]) {
                Ok(0) => return Err((io::ErrorKind::WriteZero.into(), done)),
                Ok(count) => {
                    done += count;
                    self.size += count as u64;
                    self.torn = bytes[done - 1] != b'\n';
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.take_back(&bytes[..done]);
                    return Err((error, done));
                }
            }
        }
        Ok(())
    }

    /// Removes the unfinished line at the end of what was just written, as a
    /// full disk leaves it. Not where anybody else writes to the file.
    fn take_back(&mut self, written: &[u8]) {
        let Some(file) = self.file.as_ref().filter(|_| self.torn) else { return };
        let whole = memrchr(b'\n', written).map_or(0, |end| end + 1);
        let size = self.size - (written.len() - whole) as u64;
        if file.metadata().is_ok_and(|meta| meta.len() == self.size) && file.set_len(size).is_ok() {
            self.size = size;
            self.torn = false;
        }
    }

    /// Makes room for a new file. Where that can't be done the old one may grow
    /// by as much again before it is tried once more: too large is better than
    /// incomplete.
    fn turn_over(&mut self) {
        self.size = 0;
        if let Some(file) = &self.file
            && rotate::turn_over(&self.path, file, self.rotation).is_ok()
        {
            self.file = None;
        }
    }

    fn open(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let mut file = descriptor::open_log(&self.path)?;
            self.torn = ends_torn(&mut file)?;
            self.size = file.metadata()?.len();
            self.file = Some(file);
        }
        Ok(())
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

#[cfg(test)]
mod tests;
