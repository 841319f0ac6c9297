//! Signals by name. Their numbers differ between systems and are `os/`'s.

use std::fmt;

/// A signal that a user can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Signal {
    Hup,
    Int,
    Quit,
    Abrt,
    Kill,
    Usr1,
    Usr2,
    Alrm,
    Term,
    Cont,
    Stop,
    Tstp,
    Winch,
}

const NAMES: [(Signal, &str, u8); 13] = [
    (Signal::Hup, "SIGHUP", 1),
    (Signal::Int, "SIGINT", 2),
    (Signal::Quit, "SIGQUIT", 3),
    (Signal::Abrt, "SIGABRT", 6),
    (Signal::Kill, "SIGKILL", 9),
    (Signal::Usr1, "SIGUSR1", 10),
    (Signal::Usr2, "SIGUSR2", 12),
    (Signal::Alrm, "SIGALRM", 14),
    (Signal::Term, "SIGTERM", 15),
    (Signal::Cont, "SIGCONT", 18),
    (Signal::Stop, "SIGSTOP", 19),
    (Signal::Tstp, "SIGTSTP", 20),
    (Signal::Winch, "SIGWINCH", 28),
];

/// A text that names no signal we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no signal; use a name such as `SIGTERM`, `INT` or `SIGUSR1`")]
pub struct BadSignal(pub String);

impl Signal {
    /// Reads `SIGTERM`, `TERM`, `term` or `15` (Linux numbers, as
    /// process-compose files carry them).
    pub fn parse(text: &str) -> Result<Self, BadSignal> {
        let upper = text.trim().to_ascii_uppercase();
        NAMES
            .iter()
            .find(|(_, name, number)| {
                upper == *name || upper == name[3..] || upper == number.to_string()
            })
            .map(|entry| entry.0)
            .ok_or_else(|| BadSignal(text.to_owned()))
    }

    /// The full name, as `SIGTERM`.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|entry| entry.0 == self).map_or("?", |entry| entry.1)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Signal> for String {
    fn from(signal: Signal) -> Self {
        signal.name().to_owned()
    }
}

impl TryFrom<String> for Signal {
    type Error = BadSignal;
    fn try_from(text: String) -> Result<Self, BadSignal> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_are_read() {
        for text in ["SIGTERM", "TERM", "term", "15", " sigterm "] {
            assert_eq!(Signal::parse(text), Ok(Signal::Term), "{text}");
        }
        assert!(Signal::parse("SIGFOO").is_err());
    }
}
