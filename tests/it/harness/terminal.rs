//! A terminal of the test's own: a pty whose keyboard it has and whose screen
//! it reads.

use super::heard::Heard;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub const CTRL_C: &str = "\x03";
pub const CTRL_Z: &str = "\x1a";
pub const ENTER: &str = "\r";

const ROWS: u16 = 50;
const COLUMNS: u16 = 200;

/// The side of the pty that a terminal emulator has. Dropping it closes the
/// window.
pub struct Terminal {
    master: File,
    closed: Arc<AtomicBool>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// The screen's copy of the master. It lets go of it when the window is
/// closed: as long as anybody has the master open, nobody is hung up.
struct Screen {
    master: File,
    closed: Arc<AtomicBool>,
}

/// How often the screen looks whether its window is still there.
const LOOK: u16 = 10;

impl Read for Screen {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, PollTimeout::from(LOOK))? {
                _ if self.closed.load(Ordering::Acquire) => return Ok(0),
                0 => {}
                _ => return self.master.read(bytes),
            }
        }
    }
}

impl Terminal {
    /// Runs a command as the leader of a session that this terminal controls.
    pub fn run(mut command: Command) -> (Self, Child, Heard) {
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).expect("a pty can be opened");
        for end in [&pair.master, &pair.slave] {
            // Whoever inherited the master would keep the window open.
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag can be set");
        }
        let slave = File::from(pair.slave);
        for stream in [Command::stdin, Command::stdout, Command::stderr] {
            stream(&mut command, slave.try_clone().expect("a descriptor can be copied"));
        }
        // SAFETY: between fork and exec only two system calls are made.
        unsafe { command.pre_exec(take_terminal) };
        let child = command.spawn().expect("the program can be started");
        let master = File::from(pair.master);
        let closed = Arc::new(AtomicBool::new(false));
        let copy = master.try_clone().expect("a descriptor can be copied");
        let heard = Heard::listen(Screen { master: copy, closed: Arc::clone(&closed) });
        (Self { master, closed }, child, heard)
    }

    pub fn write(&self, keys: &str) {
        (&self.master).write_all(keys.as_bytes()).expect("the terminal is open");
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: TIOCSWINSZ reads one `winsize` from the given place.
        let answer =
            unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(answer, 0, "a terminal can be resized");
    }
}

fn take_terminal() -> std::io::Result<()> {
    nix::unistd::setsid()?;
    // SAFETY: TIOCSCTTY takes a number; descriptor 0 is the pty's other side.
    if unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Text without its escape sequences.
pub fn plain(text: &str) -> String {
    let escapes = regex::Regex::new(
        "\x1b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)|[()].|[=>78])",
    );
    escapes.expect("the pattern is sound").replace_all(text, "").into_owned()
}
