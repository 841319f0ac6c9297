//! One question and its answer over a connection of its own, as HTTP has it.
//! It must not know what is asked.

use super::ClientError;
use crate::api::types::Failure;
use crate::os::peer;
use httparse::{EMPTY_HEADER, Response, Status};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest line of an answer, and longest answer in one piece: a report of
/// many thousand processes.
const LONGEST: usize = 64 << 20;
/// Longest head of an answer.
const LONGEST_HEAD: usize = 64 << 10;
/// How long a request may take to be taken.
const WRITE_TIME: Duration = Duration::from_secs(5);

/// An open question.
#[derive(Debug)]
pub(super) struct Exchange {
    stream: UnixStream,
    /// What was read and is not yet understood.
    raw: Vec<u8>,
    /// `None` until the head of the answer is there.
    framing: Option<Framing>,
    is_well: bool,
    is_upgraded: bool,
    /// What was understood of the body and not yet handed out.
    body: Vec<u8>,
}

/// How the body comes, and what is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// So many bytes.
    Length(usize),
    /// The rest of a chunk.
    Chunk(usize),
    /// The end of a chunk's line.
    ChunkEnd,
    /// The size of a chunk.
    ChunkSize,
    /// Whatever comes until the connection ends.
    ToTheEnd,
    /// Nothing.
    Over,
}

impl Exchange {
    /// Connects and asks.
    pub fn begin(
        path: &Path,
        method: &str,
        target: &str,
        body: Option<&[u8]>,
    ) -> Result<Self, ClientError> {
        let length = body.map_or(0, <[u8]>::len);
        let more = format!(
            "connection: close\r\ncontent-type: application/json\r\ncontent-length: {length}"
        );
        Self::ask(path, method, target, &more, body.unwrap_or_default())
    }

    /// Asks for another protocol, and hands the connection over to it, with what
    /// was read of it already.
    pub fn upgrade(
        path: &Path,
        target: &str,
        protocol: &str,
        deadline: Instant,
    ) -> Result<(UnixStream, Vec<u8>), ClientError> {
        let more = format!("connection: upgrade\r\nupgrade: {protocol}");
        let mut asked = Self::ask(path, "GET", target, &more, &[])?;
        while asked.framing.is_none() {
            asked.advance(deadline)?;
        }
        if asked.is_upgraded {
            asked.stream.set_read_timeout(None).map_err(ClientError::Io)?;
            return Ok((asked.stream, asked.raw));
        }
        asked.whole(deadline)?;
        Err(ClientError::Nonsense("no upgrade".to_owned()))
    }

