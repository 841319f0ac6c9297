//! A declared health check, made ready to be asked.

use super::diagnose::Asked;
use super::http::Http;
use super::schedule::Timing;
use crate::model::{Command, Healthcheck, Probe};
use regex::bytes::Regex;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A health check that can be asked: addresses taken apart, expressions
/// compiled.
#[derive(Debug, Clone)]
pub struct Check {
    pub(super) ask: Ask,
    pub(super) timing: Timing,
}

#[derive(Debug, Clone)]
pub(super) enum Ask {
    Unix(PathBuf),
    Tcp { host: String, port: u16 },
    Http(Box<Http>),
    Command(Command),
    Line(Regex),
}

/// Why a health check can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheck {
    /// TLS is not spoken here.
    #[error("`{0}` can't be asked over TLS")]
    Tls(String),
    /// Something is wrong with the URL.
    #[error("`{url}` is no URL to ask: {why}")]
    Url {
        /// As it was written.
        url: String,
        /// What is wrong, in words.
        why: String,
    },
    /// A header that no request can carry.
    #[error("`{0}` is no header")]
    Header(String),
    /// An expression that does not compile.
    #[error("`{pattern}` is no regular expression: {why}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong, in words.
        why: String,
    },
}

impl BadCheck {
    /// The way out, if there is one to name.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Tls(_) => Some("use `test:` with a command, such as `curl -fsk URL`"),
            Self::Url { .. } => Some("write `http://127.0.0.1:8080/health`"),
            Self::Header(_) => Some("a name has no spaces, a value no line ends"),
            Self::Pattern { .. } => None,
        }
    }
}

impl Check {
    /// Makes a declared check ready. `startup_timeout` is how long the service
    /// may take to become healthy.
    pub fn new(declared: &Healthcheck, startup_timeout: Duration) -> Result<Self, BadCheck> {
        let ask = match &declared.probe {
            Probe::Unix(path) => Ask::Unix(path.clone()),
            Probe::Tcp { host, port } => Ask::Tcp { host: host.clone(), port: *port },
            Probe::Http(check) => Ask::Http(Box::new(Http::new(check)?)),
            Probe::Test(command) => Ask::Command(command.clone()),
            Probe::Log(pattern) => Ask::Line(compile(pattern)?),
        };
        let timing = Timing::new(declared, startup_timeout);
        Ok(Self { ask, timing })
    }

    /// The place it asks, to compare with where the service listens.
    pub fn asked(&self) -> Asked {
        let at = |host: &str, port| Asked::Port { host: host.to_owned(), port };
        match &self.ask {
            Ask::Unix(path) => Asked::Socket(path.clone()),
            Ask::Tcp { host, port } => at(host, *port),
            Ask::Http(http) => at(http.host(), http.port()),
            Ask::Command(_) | Ask::Line(_) => Asked::NoPlace,
        }
    }
}

/// What is asked, in a few words: `tcp 127.0.0.1:3000`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ask {
            Ask::Unix(path) => write!(f, "unix {}", path.display()),
            Ask::Tcp { host, port } if host.contains(':') => write!(f, "tcp [{host}]:{port}"),
            Ask::Tcp { host, port } => write!(f, "tcp {host}:{port}"),
            Ask::Http(http) => f.write_str(http.url()),
            Ask::Command(Command::Shell(line)) => write!(f, "`{line}`"),
            Ask::Command(Command::Exec(words)) => write!(f, "`{}`", words.join(" ")),
            Ask::Line(pattern) => write!(f, "a line that matches `{pattern}`"),
        }
    }
}

pub(super) fn compile(pattern: &str) -> Result<Regex, BadCheck> {
    Regex::new(pattern).map_err(|error| BadCheck::Pattern {
        pattern: pattern.to_owned(),
        why: super::words::of_pattern(&error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpCheck;

    fn check(probe: Probe) -> Result<Check, BadCheck> {
        let second = Duration::from_secs(1);
        let declared = Healthcheck {
            probe,
            interval: second,
            timeout: second,
            retries: 3,
            start_period: Duration::ZERO,
            start_interval: second,
        };
        Check::new(&declared, second)
    }

    fn http(url: &str) -> Result<Check, BadCheck> {
        check(Probe::Http(HttpCheck {
            url: url.to_owned(),
            status: Vec::new(),
            headers: Vec::new(),
            body: None,
        }))
    }

    #[test]
    fn what_can_t_be_asked_is_said_with_the_way_out() {
        let tls = http("https://localhost").expect_err("no TLS");
        assert_eq!(tls.to_string(), "`https://localhost` can't be asked over TLS");
        assert!(tls.hint().is_some());
        for url in
            ["localhost:80", "http://", "http:///x", "ftp://a", "http://u:p@a/", "http://a:x/"]
        {
            assert!(matches!(http(url), Err(BadCheck::Url { .. })), "{url}");
        }
        let error = check(Probe::Log("(".to_owned())).expect_err("no pattern");
        assert_eq!(error.to_string(), "`(` is no regular expression: unclosed group");
    }

    #[test]
    fn the_place_it_asks_is_known() {
        let port = |host: &str, port| Asked::Port { host: host.to_owned(), port };
        let asked = |url| http(url).map(|check| check.asked());
        assert_eq!(asked("http://localhost/x?y=1"), Ok(port("localhost", 80)));
        assert_eq!(asked("HTTP://[::1]:3000"), Ok(port("::1", 3000)));
    }
}
