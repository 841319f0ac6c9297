//! The system calls behind the words. A puppet has one thread until it is
//! headless, so forking without exec is safe all through.

use crate::registry::Actor;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::unistd::{ForkResult, alarm, pause, setpgid, setsid};
use std::ffi::CString;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

/// No puppet lives longer than this, whatever became of its test.
const LIFE: Duration = Duration::from_secs(300);

static BORN: OnceLock<Instant> = OnceLock::new();
static POLITE: OnceLock<Polite> = OnceLock::new();

/// All a signal handler may need, made ready beforehand: in a handler nothing
/// may be allocated.
struct Polite {
    registry: CString,
    line: Vec<u8>,
    goodbye: Vec<u8>,
    pause: libc::timespec,
    code: i32,
}

/// Ends this process now.
pub fn end(code: i32) -> ! {
    // SAFETY: `_exit` takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Arms the alarm for what is left of the life that all processes share.
pub fn limit_life() {
    let born = BORN.get_or_init(Instant::now);
    let left = LIFE.saturating_sub(born.elapsed()).as_secs();
    if left == 0 {
        end(3);
    }
    alarm::set(u32::try_from(left).unwrap_or(u32::MAX));
}

pub fn idle() -> ! {
    loop {
        pause();
    }
}

pub fn nap(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

pub fn leave(actor: &Actor, code: i32) -> ! {
    actor.settled();
    end(code)
}

pub fn die(actor: &Actor, by: &str) -> ! {
    actor.settled();
    let failed = raise(signal(by)).is_err();
    end(if failed { 2 } else { 4 })
}

pub fn freeze(actor: &Actor) {
    actor.settled();
    if raise(Signal::SIGSTOP).is_err() {
        end(2);
    }
}

fn signal(name: &str) -> Signal {
    Signal::from_str(&format!("SIG{name}")).unwrap_or_else(|_| end(2))
}

pub fn ignore(name: &str) {
    handle(signal(name), SigHandler::SigIgn);
}

fn handle(signal: Signal, handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the only handler ever given is `goodbye`, which keeps to calls
    // that are allowed in a handler.
    if unsafe { sigaction(signal, &action) }.is_err() {
        end(2);
    }
}

/// `TERM:MS:CODE`.
pub fn polite(actor: &Actor, argument: &str) {
    let parts: Vec<&str> = argument.split(':').collect();
    let [name, pause, code] = parts[..] else { end(2) };
    let pause: i64 = crate::number(pause);
    let registry = CString::new(actor.registry().as_os_str().as_encoded_bytes());
    let polite = Polite {
        registry: registry.unwrap_or_else(|_| end(2)),
        line: actor.line("asked").into_bytes(),
        goodbye: format!("{} says goodbye\n", actor.role()).into_bytes(),
        pause: libc::timespec { tv_sec: pause / 1000, tv_nsec: pause % 1000 * 1_000_000 },
        code: crate::number(code),
    };
    if POLITE.set(polite).is_err() {
        end(2);
    }
    handle(signal(name), SigHandler::Handler(goodbye));
}

extern "C" fn goodbye(_: libc::c_int) {
    let Some(polite) = POLITE.get() else { end(2) };
    // SAFETY: open, write, nanosleep and `_exit` may be called in a handler,
    // and what they are given lives for ever.
    unsafe {
        let file = libc::open(polite.registry.as_ptr(), libc::O_WRONLY | libc::O_APPEND);
        libc::write(file, polite.line.as_ptr().cast(), polite.line.len());
        libc::write(1, polite.goodbye.as_ptr().cast(), polite.goodbye.len());
        libc::nanosleep(&raw const polite.pause, std::ptr::null_mut());
        libc::_exit(polite.code)
    }
}

/// Blocks a signal, so that it can be waited for.
pub fn hold_back(name: &str) -> SigSet {
    let mut set = SigSet::empty();
    set.add(signal(name));
    if set.thread_block().is_err() {
        end(2);
    }
    set
}

/// Forks; `None` where the system has no room for another process.
pub fn try_fork() -> Option<ForkResult> {
    // SAFETY: this process has a single thread.
    unsafe { nix::unistd::fork() }.ok()
}

/// Forks; `true` in the child.
pub fn fork() -> bool {
    match try_fork() {
        Some(ForkResult::Child) => true,
        Some(ForkResult::Parent { .. }) => false,
        None => end(2),
    }
}

/// Forks a grandchild whose parent is gone; `true` in the grandchild.
pub fn orphan() -> bool {
    match try_fork() {
        Some(ForkResult::Child) => fork() || end(0),
        Some(ForkResult::Parent { child }) => {
            nix::sys::wait::waitpid(child, None).is_err() && end(2)
        }
        None => end(2),
    }
}

/// Forks a child of our parent; `true` in it.
pub fn twin() -> bool {
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: without a stack or any other flag this is fork, and there is a
    // single thread.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        0 => true,
        -1 => end(2),
        _ => false,
    }
}

/// Gives every signal its own meaning back.
pub fn hear_everything() {
    for number in 1..=31 {
        // SAFETY: the default action runs no code of ours; the two numbers that
        // can't be set are refused.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

pub fn new_session() {
    if setsid().is_err() {
        end(2);
    }
}

pub fn new_group() {
    let own = nix::unistd::Pid::from_raw(0);
    if setpgid(own, own).is_err() {
        end(2);
    }
}

pub fn go_to(directory: &str) {
    if std::env::set_current_dir(directory).is_err() {
        end(2);
    }
}

pub fn close_everything() {
    // SAFETY: nothing in this process relies on a descriptor after this.
    unsafe { libc::close_range(0, libc::c_uint::MAX, 0) };
}

/// Goes on with the rest of the words as a program that was given nothing.
pub fn without_environment(actor: &Actor, rest: &[String]) -> ! {
    let own = std::env::current_exe().unwrap_or_else(|_| end(2));
    drop(
        Command::new(own)
            .env_clear()
            .arg(actor.registry())
            .args(["-", actor.role()])
            .args(rest)
            .exec(),
    );
    end(2)
}

pub fn become_another(actor: &Actor, argument: &str) -> ! {
    let mut words = argument.split(':');
    let mut command = Command::new(words.next().unwrap_or_else(|| end(2)));
    command.args(words);
    actor.settled();
    drop(command.exec());
    end(2)
}

/// Overwrites what `/proc/PID/environ` shows.
pub fn wipe_environment() {
    overwrite(field(50), field(51), b"");
}

/// Overwrites what `/proc/PID/cmdline` and `comm` show.
pub fn rename(name: &str) {
    overwrite(field(48), field(49), name.as_bytes());
    let name = CString::new(name).unwrap_or_else(|_| end(2));
    if nix::sys::prctl::set_name(&name).is_err() {
        end(2);
    }
}

fn overwrite(from: usize, to: usize, with: &[u8]) {
    for (at, address) in (from..to).enumerate() {
        let byte = with.get(at).copied().unwrap_or(0);
        // SAFETY: the kernel says that these addresses hold our own arguments
        // or environment, which are writable and which nobody reads any more.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(byte) };
    }
}

/// A field of our `/proc/self/stat`, counted from 1 as the manual does.
fn field(number: usize) -> usize {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit_once(')').map_or("", |parts| parts.1);
    let field = behind.split_whitespace().nth(number - 3);
    crate::number(field.unwrap_or_default())
}

pub fn undumpable() {
    if nix::sys::prctl::set_dumpable(false).is_err() {
        end(2);
    }
}

/// Sets the soft limit of locks back to the hard one, as a login does.
pub fn unmark() {
    // SAFETY: the limit is live, and both calls name ourselves.
    let done = unsafe {
        let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
        let read = libc::getrlimit64(libc::RLIMIT_LOCKS, &raw mut limit);
        limit.rlim_cur = limit.rlim_max;
        read == 0 && libc::setrlimit64(libc::RLIMIT_LOCKS, &raw const limit) == 0
    };
    if !done {
        end(2);
    }
}

/// Is another user for good, and can still be looked at.
pub fn become_user(user: u32) {
    let (uid, gid) = (nix::unistd::Uid::from_raw(user), nix::unistd::Gid::from_raw(user));
    let became = nix::unistd::setgroups(&[])
        .and_then(|()| nix::unistd::setresgid(gid, gid, gid))
        .and_then(|()| nix::unistd::setresuid(uid, uid, uid))
        .and_then(|()| nix::sys::prctl::set_dumpable(true));
    if became.is_err() {
        end(2);
    }
}

/// Leaves a process whose main thread is a zombie while another runs.
pub fn lose_head(actor: &Actor) -> ! {
    drop(std::thread::spawn(|| -> () { idle() }));
    actor.settled();
    // SAFETY: ends this thread alone; nothing of its stack is used by others.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    end(2)
}

pub fn wait_for(file: &str) {
    while !std::path::Path::new(file).exists() {
        nap(2);
    }
}

pub fn touch(file: &str) {
    if std::fs::write(file, "").is_err() {
        end(2);
    }
}

/// Standard output as a terminal: `24x80`, or `none`.
pub fn terminal() -> String {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one `winsize` to the given place.
    let answer = unsafe { libc::ioctl(1, libc::TIOCGWINSZ, &raw mut size) };
    if answer == 0 { format!("{}x{}", size.ws_row, size.ws_col) } else { "none".to_owned() }
}

/// A number that this process and all it forks count up together.
pub fn shared_counter() -> &'static AtomicUsize {
    let length = std::num::NonZeroUsize::MIN.saturating_add(4095);
    let (protection, flags) = (
        nix::sys::mman::ProtFlags::PROT_READ | nix::sys::mman::ProtFlags::PROT_WRITE,
        nix::sys::mman::MapFlags::MAP_SHARED,
    );
    // SAFETY: a fresh mapping, zeroed, aligned to a page and never unmapped.
    unsafe {
        match nix::sys::mman::mmap_anonymous(None, length, protection, flags) {
            Ok(place) => place.cast().as_ref(),
            Err(_) => end(2),
        }
    }
}