    fn ask(
        path: &Path,
        method: &str,
        target: &str,
        more: &str,
        body: &[u8],
    ) -> Result<Self, ClientError> {
        let mut stream = peer::connect(path).map_err(why_not_connected)?;
        if !peer::is_trusted(&stream).map_err(ClientError::Io)? {
            return Err(ClientError::Foreign(path.to_owned()));
        }
        let mut request =
            format!("{method} {target} HTTP/1.1\r\nhost: devsup\r\n{more}\r\n\r\n").into_bytes();
        request.extend_from_slice(body);
        stream.set_write_timeout(Some(WRITE_TIME)).map_err(ClientError::Io)?;
        stream.write_all(&request).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ClientError::Silent,
            io::ErrorKind::BrokenPipe => ClientError::Ended,
            _ => ClientError::Io(error),
        })?;
        Ok(Self {
            stream,
            raw: Vec::new(),
            framing: None,
            is_well: true,
            is_upgraded: false,
            body: Vec::new(),
        })
    }

    /// The whole answer.
    pub fn whole(mut self, deadline: Instant) -> Result<Vec<u8>, ClientError> {
        while self.framing != Some(Framing::Over) {
            self.advance(deadline)?;
        }
        self.well()?;
        Ok(self.body)
    }

    /// The next line of the answer; `None`: that was all.
    pub fn line(&mut self, deadline: Instant) -> Result<Option<Vec<u8>>, ClientError> {
        loop {
            if self.is_well
                && let Some(end) = memchr::memchr(b'\n', &self.body)
            {
                return Ok(Some(self.body.drain(..=end).collect()));
            }
            if self.framing == Some(Framing::Over) {
                self.well()?;
                return Ok(None);
            }
            self.advance(deadline)?;
        }
    }

    /// A refusal is an error in the words of who refuses.
    fn well(&self) -> Result<(), ClientError> {
        if self.is_well {
            return Ok(());
        }
        let failure = serde_json::from_slice::<Failure>(&self.body);
        Err(failure.map_or_else(
            |_| ClientError::Nonsense("a refusal without a reason".to_owned()),
            |failure| ClientError::Refused(failure.error),
        ))
    }

    fn advance(&mut self, deadline: Instant) -> Result<(), ClientError> {
        if self.understand()? {
            return Ok(());
        }
        if self.raw.len() + self.body.len() > LONGEST {
            return Err(ClientError::Nonsense("an answer without an end".to_owned()));
        }
        self.read_more(deadline)
    }

    /// Whether anything was understood.
    fn understand(&mut self) -> Result<bool, ClientError> {
        let Some(framing) = self.framing else { return self.head() };
        let before = (self.raw.len(), framing);
        let next = match framing {
            Framing::Length(left) => match self.take(left) {
                0 => Framing::Over,
                left => Framing::Length(left),
            },
            Framing::Chunk(left) => match self.take(left) {
                0 => Framing::ChunkEnd,
                left => Framing::Chunk(left),
            },
            Framing::ChunkEnd if self.raw.len() >= 2 => {
                self.raw.drain(..2);
                Framing::ChunkSize
            }
            Framing::ChunkSize => self.chunk_size()?,
            Framing::ToTheEnd => {
                self.take(usize::MAX);
                Framing::ToTheEnd
            }
            Framing::ChunkEnd | Framing::Over => framing,
        };
        self.framing = Some(next);
        Ok((self.raw.len(), next) != before)
    }

    /// Takes so many bytes of the body, as far as they are there; how many are
    /// missing.
    fn take(&mut self, count: usize) -> usize {
        let there = count.min(self.raw.len());
        self.body.extend(self.raw.drain(..there));
        count - there
    }

    fn chunk_size(&mut self) -> Result<Framing, ClientError> {
        match httparse::parse_chunk_size(&self.raw) {
            Ok(Status::Complete((length, size))) => {
                self.raw.drain(..length);
                Ok(match usize::try_from(size).unwrap_or(usize::MAX) {
                    0 => Framing::Over,
                    size => Framing::Chunk(size),
                })
            }
            Ok(Status::Partial) => Ok(Framing::ChunkSize),
            Err(_) => Err(ClientError::Nonsense("a torn chunk".to_owned())),
        }
    }

    fn head(&mut self) -> Result<bool, ClientError> {
        let mut headers = [EMPTY_HEADER; 64];
        let mut response = Response::new(&mut headers);
        let parsed = response.parse(&self.raw);
        let parsed = parsed.map_err(|error| ClientError::Nonsense(error.to_string()))?;
        let Status::Complete(length) = parsed else {
            let endless = self.raw.len() > LONGEST_HEAD;
            let error = || ClientError::Nonsense("a head without an end".to_owned());
            return if endless { Err(error()) } else { Ok(false) };
        };
        self.is_well = response.code.is_some_and(|code| (200..300).contains(&code));
        self.is_upgraded = response.code == Some(101);
        self.framing = Some(framing(&response)?);
        self.raw.drain(..length);
        Ok(true)
    }

    fn read_more(&mut self, deadline: Instant) -> Result<(), ClientError> {
        let left = deadline.saturating_duration_since(Instant::now());
        // Zero would mean for ever.
        let left = left.max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left)).map_err(ClientError::Io)?;
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) if self.framing == Some(Framing::ToTheEnd) => {
                self.framing = Some(Framing::Over);
                Ok(())
            }
            Ok(0) => Err(ClientError::Ended),
            Ok(count) => {
                self.raw.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Err(error) => Err(match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted => ClientError::Silent,
                io::ErrorKind::ConnectionReset => ClientError::Ended,
                _ => ClientError::Io(error),
            }),
        }
    }
}

fn framing(response: &Response<'_, '_>) -> Result<Framing, ClientError> {
    let value = |name: &str| {
        let header = response.headers.iter().find(|one| one.name.eq_ignore_ascii_case(name));
        header.and_then(|one| str::from_utf8(one.value).ok())
    };
    if value("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
        return Ok(Framing::ChunkSize);
    }
    let Some(length) = value("content-length") else { return Ok(Framing::ToTheEnd) };
    match length.trim().parse() {
        Ok(0) => Ok(Framing::Over),
        Ok(length) => Ok(Framing::Length(length)),
        Err(_) => Err(ClientError::Nonsense("a length that is no number".to_owned())),
    }
}

fn why_not_connected(error: io::Error) -> ClientError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::Absent,
        // So many wait already that there is no place in the queue.
        io::ErrorKind::WouldBlock => ClientError::Silent,
        _ => ClientError::Io(error),
    }
}
