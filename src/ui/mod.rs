//! The only printer. Data goes to standard output, words to standard error.

pub mod plan;
pub mod stop;
mod stream;
pub mod style;
mod writer;

pub use stream::{Stream, StreamOptions};

use std::io::Write;

/// Prints data to standard output. A reader that has gone has read enough.
pub fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints words to standard error, with a newline at their end.
pub fn err(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(std::io::stderr().lock(), "{text}{end}");
}

/// Prints why something did not work.
pub fn error(why: &str) {
    err(&format!("devsup: {why}"));
}
