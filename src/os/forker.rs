//! The forker: a small process, executed at the start of the supervisor, that
//! starts everything on request. What it forks inherits its few pages and its
//! untouched limits and signal actions, not the supervisor's.

use super::channel::{Channel, Received};
use super::guard::{self, Parts};
use super::keep::MakeKeeper;
use super::launch::{Care, Launch, Streams};
use super::process::Handle;
use super::{fd, leave_now, signal_number, signal_of, signal_set};
use crate::model::Pid;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

/// The first argument that makes the binary a forker; see [`Forker::replace`].
pub const ENTRY: &str = "__forker";

/// Starts that may be under way at once. The kernel bounds descriptors in
/// flight, and both ends must never wait for each other's full buffers.
pub const MOST_UNDER_WAY: usize = 48;

/// The supervisor's end.
#[derive(Debug)]
pub struct Forker {
    channel: Channel,
    pid: Pid,
    /// Its only write end is here: every guard sees when we are gone.
    life: OwnedFd,
    life_read: OwnedFd,
    open_files: u64,
}

/// What the forker answers.
#[derive(Debug)]
pub enum Reply {
    /// The guard of this request was forked; the handle was opened by its
    /// parent, so it is surely the guard's.
    Forked(u32, Handle),
    /// It was, and has ended since; why, its channel tells.
    Lost(u32),
    /// It could not be, with this error number.
    Failed(u32, i32),
}

impl Forker {
    /// Executes the forker: afresh, so that its guards, which are forked from it
    /// and share its pages, share as few as can be.
    pub fn start() -> io::Result<Self> {
        let (life_read, life) = fd::pipe()?;
        Self::go_on(life, life_read, super::supervisor::open_files_limit())
    }

    /// Executes a fresh forker in the place of one that died. Guards that live
    /// are not concerned.
    pub fn replace(&mut self) -> io::Result<()> {
        (self.channel, self.pid) = spawn(&self.life_read, self.open_files)?;
        Ok(())
    }

    /// What the next program has to be given to go on with [`Forker::go_on`]:
    /// both ends of the life pipe, the write end first, and the limit of open
    /// files. The forker itself ends with this program.
    pub fn essence(&self) -> ([BorrowedFd<'_>; 2], u64) {
        ([self.life.as_fd(), self.life_read.as_fd()], self.open_files)
    }

    /// A fresh forker for guards that live on.
    pub fn go_on(life: OwnedFd, life_read: OwnedFd, open_files: u64) -> io::Result<Self> {
        let (channel, pid) = spawn(&life_read, open_files)?;
        Ok(Self { channel, pid, life, life_read, open_files })
    }

    /// The limit of open files that what it starts gets.
    pub fn open_files(&self) -> u64 {
        self.open_files
    }

    /// Its pid, to know it by among the children that end.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// What it reads from becomes readable when a reply is there.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// Asks for one start. `id` comes back in the reply; `theirs` is the
    /// guard's end of its channel.
    pub fn request(
        &self,
        id: u32,
        launch: &Launch,
        care: Care,
        streams: &Streams,
        theirs: &Channel,
    ) -> io::Result<()> {
        let memory = launch.to_memory()?;
        let mut fds = vec![memory.as_fd(), theirs.as_fd()];
        fds.extend([streams.input.as_fd(), streams.output.as_fd(), streams.error.as_fd()]);
        fds.extend(streams.held.iter().map(AsFd::as_fd));
        self.channel.send(&encode(id, care), &fds)
    }

    /// A reply, if one is there; `Err` when the forker is gone.
    pub fn reply(&self) -> io::Result<Option<Reply>> {
        let mut buffer = [0; 16];
        match self.channel.receive(&mut buffer)? {
            Received::Nothing => Ok(None),
            Received::End => Err(io::ErrorKind::BrokenPipe.into()),
            Received::Message(_, fds) => {
                let id = u32::from_le_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]);
                let value = i32::from_le_bytes([buffer[4], buffer[5], buffer[6], buffer[7]]);
                let reply = match (Pid::new(value), fds.into_iter().next()) {
                    (Some(pid), Some(fd)) => Handle::of_fd(pid, fd)?
                        .map_or(Reply::Lost(id), |guard| Reply::Forked(id, guard)),
                    _ => Reply::Failed(id, value.min(0).abs()),
                };
                Ok(Some(reply))
            }
        }
    }

    /// Lets the forker go and waits until it has, so that nothing of ours
    /// outlives us; not for long, should somebody have stopped it.
    pub fn dismiss(self) {
        let handle = Handle::of_pid(self.pid);
        drop((self.channel, self.life));
        if let Ok(Some(handle)) = handle {
            let _ = handle.wait(Instant::now() + Duration::from_millis(200));
        }
    }
}

/// Executes a forker: its channel and its pid.
fn spawn(life_read: &OwnedFd, open_files: u64) -> io::Result<(Channel, Pid)> {
    let (ours, theirs) = Channel::pair()?;
    let handed = [theirs.into_fd(), life_read.try_clone()?];
    let raw = [fd::at_least(&handed[0], 10)?, fd::at_least(&handed[1], 10)?];
    let mut command = std::process::Command::new("/proc/self/exe");
    command.arg0("devsup").args([ENTRY, &open_files.to_string()]).current_dir("/");
    let [channel, life] = raw;
    // SAFETY: dup2 is safe between fork and exec; 3 and 4 are below both
    // sources, so neither overwrites the other's.
    unsafe {
        command.pre_exec(move || {
            fd::place(&channel, 3)?;
            fd::place(&life, 4)
        });
    }
    let child = command.spawn()?;
    let raw_pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    ours.set_nonblocking()?;
    Ok((ours, Pid::new(raw_pid).ok_or(io::ErrorKind::Other)?))
}

