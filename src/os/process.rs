//! Handles on processes. A bare number is not a process: between reading a
//! pid and signalling it the number can belong to somebody else. What stands
//! here opens a pidfd, reads the identity again under it, and signals only
//! through it.
//!
//! Must not know whose a process is, nor why it is signalled.

use super::guard::ORDER_SIGNAL;
use super::{signal_number, table};
use crate::model::{Pid, Signal};
use nix::errno::Errno;
use nix::libc;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// File system type of pidfds since Linux 6.9. Before it all pidfds share one
/// inode, which then says nothing.
const PIDFS_MAGIC: i64 = 0x5049_4446;

/// Who a process is for as long as this boot lasts. Pid and start time can
/// collide within one clock tick; the inode of a pidfd never does, where the
/// kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// Its pid, in our pid namespace.
    pub pid: Pid,
    /// When it started, in clock ticks since boot (field 22 of its `stat`).
    pub start: u64,
    /// The inode of its pidfd; `None` on kernels before 6.9.
    pub inode: Option<u64>,
}

impl Identity {
    /// Who the process of that number is now; `None` if there is none. For an
    /// unreaped child of our own the answer can't be outdated.
    pub fn read(pid: Pid) -> io::Result<Option<Self>> {
        Ok(Handle::of_pid(pid)?.map(|handle| handle.identity))
    }

    /// Who we are.
    pub fn own() -> io::Result<Self> {
        let gone = || io::Error::other("can't read our own entry in /proc");
        Self::read(own_pid().ok_or_else(gone)?)?.ok_or_else(gone)
    }

    /// Whether both name the same process, as far as both say.
    pub fn matches(&self, other: &Self) -> bool {
        let inodes = self.inode.zip(other.inode).is_none_or(|(one, two)| one == two);
        self.pid == other.pid && self.start == other.start && inodes
    }
}

/// Our own pid; `None` for a pid 1.
pub fn own_pid() -> Option<Pid> {
    i32::try_from(std::process::id()).ok().and_then(Pid::new)
}

/// The leader of our session, if it has a terminal: the shell that people type
/// into. `None` where there is no terminal, or we lead the session ourselves.
pub fn session_leader() -> Option<Pid> {
    File::open("/dev/tty").ok()?;
    let leader = nix::unistd::getsid(None).ok()?;
    Pid::new(leader.as_raw()).filter(|leader| Some(*leader) != own_pid())
}

/// Whether a signal found somebody. That there was nobody is an answer, not
/// an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was sent.
    Delivered,
    /// The process is gone.
    Gone,
}

/// What a guard can be told by a queued signal, without a channel to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuedOrder {
    /// The service's stop signal to its group, then `SIGCONT`.
    Ask = 1,
    /// `SIGTERM`, then `SIGCONT`, to every descendant.
    AskTree = 2,
    /// Freeze the tree and kill it, children first, until nothing is left.
    Kill = 3,
}

/// An open handle on one process. Its number can be recycled, the handle is
/// not: a signal through it reaches this process or nobody.
#[derive(Debug)]
pub struct Handle {
    fd: OwnedFd,
    identity: Identity,
}

impl Handle {
    /// A handle on exactly this process; `None` if it is gone or if its number
    /// belongs to another one by now.
    pub fn open(identity: &Identity) -> io::Result<Option<Self>> {
        Ok(Self::of_pid(identity.pid)?.filter(|handle| handle.identity.matches(identity)))
    }

    /// A handle on whatever process has that number now. Whoever wants to
    /// signal it must judge it first.
    pub fn of_pid(pid: Pid) -> io::Result<Option<Self>> {
        match open_pidfd(pid)? {
            Some(fd) => Self::of_fd(pid, fd),
            None => Ok(None),
        }
    }

    /// A handle made of a pidfd that somebody opened on that process, as its
    /// parent can do without doubt; `None` if the process is gone.
    pub fn of_fd(pid: Pid, fd: OwnedFd) -> io::Result<Option<Self>> {
        let Some(stat) = table::stat(pid)? else {
            return Ok(None);
        };
        let inode = pidfs_inode(&fd);
        let identity = Identity { pid, start: stat.start, inode };
        let handle = Self { fd, identity };
        // Had the process been reaped before its stat was read, the stat could
        // be that of a successor. Still there now means there all along.
        Ok((!handle.is_reaped()?).then_some(handle))
    }

    /// Whose handle this is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its pid.
    pub fn pid(&self) -> Pid {
        self.identity.pid
    }

    /// Sends a signal to this one process.
    pub fn signal(&self, signal: Signal) -> io::Result<Sent> {
        send(&self.fd, signal_number(signal), None)
    }

