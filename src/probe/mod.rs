//! Is a service healthy? What is asked, how often, and what the answers mean.
//!
//! A [`Check`] is what a project declares, made ready; a [`Watch`] asks it for
//! one start of one instance and tells what it hears. Dropping a watch ends it
//! and leaves nothing behind.
//!
//! This room knows no instances and no states, starts no process and reads no
//! output: commands are run, and lines looked at, by whoever made the watch.

mod check;
mod command;
pub mod diagnose;
mod http;
mod line;
mod schedule;
mod tcp;
mod unix;
mod watch;
mod words;

pub use check::{BadCheck, Check};
pub use command::{Ended, Order};
pub use line::LineMatcher;
pub use unix::remove_stale;
pub use watch::{Told, Watch};

/// What a probe brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is what a healthy service answers.
    pub ok: bool,
    /// The answer in a few words: `connection refused`, `HTTP 503`.
    pub words: String,
}

impl Answer {
    fn good(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { ok: true, words }
    }

    fn bad(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { ok: false, words }
    }
}
