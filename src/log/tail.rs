//! The last lines of a service, for the notice of its end. It must not know
//! how they are shown.

use super::ansi;
use memchr::memrchr;

/// How many lines are kept.
pub const LINES: usize = 20;
/// How many bytes they may have together.
const BYTES: usize = 16 * 1024;

/// The last lines of a source, all its streams together, in the order in which
/// they were read.
#[derive(Debug, Default)]
pub struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    /// Takes whole lines or a part of one. Costs the same for a hundred lines
    /// as for a hundred thousand, since only the last ones are looked at.
    pub fn take(&mut self, bytes: &[u8]) {
        let (last, all) = last_lines(bytes);
        if all {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(last);
        if self.bytes.len() > 2 * BYTES {
            let keep = last_lines(&self.bytes).0.len();
            self.bytes.drain(..self.bytes.len() - keep);
        }
    }

    /// The bytes that are kept, for another tail to take.
    pub fn copy(&self) -> Vec<u8> {
        last_lines(&self.bytes).0.to_vec()
    }

    /// The lines as plain text, oldest first; forgets them.
    pub fn drain(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut self.bytes);
        let last = last_lines(&bytes).0;
        let last = last.strip_suffix(b"\n").unwrap_or(last);
        if last.is_empty() {
            return Vec::new();
        }
        last.split(|&byte| byte == b'\n').map(ansi::plain).collect()
    }
}

/// The end of `bytes` that is worth keeping, and whether that is enough to
/// forget everything before it.
fn last_lines(bytes: &[u8]) -> (&[u8], bool) {
    let window = &bytes[bytes.len().saturating_sub(BYTES)..];
    let mut start = window.len();
    for _ in 0..=LINES {
        match memrchr(b'\n', &window[..start]) {
            Some(at) => start = at,
            None => return (window, window.len() == BYTES),
        }
    }
    (&window[start + 1..], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(from: usize, to: usize) -> String {
        (from..=to).map(|n| ["line ", &n.to_string(), "\n"].concat()).collect()
    }

    #[test]
    fn only_the_last_lines_are_kept_whether_they_come_at_once_or_one_by_one() {
        let wanted: Vec<String> = (81..=100).map(|n| format!("line {n}")).collect();
        let mut at_once = Tail::default();
        at_once.take(numbered(1, 100).as_bytes());
        assert_eq!(at_once.drain(), wanted);
        let mut one_by_one = Tail::default();
        for n in 1..=100 {
            one_by_one.take(numbered(n, n).as_bytes());
        }
        assert_eq!(one_by_one.drain(), wanted);
        assert_eq!(one_by_one.drain(), Vec::<String>::new());
    }

    #[test]
    fn a_few_lines_are_all_kept_in_order() {
        let mut tail = Tail::default();
        tail.take(b"one\n\n");
        tail.take(b"\x1b[31mthree\x1b[0m\r\n");
        assert_eq!(tail.drain(), ["one", "", "three"]);
    }

    #[test]
    fn giant_lines_cost_no_more_than_the_cap() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            tail.take(&b"x".repeat(64 * 1024));
        }
        assert!(tail.bytes.capacity() <= 8 * BYTES);
        assert!(tail.drain().iter().map(String::len).sum::<usize>() <= BYTES);
    }
}