    /// Tells a guard what to do. A stopped guard hears it only after a
    /// `SIGCONT`, which is therefore sent first.
    pub fn order(&self, order: QueuedOrder) -> io::Result<Sent> {
        self.signal(Signal::Cont)?;
        send(&self.fd, libc::SIGRTMIN() + ORDER_SIGNAL, Some(order as i32))
    }

    /// Whether all of its threads have ended. A process whose main thread is
    /// gone while others run has not ended.
    pub fn has_ended(&self) -> io::Result<bool> {
        Ok(!wait_any(&[self], Some(Duration::ZERO))?.is_empty())
    }

    /// Waits until it has ended, at most until `deadline`; whether it has.
    pub fn wait(&self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !wait_any(&[self], Some(left))?.is_empty() {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    fn is_reaped(&self) -> io::Result<bool> {
        match send(&self.fd, 0, None) {
            Ok(sent) => Ok(sent == Sent::Gone),
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until one of these has ended, for at most `timeout` (`None`: for
/// ever), and says which have, by index. Empty when the time is over or when
/// a signal of our own came in between.
pub fn wait_any(handles: &[&Handle], timeout: Option<Duration>) -> io::Result<Vec<usize>> {
    let mut polled: Vec<libc::pollfd> = handles
        .iter()
        .map(|handle| libc::pollfd { fd: handle.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 })
        .collect();
    // Rounded up, since a wait of zero before a deadline would spin.
    let millis = timeout
        .map_or(-1, |time| i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX));
    // SAFETY: the pointer and the length are those of one live vector, and the
    // descriptors in it are borrowed from handles that outlive the call.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, millis) };
    if ready < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted {
            Ok(Vec::new())
        } else {
            Err(error)
        };
    }
    Ok(polled.iter().enumerate().filter(|(_, one)| one.revents != 0).map(|(at, _)| at).collect())
}

/// Whether the number is that of a process that has not ended, where nothing
/// else of it can be seen.
pub fn runs(pid: Pid) -> bool {
    let Ok(Some(fd)) = open_pidfd(pid) else { return false };
    let mut polled = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one live entry, whose descriptor is open.
    let ended = unsafe { libc::poll(&raw mut polled, 1, 0) };
    ended == 0
}

fn open_pidfd(pid: Pid) -> io::Result<Option<OwnedFd>> {
    // SAFETY: the call takes two integers and touches no memory of ours.
    match Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.raw(), 0) }) {
        Ok(fd) => {
            let fd = i32::try_from(fd).map_err(io::Error::other)?;
            // SAFETY: the kernel has just given us this descriptor, and nobody
            // else knows its number.
            Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) }))
        }
        // EINVAL and ENOENT: the number is that of a thread.
        Err(Errno::ESRCH | Errno::EINVAL | Errno::ENOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn pidfs_inode(fd: &OwnedFd) -> Option<u64> {
    let system = nix::sys::statfs::fstatfs(fd).ok()?;
    #[expect(clippy::useless_conversion, reason = "the type differs between systems")]
    let kind = i64::from(system.filesystem_type().0);
    let is_pidfs = kind == PIDFS_MAGIC;
    is_pidfs.then(|| nix::sys::stat::fstat(fd).ok().map(|stat| stat.st_ino))?
}

/// A queued signal as the kernel lays it out: `siginfo_t` with `si_pid`,
/// `si_uid` and `si_value`, padded to its full 128 bytes.
#[repr(C)]
union Queued {
    info: QueuedInfo,
    whole: [u8; 128],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct QueuedInfo {
    signo: i32,
    errno: i32,
    code: i32,
    sender: Sender,
}

/// Aligned as its pointer is, which puts it where the kernel has it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Sender {
    pid: i32,
    uid: u32,
    value: libc::sigval,
}

fn send(fd: &OwnedFd, signal: i32, value: Option<i32>) -> io::Result<Sent> {
    let mut queued = Queued { whole: [0; 128] };
    let mut info = std::ptr::null::<Queued>();
    if let Some(value) = value {
        let sival_ptr = std::ptr::without_provenance_mut(usize::try_from(value).unwrap_or(0));
        // SAFETY: both calls read ids of our own and can't fail.
        let (pid, uid) = unsafe { (libc::getpid(), libc::getuid()) };
        let sender = Sender { pid, uid, value: libc::sigval { sival_ptr } };
        queued.info = QueuedInfo { signo: signal, errno: 0, code: libc::SI_QUEUE, sender };
        info = &raw const queued;
    }
    // SAFETY: `info` is null or points to 128 live, initialised bytes, which
    // is what the kernel reads for a `siginfo_t`.
    let sent =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd.as_raw_fd(), signal, info, 0) };
    if sent == 0 {
        return Ok(Sent::Delivered);
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::ESRCH) { Ok(Sent::Gone) } else { Err(error) }
}

#[cfg(test)]
mod tests;
