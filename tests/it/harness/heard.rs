//! What a program has said so far, read as it comes.

use super::wait::until_so;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One stream of a program; clones hear the same.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    over: bool,
}

impl Heard {
    /// A stream that was never there, so that nobody can say anything.
    pub fn nothing() -> Self {
        let nothing = Self::default();
        nothing.said().over = true;
        nothing
    }

    /// Listens in a thread of its own until the stream ends.
    pub fn listen(mut from: impl Read + Send + 'static) -> Self {
        let heard = Self::default();
        let ear = heard.clone();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            // A terminal whose other side is closed ends with an error.
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                ear.said().bytes.extend_from_slice(&bytes[..count]);
            }
            ear.said().over = true;
        });
        heard
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.said().bytes.clone()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.said().bytes).into_owned()
    }

    /// Shows what a failed test has to go on.
    pub fn witness(what: &str, text: &str) {
        say(&format!("{what}:\n{}", text.trim_end()));
    }

    /// Waits until nobody can say anything more.
    pub fn to_the_end(&self, whose: &str) {
        until_so(&format!("nobody holds {whose} any more"), || self.said().over);
    }
}

/// A line for whoever reads what a failed test said.
pub fn say(line: &str) {
    // Nobody may be listening, and that is no reason to fail.
    let _ = writeln!(std::io::stderr(), "-- {line}");
}
