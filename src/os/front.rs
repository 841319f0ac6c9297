//! The front: the process that the shell started. It stays small, keeps the
//! terminal's signals and keys, and passes them on to the supervisor, which it
//! forked off at once. Ctrl-Z stops the front and nothing else.

use super::channel::{Channel, Received};
use super::{hear_of_children, is_ignored, leave_now, signal_set};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork, getpgrp, tcgetpgrp};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the front waits for the supervisor to put the screen away before
/// Ctrl-Z stops it all the same.
const SUSPEND_LIMIT: Duration = Duration::from_millis(300);

/// How long a third Ctrl-C leaves the supervisor to go by itself.
const LEAVE_LIMIT: Duration = Duration::from_millis(700);

/// The first byte of the message by which the front is let go. The one of any
/// other message is a slash or zero.
const RELEASED: u8 = 1;

/// What the front passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// SIGINT.
    Interrupt,
    /// SIGTERM or SIGQUIT.
    Terminate,
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// The front is about to stop.
    Suspend,
    /// The front runs again.
    Resume,
    /// Enter was pressed.
    Enter,
    /// The terminal has another size.
    Resize,
    /// The front itself is gone.
    Gone,
}

const NOTES: [Note; 7] = [
    Note::Interrupt,
    Note::Terminate,
    Note::Hangup,
    Note::Suspend,
    Note::Resume,
    Note::Enter,
    Note::Resize,
];

/// Which of the two a process is after the fork.
pub enum Side {
    /// The one that the shell knows.
    Front(Front),
    /// The other one.
    Supervisor(FrontLink),
}

/// Forks. To be called before anything large is allocated and while the
/// process has a single thread.
pub fn split() -> io::Result<Side> {
    let (front, supervisor) = Channel::pair()?;
    hear_of_children();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&heard()), None)?;
    // SAFETY: the caller vouches for a single thread, so the child may use
    // anything.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => {
            drop(supervisor);
            Ok(Side::Front(Front {
                channel: front,
                child,
                root: None,
                released: None,
                interrupts: 0,
            }))
        }
        ForkResult::Child => {
            drop(front);
            // Not what we were given: it may block the very signals that stop us.
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
            supervisor.set_nonblocking()?;
            Ok(Side::Supervisor(FrontLink(supervisor)))
        }
    }
}

/// What is passed on, but for what whoever started us wants ignored.
fn heard() -> SigSet {
    let asked = [libc::SIGINT, libc::SIGTERM, libc::SIGQUIT, libc::SIGHUP];
    let mut numbers: Vec<i32> = asked.into_iter().filter(|&number| !is_ignored(number)).collect();
    numbers.extend([libc::SIGTSTP, libc::SIGCONT, libc::SIGWINCH, libc::SIGCHLD]);
    numbers.extend([libc::SIGTTIN, libc::SIGTTOU]);
    signal_set(&numbers)
}

/// The supervisor's end.
#[derive(Debug)]
pub struct FrontLink(Channel);

impl FrontLink {
    /// The next note, if one is there.
    pub fn next(&self) -> Option<Note> {
        let mut byte = [0];
        match self.0.receive(&mut byte) {
            Ok(Received::Message(..)) => NOTES.get(usize::from(byte[0])).copied(),
            Ok(Received::Nothing) => None,
            Ok(Received::End) | Err(_) => Some(Note::Gone),
        }
    }

    /// Says which project this is, so that the front can clean up should the
    /// supervisor be killed.
    pub fn name_root(&self, root: &Path) {
        let _ = self.0.send(root.as_os_str().as_bytes(), &[]);
    }

    /// Lets the front end with this status, while the supervisor goes on.
    pub fn release(&self, status: u8) {
        let _ = self.0.send(&[RELEASED, status], &[]);
    }

    /// Answers [`Note::Suspend`]: the screen is put away.
    pub fn suspended(&self) {
        let _ = self.0.send(&[0], &[]);
    }
}

impl AsFd for FrontLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for FrontLink {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// How a supervisor ended, as its front sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Status(u8),
    /// Killed by this signal, while it looked after this project.
    Killed(i32, Option<PathBuf>),
    /// It did not go when the user left.
    Left,
}

/// The front.
pub struct Front {
    channel: Channel,
    child: nix::unistd::Pid,
    root: Option<PathBuf>,
    /// The status it may end with, once the supervisor goes on alone.
    released: Option<u8>,
    interrupts: u32,
}

