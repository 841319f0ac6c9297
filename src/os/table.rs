//! The process table as `/proc` shows it: whole files, parsed, nothing kept.
//! "Gone" is an answer (`None`), not an error; "may not look" is an error.
//!
//! Must not know whose a process is. No process and no thread is started here,
//! and at most two descriptors are open at a time, so that it works where the
//! process table or our own descriptor table is full.

use super::signal_number;
use crate::model::{Pid, Signal};
use nix::libc;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Longest command line that is kept, in characters.
const COMMAND_CAP: usize = 200;
/// Longest environment that is read, in bytes. Longer ones do not fit through
/// an exec.
const ENVIRONMENT_CAP: usize = 8 << 20;
/// Room for most environments.
const FIRST_READ: usize = 8192;
/// Most bytes of arguments that are looked at.
const ARGUMENTS_CAP: u64 = 16 << 10;
/// Room for nearly every `status`, and for each.
const STATUS_READ: usize = 4 << 10;
const STATUS_CAP: u64 = 64 << 10;
/// Longest `stat`: some fifty numbers of up to twenty digits, and a name.
const STAT_CAP: usize = 2048;
/// Most bytes that a command line of 200 characters is made of, and some that
/// are left out.
const COMMAND_READ: usize = 2048;
const KERNEL_THREAD: u64 = 0x0020_0000;

/// One process, from its `stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its short name.
    pub name: String,
    /// The kernel's letter for its state.
    pub state: char,
    /// Its parent's pid; 0 for none that we can see.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its session.
    pub session: i32,
    /// Its controlling terminal's device number; 0 for none.
    pub terminal: i32,
    /// A thread of the kernel.
    pub kernel: bool,
    /// When it started, in clock ticks since boot.
    pub start: u64,
    /// Its resident memory, in bytes, without what each processor has not added
    /// yet: of a small process most is missing.
    pub memory: u64,
    /// How long it has used processors, in clock ticks.
    pub ticks: u64,
    /// How many threads it has.
    pub threads: u32,
    /// Owner of its entry: its effective user id, or root where it may not be
    /// dumped.
    pub owner: u32,
}

/// Every pid that `/proc` lists now: leaders of thread groups only.
pub fn pids() -> io::Result<Vec<Pid>> {
    let mut found = Vec::with_capacity(512);
    for entry in std::fs::read_dir("/proc")? {
        // An entry that ends while it is listed is no reason to stop.
        let Ok(entry) = entry else { continue };
        found.extend(entry.file_name().to_str().and_then(parse_pid));
    }
    Ok(found)
}

/// The pid that was given out last, in our pid namespace; threads count too.
pub fn last_pid() -> io::Result<i32> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let last = text.split_whitespace().last().and_then(|word| word.parse().ok());
    last.ok_or_else(|| io::Error::other("`/proc/loadavg` does not say the last pid"))
}

/// The number after which pids start over.
pub fn pid_max() -> i32 {
    let text = std::fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    text.trim().parse().unwrap_or(4_194_304)
}

/// Whether `/proc` hides processes from us (its mount option `hidepid`). There is
/// always an init, and everybody may know of it.
pub fn hides() -> bool {
    File::open("/proc/1/stat").is_err()
}

/// Whether `/proc` shows us this process.
pub fn is_shown(pid: Pid) -> bool {
    File::open(format!("/proc/{pid}/stat")).is_ok()
}

/// What `stat` says of a process; `None` if it is gone.
pub fn stat(pid: Pid) -> io::Result<Option<Stat>> {
    gone_is_none(read_stat(Path::new(&format!("/proc/{pid}/stat"))))
}

/// Whether anything of the process can still run. One that shows as a zombie
/// may have a thread that does.
pub fn can_run(pid: Pid, stat: &Stat) -> bool {
    if !is_dead(stat.state) {
        return true;
    }
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    threads
        .flatten()
        .any(|thread| read_stat(&thread.path().join("stat")).is_ok_and(|one| !is_dead(one.state)))
}

/// Whether a thread of the process runs or waits for the disk, rather than for
/// something to happen.
pub fn is_busy(pid: Pid) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    threads.into_iter().flatten().flatten().any(|thread| {
        let stat = read_stat(&thread.path().join("stat"));
        stat.is_ok_and(|stat| matches!(stat.state, 'R' | 'D'))
    })
}

