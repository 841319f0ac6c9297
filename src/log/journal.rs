//! The supervisor's own words, kept where nobody sees them when they are said.
//! In the form of any log, so that the same tools read it.

use super::Rotation;
use super::ansi;
use super::file::{Kind, LogFile, entries};
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Instant;

/// A log of words.
pub struct Journal {
    file: LogFile,
}

impl Journal {
    /// A journal in this file, which is made by the first word.
    pub fn new(path: PathBuf, rotation: Rotation) -> Self {
        Self { file: LogFile::new(path, rotation) }
    }

    /// Keeps words, which may be several lines, without colours.
    pub fn note(&mut self, words: &str, at: Timestamp) {
        let plain: Vec<String> = words.lines().map(|line| ansi::plain(line.as_bytes())).collect();
        let text = plain.join("\n") + "\n";
        let kind = Kind { stderr: true, terminal: false, part: false };
        let stamp = format!("{at:.9}");
        let mut entry = Vec::new();
        entries(text.as_bytes(), kind, &stamp, &mut entry);
        // There is nowhere else to say it; what is missing is counted there.
        let _unsaid = self.file.append(&entry, &stamp, Instant::now());
    }
}
