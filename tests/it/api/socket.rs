//! The API as a stranger sees it: bytes over a unix socket.

use crate::harness::Checkout;
use crate::harness::wait::until;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// The socket of the only run there is.
pub fn path() -> PathBuf {
    let directory = std::env::var("XDG_RUNTIME_DIR").expect("a fence has one");
    until("there is a socket", || {
        let listing = std::fs::read_dir(format!("{directory}/devsup")).ok()?;
        let mut paths = listing.flatten().map(|entry| entry.path());
        paths.find(|path| path.extension().is_some_and(|ending| ending == "sock"))
    })
}

pub fn connect() -> UnixStream {
    UnixStream::connect(path()).expect("somebody listens")
}

/// An answer that was read to its end.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// Everything that is sent until the other end closes.
    pub fn read(mut stream: UnixStream) -> Self {
        let mut bytes = Vec::new();
        // A reset says that it was closed before everything was read.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map(|parts| parts.1.to_owned()).unwrap_or_default();
        Self { status, body }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Asks and reads the whole answer.
pub fn ask(method: &str, target: &str, body: &str) -> Answer {
    let mut stream = connect();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("it is taken");
    Answer::read(stream)
}

pub fn get(target: &str) -> Answer {
    ask("GET", target, "")
}

/// The server-sent events of an answer, each with its id, behind the one of that
/// id.
pub fn events_behind(last: &str, target: &str) -> Vec<(String, Value)> {
    let mut stream = connect();
    let request = format!(
        "GET {target} HTTP/1.0\r\nhost: x\r\naccept: text/event-stream\r\nlast-event-id: {last}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is taken");
    let body = Answer::read(stream).body;
    let event = |text: &str| {
        let (id, data) = text.strip_prefix("id: ")?.split_once("\ndata: ")?;
        Some((id.to_owned(), serde_json::from_str(data).expect("JSON")))
    };
    let blocks = body.split("\n\n").filter(|block| !block.is_empty());
    blocks.map(|block| event(block).unwrap_or_else(|| panic!("no event: {block}"))).collect()
}

/// The records of an answer without an end, one after the other.
pub struct Records(BufReader<UnixStream>);

impl Records {
    pub fn of(target: &str) -> Self {
        let mut stream = connect();
        // Of the older version, so that the body comes as it is.
        let request = format!("GET {target} HTTP/1.0\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert_ne!(reader.read_line(&mut line).expect("there is a head"), 0);
        }
        Self(reader)
    }
}

impl Iterator for Records {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(count) if count > 0 => Some(serde_json::from_str(&line).expect("a record")),
            _ => None,
        }
    }
}

/// Stops a detached run and sees that nothing of it is left.
pub fn ends(checkout: &Checkout) {
    let _ = checkout.down(&[]).ends_with(crate::harness::Exit::Ok);
    checkout.leaves_nothing();
}
