//! The files of one log, oldest first, while somebody may be rotating them. It
//! must not know what is in them.

use crate::log::rotate::numbered;
use crate::os::files;
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// How long the time at the beginning of a file is.
const STAMP: usize = 30;

/// One file of a log, by whatever name it has by now.
#[derive(Debug)]
pub(super) struct Piece {
    file: File,
    id: (u64, u64),
    generation: OnceCell<u64>,
}

impl Piece {
    /// The file of this name; `None` if there is none.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        let Some(file) = files::reader(path).map_err(io::Error::other)? else { return Ok(None) };
        let meta = file.metadata()?;
        Ok(Some(Self { file, id: (meta.dev(), meta.ino()), generation: OnceCell::new() }))
    }

    /// How many bytes it has now.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// A number by which the file is known, whatever it is called by now. Made
    /// of its beginning too, which is a time: an inode alone is soon another
    /// file's.
    pub fn generation(&self) -> io::Result<u64> {
        if let Some(known) = self.generation.get() {
            return Ok(*known);
        }
        let mut head = [0; STAMP];
        let count = self.read_at(&mut head, 0)?;
        let bytes = [self.id.0, self.id.1].into_iter().flat_map(u64::to_le_bytes);
        let bytes = bytes.chain(head[..count].iter().copied());
        let mix = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let number = bytes.fold(0xcbf2_9ce4_8422_2325, mix);
        // A file that is still so short becomes another number.
        if count == STAMP {
            let _first = self.generation.set(number);
        }
        Ok(number)
    }

    /// When it was last written to, in seconds since 1970.
    pub fn written(&self) -> io::Result<i64> {
        Ok(self.file.metadata()?.mtime())
    }

    /// Reads from a place; 0 bytes at the end.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        loop {
            match self.file.read_at(bytes, at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

/// What was found of a log.
#[derive(Debug)]
pub(super) struct Found {
    /// The files that are newer than the known one, oldest first.
    pub newer: VecDeque<Piece>,
    /// Whether the known one was among the files.
    pub known: bool,
}

/// Opens the files of a log down to the one that is known, or all. From the
/// newest to the oldest: a rotation meanwhile may show a file twice, which is
/// noticed, and hides none.
pub(super) fn open(path: &Path, known: Option<&Piece>) -> io::Result<Found> {
    let mut found = Found { newer: VecDeque::new(), known: false };
    let mut missing = 0;
    for number in 0.. {
        let piece = match number {
            0 => Piece::open(path)?,
            _ => Piece::open(&numbered(path, number))?,
        };
        let Some(piece) = piece else {
            // In the middle of a rotation one number is free.
            missing += 1;
            if missing == 2 {
                break;
            }
            continue;
        };
        missing = 0;
        if known.is_some_and(|known| known.id == piece.id) {
            found.known = true;
            break;
        }
        if found.newer.iter().all(|newer| newer.id != piece.id) {
            found.newer.push_front(piece);
        }
    }
    Ok(found)
}
