//! One entry of a log: what its line says. It must not know where the line
//! came from. Anything is an entry: what is in no known form is text.

use jiff::Timestamp;
use std::fmt;

/// How long a time is when it is written.
const LENGTH: usize = "2026-11-21T10:00:00.123456789Z".len();

/// A time as the log has it: UTC, to the nanosecond, always the same length,
/// so that the order of the bytes is that of the times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp([u8; LENGTH]);

impl Stamp {
    /// Before all others.
    pub const FIRST: Self = Self(*b"0000-01-01T00:00:00.000000000Z");

    /// The stamp of a time. Those before the year 0 are [`Stamp::FIRST`].
    pub fn of(at: Timestamp) -> Self {
        let text = format!("{at:.9}");
        text.as_bytes().try_into().map_or(Self::FIRST, Self)
    }

    /// As text; RFC 3339.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The time; `None` for one that is in no calendar.
    pub fn time(&self) -> Option<Timestamp> {
        self.as_str().parse().ok()
    }

    /// Reads a stamp of our own form, or another RFC 3339 time.
    fn read(text: &[u8]) -> Option<Self> {
        if let Ok(own) = <[u8; LENGTH]>::try_from(text)
            && own.iter().zip(&Self::FIRST.0).all(|(one, model)| is_like(*one, *model))
        {
            return Some(Self(own));
        }
        let time: Timestamp = str::from_utf8(text).ok()?.parse().ok()?;
        Some(Self::of(time))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_like(byte: u8, model: u8) -> bool {
    if model.is_ascii_digit() { byte.is_ascii_digit() } else { byte == model }
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// When it was written; `None`: it does not say.
    pub stamp: Option<Stamp>,
    /// It came from the standard error.
    pub stderr: bool,
    /// It is a part of a line that goes on in the next entry of this stream.
    pub part: bool,
    pub text: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Reads a line of a log, without its newline.
    pub fn read(line: &'a [u8]) -> Self {
        let text = Self { stamp: None, stderr: false, part: false, text: line };
        Self::in_form(line).unwrap_or(text)
    }

    fn in_form(line: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = word(line)?;
        let (stream, rest) = word(rest)?;
        // An empty line may have lost the blank at its end to an editor.
        let (tags, text) = word(rest).unwrap_or((rest, b""));
        let stderr = match stream {
            b"stdout" => false,
            b"stderr" => true,
            _ => return None,
        };
        let part = match tags.split(|&byte| byte == b':').next()? {
            b"F" => false,
            b"P" => true,
            _ => return None,
        };
        Some(Self { stamp: Some(Stamp::read(stamp)?), stderr, part, text })
    }
}

/// What is before the first blank, and what is behind it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // No word of a head is longer than a time with its zone.
    let window = &text[..text.len().min(64)];
    let end = memchr::memchr(b' ', window)?;
    Some((&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Stamp> {
        Some(Stamp::of(text.parse().expect("a time")))
    }

    #[test]
    fn entries_in_every_form() {
        let time = "2026-11-21T10:00:00.123456789Z";
        let line = format!("{time} stderr P a b ");
        let entry = Entry::read(line.as_bytes());
        let stamp = at(time);
        assert_eq!(entry, Entry { stamp, stderr: true, part: true, text: b"a b " });
        let foreign = "2026-11-21T11:00:00.5+01:00 stdout F:x text";
        let entry = Entry::read(foreign.as_bytes());
        let stamp = at("2026-11-21T10:00:00.500000000Z");
        assert_eq!(entry, Entry { stamp, stderr: false, part: false, text: b"text" });
        let empty = format!("{time} stdout F");
        assert_eq!(Entry::read(empty.as_bytes()).text, b"");
    }

    #[test]
    fn anything_else_is_text() {
        let time = "2026-11-21T10:00:00.123456789Z";
        for line in
            ["", " ", "x", "x y z w", &format!("{time} other F x"), &format!("{time} stdout")]
        {
            let entry = Entry::read(line.as_bytes());
            assert_eq!((entry.stamp, entry.text), (None, line.as_bytes()));
        }
    }

    #[test]
    fn stamps_are_ordered_like_times() {
        let times = ["0001-01-01T00:00:00Z", "2026-11-21T09:59:59.9Z", "2026-11-21T10:00:00Z"];
        let stamps = times.map(at);
        assert!(stamps.is_sorted() && at(times[0]) > Some(Stamp::FIRST));
        assert_eq!(stamps[1].and_then(|stamp| stamp.time()), times[1].parse().ok());
        assert_eq!(Stamp::read(b"2026-99-21T10:00:00.123456789Z").and_then(|s| s.time()), None);
        assert_eq!(at("-000009-01-01T00:00:00Z"), Some(Stamp::FIRST));
    }
}
