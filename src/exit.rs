//! Every exit status, in one place.

use std::process::ExitCode;

/// How devsup ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It did what was asked. A stop that was asked for and ended clean too.
    Ok,
    /// Something went wrong that has no status of its own.
    Error,
    /// The command line makes no sense.
    Usage,
    /// What was asked needs a running project, and none runs.
    NotRunning,
    /// The config has mistakes, or there is none.
    Config,
    /// Not everything was ready in time.
    NotReady,
    /// A stop left processes, containers or busy ports behind.
    Left,
    /// The status of a service or command, passed on.
    Passed(u8),
}

/// What each status of our own means, in the order of their numbers.
pub const MEANINGS: [(Status, &str); 7] = [
    (Status::Ok, "It did what was asked; a stop that was asked for ended clean."),
    (Status::Error, "Something went wrong that has no status of its own."),
    (Status::Usage, "The command line makes no sense."),
    (Status::NotRunning, "It needs a running project, and none runs."),
    (Status::Config, "The config has mistakes, or there is none."),
    (Status::NotReady, "Not everything was ready in time."),
    (Status::Left, "A stop left processes, containers or busy ports behind; they are named."),
];

impl Status {
    /// The number that the caller sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Usage => 2,
            Self::NotRunning => 3,
            Self::Config => 4,
            Self::NotReady => 5,
            Self::Left => 6,
            Self::Passed(code) => code,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}
