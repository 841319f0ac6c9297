//! The process table as the kernel shows it, read by the tests themselves so
//! that nothing rests on devsup's own reading of it.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fmt;
use std::fs;

/// One process and no other: its pid and when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Process {
    pub pid: i32,
    pub ticks: u64,
}

/// What the table says of a process.
#[derive(Debug, Clone)]
pub struct Entry {
    pub process: Process,
    pub name: String,
    pub command: String,
    pub state: char,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, name, command, state, parent, group, session } = self;
        let pid = process.pid;
        write!(f, "{pid:>6} {parent:>6} {group:>6} {session:>6} {state} {name}: {command}")
    }
}

impl Process {
    /// The process that has this pid now.
    pub fn with_pid(pid: u32) -> Option<Self> {
        Some(entry(pid.cast_signed())?.process)
    }

    /// What the table says of it, as long as it runs.
    pub fn look(self) -> Option<Entry> {
        entry(self.pid).filter(|entry| entry.process == self && entry.lives())
    }

    pub fn lives(self) -> bool {
        self.look().is_some()
    }

    pub fn is_frozen(self) -> bool {
        self.look().is_some_and(|entry| matches!(entry.state, 'T' | 't'))
    }

    /// Signals it, if it is still the same process. Only inside a fence, where
    /// a pid that has just been looked at belongs to nobody else.
    pub fn signal(self, signal: Signal) {
        assert!(std::env::var_os("DEVSUP_TEST_BINARIES").is_some(), "only inside a fence");
        if self.lives() {
            let sent = kill(Pid::from_raw(self.pid), signal);
            // Gone since we looked: then there is nobody to signal.
            assert!(matches!(sent, Ok(()) | Err(Errno::ESRCH)), "{self:?}: {sent:?}");
        }
    }
}

impl Entry {
    /// A zombie does not live, unless another thread of it does.
    fn lives(&self) -> bool {
        self.state != 'X' && (self.state != 'Z' || a_thread_lives(self.process.pid))
    }
}

/// Every process that runs, in order of pid.
pub fn table() -> Vec<Entry> {
    let mut entries: Vec<Entry> = fs::read_dir("/proc")
        .expect("/proc is mounted")
        .filter_map(|found| found.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(entry)
        .filter(Entry::lives)
        .collect();
    entries.sort_by_key(|entry| entry.process.pid);
    entries
}

/// A process and all that descend from it, as far as parents still tell.
pub fn family(of: Process) -> Vec<Entry> {
    let table = table();
    let mut pids = vec![of.pid];
    // A pass for every generation; a parent may have the higher pid.
    loop {
        let before = pids.len();
        for entry in &table {
            if pids.contains(&entry.parent) && !pids.contains(&entry.process.pid) {
                pids.push(entry.process.pid);
            }
        }
        if pids.len() == before {
            break;
        }
    }
    table.into_iter().filter(|entry| pids.contains(&entry.process.pid)).collect()
}

fn entry(pid: i32) -> Option<Entry> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (before, behind) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    Some(Entry {
        process: Process { pid, ticks: fields.get(19)?.parse().ok()? },
        name: before.split_once('(')?.1.to_owned(),
        command: String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned(),
        state: fields.first()?.chars().next()?,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
    })
}

fn a_thread_lives(pid: i32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    tasks.into_iter().flatten().flatten().any(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(')').and_then(|parts| parts.1.trim().chars().next());
        state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
    })
}
