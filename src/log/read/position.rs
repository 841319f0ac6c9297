//! A place in a log that is found again later: by another reader, in another
//! process, after the files were turned over. As text it has no blank and no
//! comma.

use std::fmt;
use std::str::FromStr;

/// A byte of a file, which is known by what it is and not by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// Which file; see `Piece::generation`.
    pub file: u64,
    pub at: u64,
}

/// The place behind a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Where the next entry begins.
    pub(super) next: Spot,
    /// Where a line begins whose end has not come yet, if there is one.
    pub(super) open: Option<Spot>,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.file, self.at)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.next.fmt(f)?;
        self.open.map_or(Ok(()), |open| write!(f, "-{open}"))
    }
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPosition;

impl FromStr for Spot {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (file, at) = text.split_once('.').ok_or(NoPosition)?;
        let number = |digits: &str| u64::from_str_radix(digits, 16).map_err(|_| NoPosition);
        Ok(Self { file: number(file)?, at: number(at)? })
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        match text.split_once('-') {
            Some((next, open)) => Ok(Self { next: next.parse()?, open: Some(open.parse()?) }),
            None => Ok(Self { next: text.parse()?, open: None }),
        }
    }
}
