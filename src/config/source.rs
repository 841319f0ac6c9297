//! Files as text with a name to show. Knows nothing of what the text means.

use super::diagnostic::{Diagnostic, Span, clean};
use crate::model::{nearest, reason};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// More than this is no config file; reading stops there.
const LIMIT: u64 = 1 << 20;

/// A file that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// Its path as the user would write it.
    pub shown: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Where its lines start.
    lines: Vec<usize>,
}

impl Source {
    /// Reads a file. The error says why it can't be used, at the place where
    /// there is one.
    pub fn read(path: &Path, shown_from: &Path) -> Result<Arc<Self>, Diagnostic> {
        let shown = shown(path, shown_from);
        let bytes = read_bounded(path).map_err(|error| unreadable(path, &shown, &error))?;
        Self::decode(path, shown, bytes)
    }

    fn decode(path: &Path, shown: String, bytes: Vec<u8>) -> Result<Arc<Self>, Diagnostic> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Diagnostic::error(format!("`{shown}` is UTF-16")).hint("save it as UTF-8"));
        }
        if bytes.starts_with(b"\x7fELF") {
            let problem = format!("`{shown}` is a program, no config file");
            return Err(Diagnostic::error(problem).hint("name the file that says how to run it"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(path, shown, &text)),
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let byte = error.as_bytes().get(start).copied().unwrap_or_default();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source = Self::new(path, shown, &text);
                let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
                let problem = format!("byte 0x{byte:02x} is not UTF-8");
                Err(Diagnostic::error(problem)
                    .at(&Span::new(&source, start..end))
                    .hint("save the file as UTF-8"))
            }
        }
    }

    /// A source of this text; used by tests and by everything that has the
    /// text already.
    pub fn new(path: &Path, shown: String, text: &str) -> Arc<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Arc::new(Self { path: path.to_owned(), shown, text, lines })
    }

    /// The directory that relative paths in this file start from.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// The nearest place at or before `byte` where a character starts.
    pub fn boundary(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        (0..=byte).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }

    /// Line and column (in characters) of a byte, both from 1.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let byte = self.boundary(byte);
        let line = self.lines.partition_point(|&start| start <= byte);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        (line, 1 + self.text[start..byte].chars().count())
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Why a file can't be read, and what to do about it.
fn unreadable(path: &Path, shown: &str, error: &io::Error) -> Diagnostic {
    let said = |why: &str| Diagnostic::error(format!("`{shown}` can't be read: {why}"));
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => {
            said("it is a link to a file that is not there").hint("mend the link, or remove it")
        }
        io::ErrorKind::NotFound => said("there is no such file").hint_if(near(path).map(|near| {
            let near = Path::new(shown).with_file_name(near);
            format!("did you mean `{}`?", near.display())
        })),
        io::ErrorKind::PermissionDenied => {
            said("permission denied").hint(format!("if it is yours, run `chmod u+r {shown}`"))
        }
        io::ErrorKind::IsADirectory => said("it is a directory").hint("name a file in it"),
        io::ErrorKind::FileTooLarge => said("it is larger than 1 MiB"),
        _ => said(&reason(error)),
    }
}

/// The name of a file beside a missing one that is nearly its own.
pub fn near(path: &Path) -> Option<String> {
    let entries = path.parent()?.read_dir().ok()?;
    let names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(1000).collect();
    nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A path as the user would write it from `from`: relative where that is
/// shorter than three steps up, absolute otherwise.
pub fn shown(path: &Path, from: &Path) -> String {
    for (up, ancestor) in from.ancestors().take(4).enumerate() {
        if let Ok(rest) = path.strip_prefix(ancestor)
            && ancestor.parent().is_some()
        {
            let relative: PathBuf =
                std::iter::repeat_n(Path::new(".."), up).chain([rest]).collect();
            return clean(&relative.display().to_string());
        }
    }
    clean(&path.display().to_string())
}

/// `path` taken from `base`, without `.` steps. `..` stays, since what it means
/// depends on symlinks.
pub fn absolute(path: &Path, base: &Path) -> PathBuf {
    base.join(path).components().filter(|part| *part != Component::CurDir).collect()
}