/// The values of these variables in the environment the process was started
/// with, as far as it has not overwritten it.
pub fn variables<const N: usize>(pid: Pid, names: [&str; N]) -> io::Result<[Option<String>; N]> {
    let bytes = read_all(File::open(format!("/proc/{pid}/environ"))?, ENVIRONMENT_CAP)?;
    let mut values = [const { None }; N];
    for entry in bytes.split(|&byte| byte == 0) {
        for (name, value) in names.iter().zip(&mut values) {
            let text = entry.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            if let Some(text) = text.filter(|_| value.is_none()) {
                *value = Some(String::from_utf8_lossy(text).into_owned());
            }
        }
    }
    Ok(values)
}

/// Everything of a file that says no size, as those of `/proc` do, up to a cap:
/// without asking for its size first.
pub(super) fn read_all(mut file: File, cap: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; FIRST_READ];
    let mut filled = 0;
    loop {
        let count = file.read(&mut bytes[filled..])?;
        filled += count;
        if count == 0 || filled >= cap {
            bytes.truncate(filled);
            return Ok(bytes);
        }
        if filled == bytes.len() {
            bytes.resize(filled * 2, 0);
        }
    }
}

/// The command line in one line of at most 200 characters, or the short name
/// in brackets where there is none.
pub fn command(pid: Pid, name: &str) -> String {
    let mut bytes = [0; COMMAND_READ];
    let read =
        File::open(format!("/proc/{pid}/cmdline")).and_then(|mut file| file.read(&mut bytes));
    let bytes = &bytes[..read.unwrap_or(0)];
    let text = String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes));
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(COMMAND_CAP).collect();
    // A program that writes its own title leaves blanks where its arguments were.
    let line = line.trim();
    if line.is_empty() { format!("[{name}]") } else { line.to_owned() }
}

/// How often the kernel has ended a process for lack of memory since it booted;
/// `None` where it does not count (before Linux 4.13).
pub fn oom_kills() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.parse().ok()
}

/// Everything below a process, itself not included, as `/proc` shows it at one
/// moment or another: good for looking, not for killing.
pub fn descendants(of: Pid) -> Vec<Pid> {
    let Ok(all) = pids() else { return Vec::new() };
    let parents: Vec<(Pid, i32)> =
        all.into_iter().filter_map(|pid| Some((pid, stat(pid).ok()??.parent))).collect();
    let mut found = vec![of];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let children =
            parents.iter().filter(|(pid, above)| *above == parent.raw() && !found.contains(pid));
        let children: Vec<Pid> = children.map(|(pid, _)| *pid).collect();
        found.extend(children);
        at += 1;
    }
    found.remove(0);
    found
}

/// The arguments of a process, as many as fit into 16 KiB; none where there
/// are none. The buffer is the caller's, since this is asked of everybody.
pub fn arguments(pid: Pid, bytes: &mut Vec<u8>) -> io::Result<Vec<String>> {
    bytes.clear();
    File::open(format!("/proc/{pid}/cmdline"))?.take(ARGUMENTS_CAP).read_to_end(bytes)?;
    // A program that writes its own title leaves zeros where its arguments were.
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
    let text = &bytes[..end];
    if text.is_empty() {
        return Ok(Vec::new());
    }
    Ok(text.split(|&byte| byte == 0).map(|one| String::from_utf8_lossy(one).into_owned()).collect())
}

/// The file a process executes; an error where that may not be known.
pub fn executable(pid: Pid) -> io::Result<std::path::PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/exe"))
}

/// Whether a process is below another, as far as `/proc` shows it now.
pub fn is_below(pid: Pid, above: Pid) -> bool {
    let mut at = Some(pid);
    // Parents may change while we look, so the way up could be a circle.
    for _ in 0..1000 {
        let Some(Ok(Some(stat))) = at.map(stat) else { return false };
        if stat.parent == above.raw() {
            return true;
        }
        at = Pid::new(stat.parent);
    }
    false
}

/// The directory a process is in; an error where that may not be known.
pub fn directory(pid: Pid) -> io::Result<std::path::PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd"))
}

/// Shows every open descriptor of a process: the entry itself, and what its
/// link says. The link's text costs no I/O; following the entry may, and may
/// hang on a dead network mount, so that is the caller's choice.
pub fn descriptors(pid: Pid, mut show: impl FnMut(&Path, &OsStr)) -> io::Result<()> {
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let path = entry?.path();
        if let Ok(link) = std::fs::read_link(&path) {
            show(&path, link.as_os_str());
        }
    }
    Ok(())
}

/// Facts of `status` that `stat` has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The process the number belongs to: itself, unless it is a thread's.
    pub leader: i32,
    /// Real, effective and saved user id.
    pub uids: [u32; 3],
    /// Ignored signals, bit n-1 for signal n.
    pub ignored: u64,
}

