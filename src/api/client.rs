//! The asking end, without a runtime: blocking, with a time limit on every
//! call, since the other end may be stopped, stuck or somebody else.

use super::address;
use super::types::{Greeting, Reply, Request, Verb};
use crate::os::marker::ProjectKey;
use crate::os::peer;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest answer in bytes: a report of many thousand processes.
const LONGEST_LINE: usize = 16 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no supervisor listens")]
    Absent,
    /// Somebody listens, and says nothing.
    #[error("the supervisor does not answer")]
    Silent,
    /// The supervisor ended in the middle.
    #[error("the supervisor ended while it was asked")]
    Ended,
    /// It answers something else than was asked.
    #[error("the supervisor answers what can't be understood: {0}")]
    Nonsense(String),
    /// It answers that it will not.
    #[error("the supervisor refuses: {0}")]
    Refused(String),
    /// Another user's process listens where ours should.
    #[error("another user listens at `{0}`")]
    Foreign(PathBuf),
    /// The system said no.
    #[error("can't talk to the supervisor: {0}")]
    Io(#[source] io::Error),
}

/// Finds the supervisor of a project and has it say who it is, all within
/// `patience`. `recorded` is where a ledger says it listens. Returns where it
/// does, too.
pub fn find(
    key: ProjectKey,
    root: &Path,
    recorded: Option<&Path>,
    patience: Duration,
) -> Result<(Greeting, PathBuf), ClientError> {
    let deadline = Instant::now() + patience;
    let mut paths: Vec<PathBuf> = recorded.map(Path::to_owned).into_iter().collect();
    paths.extend(address::candidates(key));
    paths.dedup();
    let mut reason = ClientError::Absent;
    for path in paths {
        match hello(&path, deadline) {
            Ok(greeting) if greeting.root == root => return Ok((greeting, path)),
            Ok(_) | Err(ClientError::Absent) => {}
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

fn hello(path: &Path, deadline: Instant) -> Result<Greeting, ClientError> {
    let mut conversation = ask(path, Verb::Hello)?;
    match conversation.next(deadline)? {
        Reply::Hello(greeting) => Ok(greeting),
        Reply::Error(why) => Err(ClientError::Refused(why)),
        Reply::Progress(_) | Reply::Report(_) | Reply::Detached(_) => {
            Err(ClientError::Nonsense("a report that nobody asked for".to_owned()))
        }
    }
}

/// Asks for something; the answers are read from what is returned.
pub fn ask(path: &Path, verb: Verb) -> Result<Conversation, ClientError> {
    let mut stream = match peer::connect(path) {
        Ok(stream) => stream,
        Err(error) => return Err(why_not_connected(error)),
    };
    if !peer::is_trusted(&stream).map_err(ClientError::Io)? {
        return Err(ClientError::Foreign(path.to_owned()));
    }
    let mut line = serde_json::to_vec(&Request::new(verb)).map_err(|error| {
        // Never seen: every request can be written.
        ClientError::Io(error.into())
    })?;
    line.push(b'\n');
    // A request is far smaller than any socket's buffer, so this never waits.
    stream.write_all(&line).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => ClientError::Silent,
        io::ErrorKind::BrokenPipe => ClientError::Ended,
        _ => ClientError::Io(error),
    })?;
    Ok(Conversation { stream, read: Vec::new() })
}

fn why_not_connected(error: io::Error) -> ClientError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::Absent,
        // So many wait already that there is no place in the queue.
        io::ErrorKind::WouldBlock => ClientError::Silent,
        _ => ClientError::Io(error),
    }
}

/// An open question.
#[derive(Debug)]
pub struct Conversation {
    stream: UnixStream,
    /// What was read and is not yet a line.
    read: Vec<u8>,
}

impl Conversation {
    /// The next answer, waited for until `deadline`. [`ClientError::Silent`]
    /// says that there was none yet; it may be asked for again, also after a
    /// signal of our own came in between.
    pub fn next(&mut self, deadline: Instant) -> Result<Reply, ClientError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.read) {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return serde_json::from_slice(&line)
                    .map_err(|error| ClientError::Nonsense(error.to_string()));
            }
            if self.read.len() > LONGEST_LINE {
                return Err(ClientError::Nonsense("a line without an end".to_owned()));
            }
            self.read_more(deadline)?;
        }
    }

    fn read_more(&mut self, deadline: Instant) -> Result<(), ClientError> {
        let left = deadline.saturating_duration_since(Instant::now());
        // Zero would mean for ever.
        let left = left.max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left)).map_err(ClientError::Io)?;
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(ClientError::Ended),
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
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

#[cfg(test)]
mod tests;