impl Front {
    /// Passes everything on until the supervisor has ended.
    pub fn run(mut self) -> io::Result<Ending> {
        let signals =
            SignalFd::with_flags(&heard(), SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let stdin = io::stdin();
        let mut keys = stdin.is_terminal() && in_foreground();
        let mut leaving = None;
        loop {
            if let Some(status) = self.released {
                return Ok(Ending::Status(status));
            }
            if let Some(ending) = self.ended() {
                return Ok(ending);
            }
            if leaving.is_some_and(|until| Instant::now() >= until) {
                return Ok(Ending::Left);
            }
            let patience =
                if leaving.is_some() { PollTimeout::from(50u8) } else { PollTimeout::NONE };
            let typed = if keys { PollFlags::POLLIN } else { PollFlags::empty() };
            let mut fds = [
                PollFd::new(signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.channel.as_fd(), PollFlags::POLLIN),
                PollFd::new(if keys { stdin.as_fd() } else { signals.as_fd() }, typed),
            ];
            let _ = poll(&mut fds, patience);
            let any = |at: usize| fds[at].revents().is_some_and(|events| !events.is_empty());
            let (told, pressed) = (any(1), keys && any(2));
            while let Ok(Some(signal)) = signals.read_signal() {
                self.pass_on(signal.ssi_signo.cast_signed());
                keys = stdin.is_terminal() && in_foreground();
            }
            if self.interrupts >= 3 && leaving.is_none() {
                leaving = Some(Instant::now() + LEAVE_LIMIT);
            }
            if told {
                self.listen();
            }
            keys = keys && (!pressed || self.read_keys());
        }
    }

    fn pass_on(&mut self, number: i32) {
        match number {
            libc::SIGINT => {
                self.interrupts += 1;
                self.tell(Note::Interrupt);
            }
            libc::SIGTERM | libc::SIGQUIT => self.tell(Note::Terminate),
            libc::SIGHUP => self.tell(Note::Hangup),
            libc::SIGWINCH => self.tell(Note::Resize),
            libc::SIGTSTP => self.suspend(),
            _ => {}
        }
    }

    fn tell(&self, note: Note) {
        if let Some(at) = NOTES.iter().position(|&known| known == note) {
            let _ = self.channel.send(&[u8::try_from(at).unwrap_or(0)], &[]);
        }
    }

    /// Stops as any program does on Ctrl-Z, once the supervisor has put the
    /// screen away.
    fn suspend(&mut self) {
        self.tell(Note::Suspend);
        let mut answer = [PollFd::new(self.channel.as_fd(), PollFlags::POLLIN)];
        let limit = u16::try_from(SUSPEND_LIMIT.as_millis()).unwrap_or(u16::MAX);
        let _ = poll(&mut answer, PollTimeout::from(limit));
        self.listen();
        let mut only = SigSet::empty();
        only.add(Signal::SIGTSTP);
        let _ = nix::sys::signal::raise(Signal::SIGTSTP);
        // Here it stops, and goes on at SIGCONT.
        let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&only), None);
        let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&only), None);
        self.tell(Note::Resume);
    }

    fn listen(&mut self) {
        let mut buffer = vec![0; 4096];
        if let Ok(Received::Message(count, _)) = self.channel.receive(&mut buffer) {
            buffer.truncate(count);
            if let [RELEASED, status] = buffer[..] {
                self.released = Some(status);
            }
            if buffer.starts_with(b"/") {
                self.root = Some(PathBuf::from(OsString::from_vec(buffer)));
            }
        }
    }

    /// Whether there will be more keys.
    fn read_keys(&self) -> bool {
        let mut buffer = [0; 256];
        match nix::unistd::read(io::stdin(), &mut buffer) {
            Ok(count) if count > 0 => {
                if buffer[..count].contains(&b'\n') {
                    self.tell(Note::Enter);
                }
                true
            }
            _ => false,
        }
    }

    fn ended(&self) -> Option<Ending> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
        loop {
            match waitid(Id::All, flags) {
                Ok(WaitStatus::Exited(pid, status)) if pid == self.child => {
                    return Some(Ending::Status(u8::try_from(status).unwrap_or(1)));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == self.child => {
                    return Some(Ending::Killed(signal as i32, self.root.clone()));
                }
                // As pid 1 of a container we have other people's children too.
                Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => {}
                Ok(_) => return None,
                Err(_) => leave_now(1),
            }
        }
    }
}

/// Whether the terminal's keys are ours now, and not those of a shell that put
/// us into the background.
fn in_foreground() -> bool {
    tcgetpgrp(io::stdin()) == Ok(getpgrp())
}