/// What `status` says of a process; `None` if it is gone.
pub fn status(pid: Pid) -> io::Result<Option<Status>> {
    let read = File::open(format!("/proc/{pid}/status")).and_then(|file| whole(&file));
    let Some(bytes) = gone_is_none(read)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&bytes);
    let field = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or_default()
    };
    let mut uids = field("Uid:").split_whitespace().map(|word| word.parse().unwrap_or(u32::MAX));
    Ok(Some(Status {
        leader: field("Tgid:").parse().unwrap_or(0),
        uids: std::array::from_fn(|_| uids.next().unwrap_or(u32::MAX)),
        ignored: u64::from_str_radix(field("SigIgn:"), 16).unwrap_or(0),
    }))
}

/// Whether a process ignores a signal, as far as that can be known.
pub fn ignores(pid: Pid, signal: Signal) -> bool {
    let bit = u32::try_from(signal_number(signal) - 1).unwrap_or(0);
    matches!(status(pid), Ok(Some(status)) if status.ignored >> bit & 1 == 1)
}

/// When this boot began, in seconds since 1970. Start times count from there,
/// in ticks of [`ticks_per_second`].
pub fn boot_time() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().find_map(|line| line.strip_prefix("btime "));
    let time = line.and_then(|time| time.trim().parse().ok());
    time.ok_or_else(|| io::Error::other("`/proc/stat` does not say when this boot began"))
}

/// In how many ticks a second is cut for start times.
pub fn ticks_per_second() -> u64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    ticks.and_then(|ticks| u64::try_from(ticks).ok()).filter(|ticks| *ticks > 0).unwrap_or(100)
}

/// What tells this boot from any other. Start times are only comparable
/// within one.
pub fn boot_id() -> io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// What tells our pid namespace from any other. Pids mean nothing across two.
pub fn pid_namespace() -> io::Result<u64> {
    std::fs::metadata("/proc/self/ns/pid").map(|meta| meta.ino())
}

/// How long ago a process of this start time began; zero where that can't be
/// told.
pub fn age(start: u64) -> Duration {
    // SAFETY: sysconf reads a constant of the system.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let up = text.split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok());
    let Some((up, ticks)) = up.zip(u32::try_from(ticks).ok().filter(|ticks| *ticks > 0)) else {
        return Duration::ZERO;
    };
    let began = Duration::from_secs(start) / ticks;
    Duration::try_from_secs_f64(up).unwrap_or_default().saturating_sub(began)
}

fn parse_pid(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::new)
}

fn is_dead(state: char) -> bool {
    matches!(state, 'Z' | 'X' | 'x')
}

fn read_stat(path: &Path) -> io::Result<Stat> {
    let mut file = File::open(path)?;
    // The kernel writes a whole `stat` into one read that has room for it.
    let mut bytes = [0; STAT_CAP];
    let count = file.read(&mut bytes)?;
    let owner = file.metadata()?.uid();
    parse_stat(&bytes[..count], owner)
        .ok_or_else(|| io::Error::other("can't make sense of a `stat`"))
}

/// All of a `status`. It has no size, so asking for it, as reading a whole file
/// usually begins, costs as much as the reading.
fn whole(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(STATUS_READ);
    file.take(STATUS_CAP).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name stands in brackets and may itself contain brackets and spaces; the
/// last closing one ends it.
fn parse_stat(bytes: &[u8], owner: u32) -> Option<Stat> {
    let open = memchr::memchr(b'(', bytes)?;
    let close = memchr::memrchr(b')', bytes)?;
    let name = String::from_utf8_lossy(bytes.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(bytes.get(close + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Numbered from 3, as the manual does; the first two are before the name.
    let field = |number: usize| fields.get(number - 3).copied();
    let flags: u64 = field(9)?.parse().ok()?;
    let pages: u64 = field(24)?.parse().unwrap_or(0);
    let ticks = |number: usize| field(number)?.parse::<u64>().ok();
    Some(Stat {
        name,
        state: field(3)?.chars().next()?,
        parent: field(4)?.parse().ok()?,
        group: field(5)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        terminal: field(7)?.parse().ok()?,
        kernel: flags & KERNEL_THREAD != 0,
        start: field(22)?.parse().ok()?,
        memory: pages.saturating_mul(page_size()),
        ticks: ticks(14)?.saturating_add(ticks(15)?),
        threads: field(20)?.parse().unwrap_or(0),
        owner,
    })
}

pub(super) fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

/// A process can end between two reads of its files; the kernel then says that
/// the file is not there, or that the process is not.
fn gone_is_none<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
