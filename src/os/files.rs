//! Files in a directory that somebody else may have prepared for us: never
//! through a link, never waiting on a fifo, never more than a cap.
//!
//! Must not know what the files are for.

use super::peer;
use nix::libc::{ELOOP, O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a file's text is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A directory, a link, a fifo, a device.
    #[error("it is no regular file")]
    Irregular,
    /// Not ours.
    #[error("it belongs to another user")]
    Foreign,
    /// Its mode lets the group or everybody write.
    #[error("others may write it")]
    Writable,
    /// Larger than the cap.
    #[error("it is too large")]
    Large,
    /// The system said no.
    #[error("{0}")]
    Io(#[source] io::Error),
}

/// Reads a file that only we can have written; `None` if there is none.
pub fn read(path: &Path, cap: u64) -> Result<Option<Vec<u8>>, Refused> {
    let Some(file) = reader(path)? else { return Ok(None) };
    judge(&file, cap)?;
    let mut bytes = Vec::new();
    file.take(cap + 1).read_to_end(&mut bytes).map_err(Refused::Io)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= cap);
    if fits { Ok(Some(bytes)) } else { Err(Refused::Large) }
}

fn judge(file: &File, cap: u64) -> Result<(), Refused> {
    let meta = file.metadata().map_err(Refused::Io)?;
    if !meta.is_file() {
        return Err(Refused::Irregular);
    }
    if meta.uid() != peer::own_uid() {
        return Err(Refused::Foreign);
    }
    if meta.mode() & 0o022 != 0 {
        return Err(Refused::Writable);
    }
    if meta.len() > cap { Err(Refused::Large) } else { Ok(()) }
}

fn is_link_error(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ELOOP)
}

/// What a file is called while it is written.
pub fn temporary(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!(".{name}.new"))
}

/// Puts a file in place in one step, so that a reader sees the old text or the
/// new one. Not synced to the disk: what a crash of the machine could lose
/// would be void after it anyway.
pub fn replace(dir: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let temporary = temporary(dir, name);
    let create = || {
        let flags = O_NOFOLLOW | O_CLOEXEC;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).custom_flags(flags).open(&temporary)
    };
    let mut file = create().or_else(|_| {
        // Left over from somebody who was killed while writing it.
        let _gone = fs::remove_file(&temporary);
        create()
    })?;
    file.write_all(text)?;
    fs::rename(&temporary, dir.join(name))
}

/// Opens a file of ours to append to it, mode 0600, created if it is missing.
pub fn appender(path: &Path) -> Result<File, Refused> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        .open(path)
        .map_err(Refused::Io)?;
    judge(&file, u64::MAX)?;
    Ok(file)
}

/// Reads at most the last `cap` bytes of a file of ours.
pub fn read_tail(path: &Path, cap: u64) -> Result<Vec<u8>, Refused> {
    let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    let mut file =
        OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(Refused::Io)?;
    judge(&file, u64::MAX)?;
    let length = file.metadata().map_err(Refused::Io)?.len();
    let from = length.saturating_sub(cap);
    io::Seek::seek(&mut file, io::SeekFrom::Start(from)).map_err(Refused::Io)?;
    let mut bytes = Vec::new();
    file.take(cap).read_to_end(&mut bytes).map_err(Refused::Io)?;
    Ok(bytes)
}

/// Opens a regular file of ours to read it; `None` if there is none.
pub fn reader(path: &Path) -> Result<Option<File>, Refused> {
    let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => judge(&file, u64::MAX).map(|()| Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if is_link_error(&error) => Err(Refused::Irregular),
        Err(error) => Err(Refused::Io(error)),
    }
}
