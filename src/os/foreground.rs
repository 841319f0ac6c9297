//! A command in the terminal, in our own process group: what the terminal sends
//! to us it sends to the command, too, so nothing of that is sent twice. It
//! wears a marker, and is told when we die.

use super::marker::Marker;
use super::process::Handle;
use super::{reset_dispositions, signal_of, signal_set};
use crate::model::{Outcome, Pid, Signal};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// What is passed on or answered while the command runs.
const HEARD: [i32; 5] = [libc::SIGINT, libc::SIGTERM, libc::SIGQUIT, libc::SIGHUP, libc::SIGTSTP];
/// How often the end of a wait is looked at, at most.
const LONG: Duration = Duration::from_secs(60);

/// What is run.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// Its arguments, the first being the name it sees itself called by.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where it starts.
    pub directory: PathBuf,
}

/// A command that runs.
pub struct Foreground {
    child: Child,
    handle: Handle,
    signals: SignalFd,
}

impl Foreground {
    /// Starts it. To be called by a process with a single thread.
    pub fn start(program: &Program, marker: Marker) -> io::Result<Self> {
        let heard = signal_set(&HEARD);
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&heard), None)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&heard, flags)?;
        let child = command(program, marker).spawn().inspect_err(|_| let_through())?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::new);
        let handle = pid.map(Handle::of_pid).transpose()?.flatten();
        let handle = handle.ok_or_else(|| io::Error::other("it can't be looked at"))?;
        Ok(Self { child, handle, signals })
    }

    /// Its pid.
    pub fn pid(&self) -> Pid {
        self.handle.pid()
    }

    /// Waits until it has ended, at most until `deadline`, and passes on what
    /// is sent to us alone; `None`: the time is over.
    pub fn wait(&mut self, deadline: Option<Instant>) -> io::Result<Option<Outcome>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                let signal = status.signal().map(Outcome::Signaled);
                let exit = status.code().map(Outcome::Exited);
                return Ok(Some(exit.or(signal).unwrap_or(Outcome::Unknown)));
            }
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            let patience = PollTimeout::try_from(left.unwrap_or(LONG).min(LONG));
            let mut fds = [
                PollFd::new(self.handle.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            let _ = poll(&mut fds, patience.unwrap_or(PollTimeout::MAX));
            while let Ok(Some(signal)) = self.signals.read_signal() {
                self.pass_on(signal.ssi_signo.cast_signed(), signal.ssi_code);
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // Gone by now: then there is nobody to hear it.
        let _gone = self.handle.signal(signal);
    }

    fn pass_on(&self, number: i32, code: i32) {
        let by_terminal = code == libc::SI_KERNEL;
        if number == libc::SIGTSTP {
            stop_ourselves();
        } else if !by_terminal && let Some(signal) = signal_of(number) {
            self.signal(signal);
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        let_through();
    }
}

/// Signals have their usual effect on us again.
fn let_through() {
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&signal_set(&HEARD)), None);
}

/// Stops us as Ctrl-Z stops any program; the command in our group stops itself.
fn stop_ourselves() {
    let mut only = SigSet::empty();
    only.add(nix::sys::signal::Signal::SIGTSTP);
    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP);
    // Here we stop, and go on at SIGCONT.
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&only), None);
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&only), None);
}

fn command(program: &Program, marker: Marker) -> Command {
    let Program { file, arguments, environment, directory } = program;
    let mut command = Command::new(file);
    if let Some((name, rest)) = arguments.split_first() {
        command.arg0(name).args(rest);
    }
    command.env_clear().envs(environment.iter().cloned()).current_dir(absolute(directory));
    // SAFETY: between fork and exec only system calls are made.
    unsafe {
        command.pre_exec(move || {
            // Where the hard limit is lower, the environment has to do.
            let _lower = marker.wear();
            nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?;
            reset_dispositions();
            SigSet::empty().thread_set_mask()?;
            Ok(())
        });
    }
    command
}

fn absolute(directory: &Path) -> PathBuf {
    std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned())
}
