//! The only printer. Data goes to standard output, words to standard error.

mod footer;
pub mod inspect;
pub mod jobs;
mod logs;
pub mod plan;
pub mod processes;
mod quiet;
pub mod services;
pub mod stop;
mod stream;
pub mod style;
pub mod table;
mod writer;

pub use logs::{LogOptions, LogPrinter, Who};
pub use quiet::Quiet;
pub use stream::{Stream, StreamOptions};

use std::io::Write;

/// Prints data to standard output. A reader that has gone has read enough.
pub fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints data to standard output, and says if that did not work. A reader that
/// has gone has read enough.
pub fn data(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints a line of data, or several, at once; a reader that has gone is an
/// error of the kind `BrokenPipe`.
pub fn line(text: &str) -> std::io::Result<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "{text}{end}").and_then(|()| stdout.flush())
}

/// Passes bytes on to standard output as they are.
pub fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Shows text on a terminal in the place of what was shown there before, and
/// for the first time on one that is cleared for it: clearing it each time
/// would fill what one can scroll back to.
pub fn screen(text: &str, first: bool) -> std::io::Result<()> {
    let clear = if first { "\x1b[H\x1b[2J" } else { "\x1b[H" };
    let lines = text.replace('\n', "\x1b[K\n");
    bytes(format!("{clear}{lines}\x1b[J").as_bytes())
}

/// Prints words to standard error, with a newline at their end.
pub fn err(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(std::io::stderr().lock(), "{text}{end}");
}

/// Passes on bytes to standard output as they are.
pub fn out_bytes(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

/// The same to standard error.
pub fn err_bytes(bytes: &[u8]) {
    let _ = std::io::stderr().lock().write_all(bytes);
}

/// Prints why something did not work.
pub fn error(why: &str) {
    err(&format!("error: {why}"));
}

/// Prints why something did not work, and the way out below.
pub fn error_with(why: &str, hint: &str) {
    err(&format!("error: {why}\n |\n = help: {hint}"));
}
