//! Pseudo-terminals for services, and the size of our own.

use nix::libc;
use nix::pty::{OpenptyResult, Winsize, openpty};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// A pair: our end, and the service's.
#[derive(Debug)]
pub struct Pty {
    /// Our end: reads what the service writes.
    pub master: OwnedFd,
    /// The service's end.
    pub slave: OwnedFd,
}

impl Pty {
    /// Opens a pair of this size; both ends are closed on exec.
    pub fn open(size: Size) -> io::Result<Self> {
        let window =
            Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(Some(&window), None)?;
        super::close_on_exec(&master)?;
        super::close_on_exec(&slave)?;
        Ok(Self { master, slave })
    }
}

/// Tells a terminal its new size; its foreground group gets SIGWINCH.
pub fn resize(master: impl AsFd, size: Size) {
    let window = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one `winsize`, which lives through the call.
    unsafe { libc::ioctl(master.as_fd().as_raw_fd(), libc::TIOCSWINSZ, &raw const window) };
}

/// The size of the terminal behind a descriptor, if it is one that knows.
pub fn size(fd: impl AsFd) -> Option<Size> {
    let mut window = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one `winsize`, which we own.
    let got = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCGWINSZ, &raw mut window) };
    (got == 0 && window.ws_col > 0).then_some(Size { rows: window.ws_row, columns: window.ws_col })
}
