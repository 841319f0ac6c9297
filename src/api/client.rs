//! The asking end, without a runtime: blocking, with a time limit on every
//! call, since the other end may be stopped, stuck or somebody else.

mod http;

use super::address;
use super::types::{ATTACH, Attached, Fault, Greeting, Piece, VERSION};
use crate::model::Pid;
use crate::os::marker::ProjectKey;
use crate::os::peer;
use http::Exchange;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long an answer to something small may take.
pub const PATIENCE: Duration = Duration::from_secs(15);

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
    /// It is of another version.
    #[error(
        "the supervisor is devsup {theirs} (version {their_api} of the API), this is devsup {ours} (version {VERSION})"
    )]
    Version {
        /// The version of its program.
        theirs: String,
        /// The version of its API.
        their_api: u32,
        /// The version of this program.
        ours: &'static str,
    },
    /// It answers that it will not.
    #[error("{}", .0.words)]
    Refused(Fault),
    /// Another user's process listens where ours should.
    #[error("another user listens at `{0}`")]
    Foreign(PathBuf),
    /// The system said no.
    #[error("can't talk to the supervisor: {0}")]
    Io(#[source] io::Error),
}

impl ClientError {
    /// Whether there is nobody to be asked.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Absent | Self::Ended)
    }

    /// The way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(fault) => fault.hint.clone(),
            Self::Silent | Self::Nonsense(_) => {
                Some("`devsup down` ends it and everything it started".to_owned())
            }
            Self::Version { .. } => Some("`devsup down`, then `devsup up` again".to_owned()),
            Self::Absent | Self::Ended | Self::Foreign(_) | Self::Io(_) => None,
        }
    }
}

/// A supervisor that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// Whoever listens there.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Finds the supervisor of a project and has it say who it is, all within
    /// `patience`. `recorded` is where a ledger says it listens.
    pub fn find(
        key: ProjectKey,
        root: &Path,
        recorded: Option<&Path>,
        patience: Duration,
    ) -> Result<(Greeting, Self), ClientError> {
        let deadline = Instant::now() + patience;
        let mut paths: Vec<PathBuf> = recorded.map(Path::to_owned).into_iter().collect();
        paths.extend(address::candidates(key));
        paths.dedup();
        let mut reason = ClientError::Absent;
        for path in paths {
            let client = Self { path };
            match client.hello(deadline) {
                Ok(greeting) if greeting.root == root => return Ok((greeting, client)),
                Ok(_) | Err(ClientError::Absent) => {}
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// Who it is.
    pub fn hello(&self, deadline: Instant) -> Result<Greeting, ClientError> {
        let body = Exchange::begin(&self.path, "GET", "/v1/hello", None)?.whole(deadline)?;
        let greeting = serde_json::from_slice::<serde_json::Value>(&body)
            .map_err(|error| ClientError::Nonsense(error.to_string()))?;
        match greeting["version"].as_u64() {
            Some(version) if version != u64::from(VERSION) => Err(ClientError::Version {
                theirs: greeting["devsup"].as_str().unwrap_or("?").to_owned(),
                their_api: u32::try_from(version).unwrap_or(u32::MAX),
                ours: env!("CARGO_PKG_VERSION"),
            }),
            _ => parsed(&body),
        }
    }

    /// The process that listens there, whether it answers or not.
    pub fn listener(&self) -> Option<Pid> {
        peer::peer_pid(&peer::connect(&self.path).ok()?).ok()?
    }

    /// Asks for something to look at.
    pub fn get<T: DeserializeOwned>(
        &self,
        target: &str,
        patience: Duration,
    ) -> Result<T, ClientError> {
        let exchange = Exchange::begin(&self.path, "GET", target, None)?;
        parsed(&exchange.whole(Instant::now() + patience)?)
    }

    /// Asks for something to be done.
    pub fn post<T: DeserializeOwned>(
        &self,
        target: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<T, ClientError> {
        let body = written(body)?;
        let exchange = Exchange::begin(&self.path, "POST", target, Some(&body))?;
        parsed(&exchange.whole(Instant::now() + patience)?)
    }

    /// Asks for what has no end: lines of JSON.
    pub fn follow(&self, target: &str) -> Result<Conversation, ClientError> {
        Ok(Conversation(Exchange::begin(&self.path, "GET", target, None)?))
    }

    /// Asks for something to be done that is answered line by line.
    pub fn converse(
        &self,
        target: &str,
        body: &impl Serialize,
    ) -> Result<Conversation, ClientError> {
        let body = written(body)?;
        Ok(Conversation(Exchange::begin(&self.path, "POST", target, Some(&body))?))
    }
}

impl Client {
    /// Attaches to the instance of this name.
    pub fn attach(&self, name: &str) -> Result<Attachment, ClientError> {
        let target = format!("/v1/services/{}/attach", escaped(name));
        let deadline = Instant::now() + PATIENCE;
        let (stream, heard) = Exchange::upgrade(&self.path, &target, ATTACH, deadline)?;
        Ok(Attachment { stream, heard })
    }
}

/// A talk with a service.
#[derive(Debug)]
pub struct Attachment {
    stream: UnixStream,
    /// What was read and is no whole piece yet.
    heard: Vec<u8>,
}

impl Attachment {
    /// Whom one is attached to; what comes first, and soon.
    pub fn whom(&mut self) -> Result<Attached, ClientError> {
        self.stream.set_read_timeout(Some(PATIENCE)).map_err(ClientError::Io)?;
        let first = self.piece()?;
        self.stream.set_read_timeout(None).map_err(ClientError::Io)?;
        match first {
            Some(Piece::Attached(whom)) => Ok(whom),
            _ => Err(ClientError::Nonsense("nobody to be attached to".to_owned())),
        }
    }

    /// The next piece, waited for; `None`: the supervisor let go.
    pub fn piece(&mut self) -> Result<Option<Piece>, ClientError> {
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(piece) = Piece::take(&mut self.heard) {
                return Ok(Some(piece));
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => self.heard.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(ClientError::Silent);
                }
                Err(error) => return Err(ClientError::Io(error)),
            }
        }
    }

    /// The connection, to be written to.
    pub fn stream(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }
}

/// An answer that comes line by line.
#[derive(Debug)]
pub struct Conversation(Exchange);

impl Conversation {
    /// The next line, waited for until `deadline`; `None`: that was all.
    /// [`ClientError::Silent`] says that there was none yet; it may be asked
    /// for again, also after a signal of our own came in between.
    pub fn next<T: DeserializeOwned>(
        &mut self,
        deadline: Instant,
    ) -> Result<Option<T>, ClientError> {
        let line = self.0.line(deadline)?;
        line.map(|line| parsed(&line)).transpose()
    }
}

/// A part of a path, or a value in a query, with everything escaped that could
/// be taken for something else.
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte);
    let byte =
        |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(body).map_err(|error| ClientError::Io(error.into()))
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| ClientError::Nonsense(error.to_string()))
}

#[cfg(test)]
mod tests;
