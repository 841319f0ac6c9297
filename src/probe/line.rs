//! A line of output that says that a service is ready.

use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use tokio::sync::oneshot;

/// Control sequences: colours and the like, titles and links, and the rest.
static SEQUENCES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s-u)\x1b(?:\[[0-?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])").ok()
});

/// Looks at lines until one matches. It is handed to whoever reads the output
/// of the service, in whatever thread.
#[derive(Debug)]
pub struct LineMatcher {
    pattern: Regex,
    found: Option<oneshot::Sender<()>>,
}

impl LineMatcher {
    pub(super) fn new(pattern: Regex) -> (Self, oneshot::Receiver<()>) {
        let (found, told) = oneshot::channel();
        let found = Some(found);
        (Self { pattern, found }, told)
    }

    /// Looks at a line, without its end. `false` when no more lines are wanted.
    pub fn look(&mut self, line: &[u8]) -> bool {
        if self.is_done() {
            return false;
        }
        if self.pattern.is_match(&plain(line))
            && let Some(found) = self.found.take()
        {
            let _ = found.send(());
        }
        !self.is_done()
    }

    /// Found, or nobody waits for it any more.
    fn is_done(&self) -> bool {
        self.found.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

/// The line as it looks: a word in colour is the same word.
fn plain(line: &[u8]) -> Cow<'_, [u8]> {
    match &*SEQUENCES {
        Some(sequences) if memchr::memchr(0x1b, line).is_some() => {
            sequences.replace_all(line, &b""[..])
        }
        _ => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(pattern: &str) -> (LineMatcher, oneshot::Receiver<()>) {
        LineMatcher::new(Regex::new(pattern).expect("a pattern"))
    }

    #[test]
    fn the_first_line_that_matches_is_told_once() {
        let (mut matcher, mut told) = matcher(r"^ready in \d+ ms$");
        assert!(matcher.look(b"not ready in 5 ms"));
        assert!(told.try_recv().is_err());
        assert!(!matcher.look(b"ready in 5 ms"));
        assert_eq!(told.try_recv(), Ok(()));
        assert!(!matcher.look(b"ready in 5 ms"));
    }

    #[test]
    fn colours_titles_and_broken_text_are_no_hindrance() {
        for line in [
            &b"\x1b[32mready\x1b[0m in \x1b[1;31m5\x1b[m ms"[..],
            b"\x1b]0;a title\x07ready in 5 ms",
            b"\x1b]8;;http://a\x1b\\ready\x1b]8;;\x1b\\ in 5 ms",
            b"\x1b(Bready in 5 ms\xff",
        ] {
            let (mut matcher, _told) = matcher(r"^ready in \d+ ms");
            assert!(!matcher.look(line), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn nobody_looks_for_who_is_gone() {
        let (mut matcher, told) = matcher("ready");
        drop(told);
        assert!(!matcher.look(b"nothing"));
    }
}
