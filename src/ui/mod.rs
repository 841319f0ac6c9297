//! The only printer. Data goes to standard output, words to standard error.

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

/// Shows text on a terminal that is cleared for it.
pub fn screen(text: &str) -> std::io::Result<()> {
    line(&format!("\x1b[H\x1b[2J{text}"))
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