fn encode(id: u32, care: Care) -> [u8; 20] {
    let grace = u64::try_from(care.grace.as_millis()).unwrap_or(u64::MAX);
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&id.to_le_bytes());
    bytes[4..8].copy_from_slice(&signal_number(care.stop_signal).to_le_bytes());
    bytes[8..16].copy_from_slice(&grace.to_le_bytes());
    let flags = [care.terminal, care.stays, care.forking];
    bytes[16] = flags.iter().rev().fold(0, |all, &flag| all << 1 | u8::from(flag));
    bytes
}

fn decode(bytes: [u8; 20]) -> (u32, Option<Care>) {
    let (head, grace) = bytes.split_at(8);
    let number =
        |part: &[u8]| part.iter().rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    let id = u32::try_from(number(&head[..4])).unwrap_or(0);
    let signal = i32::try_from(number(&head[4..])).ok().and_then(signal_of);
    let care = signal.map(|stop_signal| Care {
        stop_signal,
        grace: Duration::from_millis(number(&grace[..8])),
        terminal: bytes[16] & 1 != 0,
        stays: bytes[16] & 2 != 0,
        forking: bytes[16] & 4 != 0,
    });
    (id, care)
}

/// The binary, executed as a forker: the channel is descriptor 3, the life
/// pipe 4, and the argument the limit of open files that services are to have.
pub fn serve_executed(open_files: Option<u64>, keeper: MakeKeeper) -> ! {
    if let Some(limit) = open_files {
        super::supervisor::set_open_files_limit(limit);
    }
    // SAFETY: whoever executes us this way hands over exactly these two.
    let (channel, life) = unsafe { (OwnedFd::from_raw_fd(3), OwnedFd::from_raw_fd(4)) };
    let _ = (fd::close_on_exec(&channel), fd::close_on_exec(&life));
    serve(&Channel::from_fd(channel), &life, keeper)
}

/// Serves requests until the supervisor is gone.
fn serve(channel: &Channel, life: &OwnedFd, keeper: MakeKeeper) -> ! {
    let _ = nix::unistd::setsid();
    let _ = nix::sys::prctl::set_name(c"devsup-forker");
    let _ = fd::silence_standard_streams();
    let mask = nix::sys::signal::SigSet::all();
    let _ = mask.thread_set_mask();
    let children = signal_set(&[libc::SIGCHLD]);
    let Ok(signals) =
        SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
    else {
        leave_now(1)
    };
    let _ = channel.set_nonblocking();
    loop {
        let mut fds = [
            PollFd::new(channel.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        let _ = poll(&mut fds, PollTimeout::NONE);
        while let Ok(Some(_)) = signals.read_signal() {}
        reap();
        serve_one(channel, life, keeper);
    }
}

fn reap() {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
    while matches!(waitid(Id::All, flags), Ok(status) if status != WaitStatus::StillAlive) {}
}

fn serve_one(channel: &Channel, life: &OwnedFd, keeper: MakeKeeper) {
    let mut buffer = [0; 20];
    match channel.receive(&mut buffer) {
        Ok(Received::Message(20, fds)) => {
            let (id, care) = decode(buffer);
            let parts = care.and_then(|care| parts(care, fds, life, keeper));
            answer(channel, id, &start(parts));
        }
        Ok(Received::Message(..) | Received::Nothing) => {}
        Ok(Received::End) | Err(_) => leave_now(0),
    }
}

fn parts(care: Care, fds: Vec<OwnedFd>, life: &OwnedFd, keeper: MakeKeeper) -> Option<Parts> {
    let mut fds = fds.into_iter();
    let memory = fds.next()?;
    let channel = Channel::from_fd(fds.next()?);
    let (input, output, error) = (fds.next()?, fds.next()?, fds.next()?);
    let streams = Streams { input, output, error, held: fds.collect() };
    let life = life.try_clone().ok()?;
    Some(Parts { memory, channel, life, streams, care, keeper })
}

fn start(parts: Option<Parts>) -> nix::Result<Handle> {
    let parts = parts.ok_or(nix::Error::EINVAL)?;
    // SAFETY: the forker has a single thread, so the child may use anything.
    match unsafe { fork() }? {
        ForkResult::Child => guard::run(parts),
        ForkResult::Parent { child } => {
            let pid = Pid::new(child.as_raw()).ok_or(nix::Error::ESRCH)?;
            // It is our child and not reaped yet, so the handle is its own.
            Handle::of_pid(pid).ok().flatten().ok_or(nix::Error::ESRCH)
        }
    }
}

fn answer(channel: &Channel, id: u32, started: &nix::Result<Handle>) {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&id.to_le_bytes());
    let value = started.as_ref().map_or_else(|errno| -(*errno as i32), |guard| guard.pid().raw());
    bytes[4..].copy_from_slice(&value.to_le_bytes());
    let fds: Vec<BorrowedFd<'_>> = started.iter().map(AsFd::as_fd).collect();
    let _ = channel.send(&bytes, &fds);
}
