//! Bytes to lines. It must not know where the bytes come from, what they mean
//! or where the lines go.

use memchr::{memchr, memrchr};

/// The longest line that stays in one piece, in bytes without its newline.
pub const LINE_CAP: usize = 64 * 1024;

/// Something that was read to its end, or to the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One or more whole lines, each with its newline and none over the cap.
    /// The first one may be the end of a line whose parts came before.
    Lines(&'a [u8]),
    /// [`LINE_CAP`] bytes of a line that goes on.
    Part(&'a [u8]),
}

impl<'a> Piece<'a> {
    /// What was read, and whether it is but a part of a line.
    pub fn bytes(self) -> (&'a [u8], bool) {
        match self {
            Self::Lines(bytes) => (bytes, false),
            Self::Part(bytes) => (bytes, true),
        }
    }
}

/// Puts the lines of one stream together, however the bytes are cut. Holds one
/// unfinished line of at most [`LINE_CAP`] bytes.
#[derive(Debug, Default)]
pub struct Splitter {
    pending: Vec<u8>,
}

impl Splitter {
    /// Takes the next bytes and hands on what they complete, without a copy
    /// except for lines that began in an earlier call.
    pub fn feed(&mut self, bytes: &[u8], mut to: impl FnMut(Piece<'_>)) {
        let Some(last) = memrchr(b'\n', bytes) else {
            return self.hold(bytes, &mut to);
        };
        let (mut whole, rest) = bytes.split_at(last + 1);
        if !self.pending.is_empty() {
            whole = self.complete(whole, &mut to);
        }
        hand_on(whole, &mut to);
        self.hold(rest, &mut to);
    }

    /// The unfinished line so far.
    pub fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// Nothing more will come: the unfinished line, if there is one, is given
    /// a newline and handed on as it is.
    pub fn end(&mut self, mut to: impl FnMut(Piece<'_>)) {
        if !self.pending.is_empty() {
            self.complete(b"\n", &mut to);
        }
    }

    /// Somebody else goes on: the unfinished line, if there is one, is handed
    /// on as a part, so that its rest can follow.
    pub fn interrupt(&mut self, mut to: impl FnMut(Piece<'_>)) {
        if !self.pending.is_empty() {
            to(Piece::Part(&self.pending));
            self.pending.clear();
        }
    }

    fn complete<'a>(&mut self, whole: &'a [u8], to: &mut impl FnMut(Piece<'_>)) -> &'a [u8] {
        let end = memchr(b'\n', whole).unwrap_or(whole.len() - 1);
        self.hold(&whole[..end], to);
        self.pending.push(b'\n');
        to(Piece::Lines(&self.pending));
        self.pending.clear();
        &whole[end + 1..]
    }

    fn hold(&mut self, mut bytes: &[u8], to: &mut impl FnMut(Piece<'_>)) {
        while self.pending.len() + bytes.len() > LINE_CAP {
            let (head, rest) = bytes.split_at(LINE_CAP - self.pending.len());
            self.pending.extend_from_slice(head);
            to(Piece::Part(&self.pending));
            self.pending.clear();
            bytes = rest;
        }
        self.pending.extend_from_slice(bytes);
    }
}

/// Hands on whole lines, cutting those that are over the cap.
fn hand_on(mut whole: &[u8], to: &mut impl FnMut(Piece<'_>)) {
    while !whole.is_empty() {
        let window = &whole[..whole.len().min(LINE_CAP + 1)];
        let used = if let Some(end) = memrchr(b'\n', window) {
            to(Piece::Lines(&whole[..=end]));
            end + 1
        } else {
            to(Piece::Part(&whole[..LINE_CAP]));
            LINE_CAP
        };
        whole = &whole[used..];
    }
}

#[cfg(test)]
mod tests;
