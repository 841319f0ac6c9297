//! `devsup serve`, asked as any program on the machine can ask it: bytes over
//! TCP, written here so that they can also be wrong.

use super::{Checkout, Running};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

/// A `devsup serve` that runs.
pub struct Served {
    running: Option<Running>,
    pub port: u16,
    pub token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Checkout {
    /// Serves the project on a free port.
    pub fn serve(&self) -> Served {
        let running = self.start(&["serve", "--port", "0"]).sees("#token=");
        let text = running.text();
        let address = text.lines().find(|line| line.contains("#token=")).expect("it was seen");
        let (place, token) = address.split_once("/#token=").expect("it has a token");
        let port = place.rsplit(':').next().and_then(|port| port.parse().ok());
        let (port, token) = (port.expect("it has a port"), token.trim().to_owned());
        Served { running: Some(running), port, token }
    }
}

impl Served {
    /// The address that lets one in.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/#token={}", self.port, self.token)
    }

    /// The line that lets one in.
    pub fn key(&self) -> String {
        format!("authorization: Bearer {}", self.token)
    }

    /// Asks with exactly these header lines, and a host of ours.
    pub fn ask(&self, request: &str, headers: &[&str], body: &str) -> Answer {
        let host = format!("host: 127.0.0.1:{}", self.port);
        self.ask_as(request, &[&[host.as_str()], headers].concat(), body)
    }

    /// Asks with exactly these header lines.
    pub fn ask_as(&self, request: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        // It may have refused before it has read everything.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Asks as one who may.
    pub fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[&self.key()], "")
    }

    /// Asks for something to be done as one who may.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let json = "content-type: application/json";
        self.ask(&format!("POST {path}"), &[&self.key(), json], &body.to_string())
    }

    /// Ends it.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.signal(nix::sys::signal::Signal::SIGINT).finish();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

impl Answer {
    /// The body as JSON, chunks put together.
    pub fn json(&self) -> Value {
        let start = self.body.find('{').unwrap_or(0);
        let end = self.body.rfind('}').map_or(0, |end| end + 1);
        serde_json::from_str(&self.body[start..end]).unwrap_or(Value::Null)
    }
}
