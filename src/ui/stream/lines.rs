//! How lines are put on the screen: most as they are, some byte by byte. It
//! must not know when there is room for them.

use super::{Follow, Stream};
use crate::log::ansi::{Filter, is_harmless};
use crate::log::{LINE_CAP, StreamId};
use memchr::memchr_iter;

impl Stream {
    /// Whole lines, the first of which may be the end of a longer one.
    pub(super) fn put_lines(&mut self, from: StreamId, bytes: &[u8]) {
        self.set_head(from.source);
        let clear = |follow: &Follow| !follow.within && follow.filter.is_clear();
        let clear = self.follows.get(&from).is_none_or(clear);
        if clear && is_harmless(bytes, self.options.terminal) {
            self.put_harmless(from, bytes);
        } else {
            let mut follow = self.follow(from);
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                self.put_followed(line, &mut follow);
            }
            self.follows.insert(from, follow);
        }
    }

    /// Lines that pass through as they are: nothing but copies.
    fn put_harmless(&mut self, from: StreamId, bytes: &[u8]) {
        let Self { out, head, .. } = self;
        let cap = if self.options.terminal { super::SCREEN_CAP } else { LINE_CAP };
        let lines = bytes.len() / 64 + 8;
        out.reserve(bytes.len() + head.len() * lines);
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes) {
            let line = &bytes[start..=end];
            start = end + 1;
            if line.len() > cap + 1 {
                let mut follow = self.follow(from);
                self.put_followed(line, &mut follow);
                return self.put_harmless(from, &bytes[start..]);
            }
            out.extend_from_slice(head);
            if let Some(text) = line.strip_suffix(b"\r\n") {
                out.extend_from_slice(text);
                out.push(b'\n');
            } else {
                out.extend_from_slice(line);
            }
        }
    }

    /// A line that has to be followed byte by byte.
    fn put_followed(&mut self, line: &[u8], follow: &mut Follow) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.out.extend_from_slice(&self.head);
        if std::mem::take(&mut follow.within) && !self.options.terminal {
            self.put_dots();
        }
        follow.filter.feed(line);
        let cut = follow.filter.end_line(&mut self.out);
        if cut > 0 {
            let dots = self.options.look.dots();
            self.put_dim(&format!(" {dots} ({cut} bytes more)"));
        }
        self.out.push(b'\n');
    }

    /// A part of a line. On a terminal it only waits for the end: the filter
    /// keeps what fits a line and counts the rest.
    pub(super) fn put_part(&mut self, from: StreamId, bytes: &[u8]) {
        let mut follow = self.follow(from);
        follow.filter.feed(bytes);
        if !self.options.terminal {
            self.set_head(from.source);
            self.out.extend_from_slice(&self.head);
            if follow.within {
                self.put_dots();
            }
            follow.filter.end_part(&mut self.out);
            self.put_dots();
            self.out.push(b'\n');
        }
        follow.within = true;
        self.follows.insert(from, follow);
    }

    /// The start of a line that will come again when it is whole. Where parts
    /// of it came before, they are part of what is shown.
    pub(super) fn put_partial(&mut self, from: StreamId, bytes: &[u8]) {
        let follow = self.follows.get(&from);
        let mut filter =
            follow.map_or_else(|| Filter::new(self.rules()), |follow| follow.filter.clone());
        let within = follow.is_some_and(|follow| follow.within);
        self.set_head(from.source);
        self.out.extend_from_slice(&self.head);
        if within && !self.options.terminal {
            self.put_dots();
        }
        filter.feed(bytes);
        filter.end_part(&mut self.out);
        let dots = self.options.look.dots();
        self.put_dim(&format!(" {dots}"));
        self.out.push(b'\n');
    }

    fn follow(&mut self, from: StreamId) -> Follow {
        let rules = self.rules();
        let new = || Follow { filter: Filter::new(rules), within: false };
        self.follows.remove(&from).unwrap_or_else(new)
    }
}
