//! How a log is kept from growing without end: the file `web.log` that is full
//! becomes `web.log.1`, that one `web.log.2`, and the oldest goes. It must not
//! know what is in the files, only that lines end with a newline.

use memchr::{memchr, memrchr};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How large one log may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes after which a file is full. A line is never cut for it, so that a
    /// file with a single longer line is larger.
    pub max_size: u64,
    /// Files that are kept, the current one included; at least 1.
    pub max_files: u32,
}

impl Rotation {
    /// A log that is never rotated.
    pub const NEVER: Self = Self { max_size: u64::MAX, max_files: 1 };

    /// How many of these bytes, which end with a newline, may go into a file
    /// of this size: whole lines only. `None`: the file is full.
    pub(super) fn fitting(self, size: u64, bytes: &[u8]) -> Option<usize> {
        let room = self.max_size.saturating_sub(size);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            return Some(bytes.len());
        }
        let whole = memrchr(b'\n', &bytes[..room]).map(|end| end + 1);
        let first = || memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        whole.or_else(|| (size == 0).then(first))
    }
}

/// Gives the files of a log their next names, so that the next line begins a
/// new one. `current` is the file as the caller has it open: if it has another
/// name by now, somebody else was faster, and nothing is done.
///
/// Every step is a rename or a removal, which a full disk does not prevent.
pub(super) fn turn_over(path: &Path, current: &File, rotation: Rotation) -> io::Result<()> {
    if !is_at(current, path) {
        return Ok(());
    }
    let last = rotation.max_files.saturating_sub(1);
    remove_from(path, last + 1)?;
    if last == 0 {
        return fs::remove_file(path);
    }
    let is_taken = |number: &u32| numbered(path, *number).symlink_metadata().is_ok();
    let taken = (1..last).take_while(is_taken).last().unwrap_or(0);
    for number in (1..=taken).rev() {
        fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    fs::rename(path, numbered(path, 1))
}

/// The name of the file that was current `number` rotations ago.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Removes this file and the older ones: more than one where the limit was
/// higher before.
fn remove_from(path: &Path, first: u32) -> io::Result<()> {
    for number in first.. {
        match fs::remove_file(numbered(path, number)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
