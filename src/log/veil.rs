//! Secrets out of one stream, whose pieces may cut them in two. It must not
//! know where the pieces go.

use super::lines::{LINE_CAP, Piece};
use crate::model::Secrets;
use std::borrow::Cow;

/// The veil over one stream.
#[derive(Debug, Default)]
pub(super) struct Veil {
    /// The end of the last part, where a secret may have begun.
    held: Vec<u8>,
}

impl Veil {
    /// Hands a piece on with its secrets masked. A line that is whole holds all
    /// of its own; of a part, the end is held where one may have begun.
    pub fn cover(&mut self, piece: Piece<'_>, secrets: &Secrets, to: &mut dyn FnMut(Piece<'_>)) {
        if secrets.is_empty() {
            return to(piece);
        }
        match piece {
            Piece::Lines(bytes) => {
                let bytes = self.join(bytes);
                to(Piece::Lines(secrets.mask(&bytes).as_deref().unwrap_or(&bytes)));
            }
            Piece::Part(bytes) => {
                let bytes = self.join(bytes);
                let (now, later) = bytes.split_at(secrets.settled(&bytes));
                self.held = later.to_vec();
                // A mask can be longer than what it hides.
                let masked = secrets.mask(now);
                let now = masked.as_deref().unwrap_or(now);
                now.chunks(LINE_CAP).for_each(|chunk| to(Piece::Part(chunk)));
            }
        }
    }

    /// The stream is over: nothing can follow what was held.
    pub fn lift(&mut self, secrets: &Secrets, to: &mut dyn FnMut(Piece<'_>)) {
        if !self.held.is_empty() {
            self.cover(Piece::Lines(b"\n"), secrets, to);
        }
    }

    /// Somebody else goes on with the line, who can't know what was held.
    pub fn interrupt(&mut self, to: &mut dyn FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            to(Piece::Part(&held));
        }
    }

    fn join<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if self.held.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(bytes);
        Cow::Owned(joined)
    }
}
