//! What goes over the wire while somebody is attached to a service: pieces in
//! both directions, each a byte for its kind, two bytes for its length (the
//! higher one first) and as many bytes as that.
//!
//! | kind | from | payload |
//! | --- | --- | --- |
//! | 0 | both | what is typed, what is written |
//! | 1 | client | its size: rows and columns, two bytes each |
//! | 2 | supervisor | an [`Attached`], as JSON; comes first |
//! | 3 | supervisor | the exit code (128 and the signal's number where one ended it), four bytes; comes last |
//! | 4 | supervisor | nothing: the client read too slowly and is let go |

use crate::model::Pid;
use serde::{Deserialize, Serialize};

/// The name of this protocol in the `upgrade` header.
pub const ATTACH: &str = "devsup-attach";

/// Whom one is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attached {
    /// The instance.
    pub instance: String,
    /// Its leader.
    pub pid: Pid,
    /// Whether it has a terminal.
    pub terminal: bool,
    /// Whether it hears what is typed.
    pub input: bool,
}

/// One piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What is typed or written.
    Bytes(Vec<u8>),
    /// The client's size, in rows and columns.
    Size(u16, u16),
    /// Whom one is attached to.
    Attached(Attached),
    /// The service has ended, with this code.
    Exit(i32),
    /// The client read too slowly.
    TooSlow,
}

impl Piece {
    /// Puts it, or as many as are needed, behind what there is.
    pub fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => {
                bytes.chunks(usize::from(u16::MAX)).for_each(|part| put(0, part, to));
            }
            Self::Size(rows, columns) => {
                put(1, &[rows.to_be_bytes(), columns.to_be_bytes()].concat(), to);
            }
            Self::Attached(whom) => put(2, &serde_json::to_vec(whom).unwrap_or_default(), to),
            Self::Exit(code) => put(3, &code.to_be_bytes(), to),
            Self::TooSlow => put(4, &[], to),
        }
    }

    /// Takes the first whole piece off; `None` where there is none yet. What
    /// can't be understood is passed over.
    pub fn take(from: &mut Vec<u8>) -> Option<Self> {
        loop {
            let &[kind, high, low] = from.first_chunk()?;
            let end = 3 + usize::from(u16::from_be_bytes([high, low]));
            let known = Self::read(kind, from.get(3..end)?);
            from.drain(..end);
            if known.is_some() {
                return known;
            }
        }
    }

    fn read(kind: u8, payload: &[u8]) -> Option<Self> {
        match (kind, payload) {
            (0, bytes) => Some(Self::Bytes(bytes.to_vec())),
            (1, &[a, b, c, d]) => {
                Some(Self::Size(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
            }
            (2, json) => serde_json::from_slice(json).ok().map(Self::Attached),
            (3, &[a, b, c, d]) => Some(Self::Exit(i32::from_be_bytes([a, b, c, d]))),
            (4, []) => Some(Self::TooSlow),
            _ => None,
        }
    }
}

fn put(kind: u8, payload: &[u8], to: &mut Vec<u8>) {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    to.push(kind);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_survive_the_journey_however_they_are_cut() {
        let pid = Pid::new(7).expect("a pid");
        let instance = "web".to_owned();
        let pieces = [
            Piece::Attached(Attached { instance, pid, terminal: true, input: true }),
            Piece::Bytes(b"hello".to_vec()),
            Piece::Size(24, 80),
            Piece::Exit(-1),
            Piece::TooSlow,
        ];
        let mut sent = vec![9, 0, 1, b'?'];
        for piece in &pieces {
            piece.put(&mut sent);
        }
        let (mut got, mut heard) = (Vec::new(), Vec::new());
        for byte in sent {
            heard.push(byte);
            got.extend(Piece::take(&mut heard));
        }
        assert_eq!((got.as_slice(), heard.as_slice()), (pieces.as_slice(), [].as_slice()));
    }

    #[test]
    fn many_bytes_are_several_pieces() {
        let mut sent = Vec::new();
        Piece::Bytes(vec![b'x'; 100_000]).put(&mut sent);
        let mut sum = 0;
        while let Some(Piece::Bytes(bytes)) = Piece::take(&mut sent) {
            sum += bytes.len();
        }
        assert_eq!((sum, sent.len()), (100_000, 0));
    }
}
