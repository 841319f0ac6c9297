//! Sockets that answer as a container engine would, or as it should not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use tempfile::TempDir;

/// What a fake engine does with a request.
#[derive(Clone)]
pub enum Reply {
    /// Answers with this status and body.
    Says(u16, String),
    /// Answers with these bytes, which are no HTTP.
    Babbles(&'static str),
    /// Closes the connection.
    HangsUp,
    /// Keeps it open and says nothing.
    Ignores,
}

impl Reply {
    pub fn ok(body: impl Into<String>) -> Self {
        Self::Says(200, body.into())
    }
}

/// A fake engine on a unix socket; lives until the test process ends.
pub struct Fake {
    directory: TempDir,
}

impl Fake {
    /// Answers each `METHOD /path` with what the function says.
    pub fn new(reply: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("socket")).expect("a socket");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let writer = stream.try_clone().expect("a descriptor");
                answer(stream, writer, &reply);
            }
        });
        Self { directory }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    pub fn host(&self) -> String {
        format!("unix://{}", self.path().display())
    }
}

/// The same on a TCP port of the loopback; gives its address.
pub fn on_tcp(reply: impl Fn(&str) -> Reply + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let writer = stream.try_clone().expect("a descriptor");
            answer(stream, writer, &reply);
        }
    });
    format!("tcp://{address}")
}

fn answer(
    reader: impl Read + Send + 'static,
    mut writer: impl Write + Send + 'static,
    reply: &impl Fn(&str) -> Reply,
) -> Option<()> {
    let mut lines = BufReader::new(reader).lines();
    let request = lines.next()?.ok()?;
    let mut words = request.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let path = target.split('?').next()?;
    for line in lines.by_ref() {
        if line.ok()?.is_empty() {
            break;
        }
    }
    let text = match reply(&format!("{method} {path}")) {
        Reply::Says(status, body) => format!(
            "HTTP/1.1 {status} Words\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Babbles(text) => text.to_owned(),
        Reply::HangsUp => return None,
        Reply::Ignores => {
            // Leaked on purpose: a connection that is dropped is closed.
            std::mem::forget((lines, writer));
            return None;
        }
    };
    writer.write_all(text.as_bytes()).ok()?;
    Some(())
}
