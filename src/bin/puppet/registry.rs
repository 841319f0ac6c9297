//! Where every process of a puppet writes itself down. Appended to a line at a
//! time; the path is an argument, so it outlives a cleared environment.

use std::io::Write;
use std::path::{Path, PathBuf};

/// One process of a puppet: who it is, and where it says so.
pub struct Actor {
    registry: PathBuf,
    role: String,
}

/// Whether the ledger named a process when it began.
#[derive(Clone, Copy)]
pub enum Recorded {
    Yes,
    No,
    NotAsked,
}

impl Recorded {
    /// Looks for ourselves in a `services.pids`.
    pub fn look(ledger: &str) -> Self {
        if ledger == "-" {
            return Self::NotAsked;
        }
        let text = std::fs::read_to_string(ledger).unwrap_or_default();
        let own = std::process::id().to_string();
        if text.lines().any(|line| line.trim() == own) { Self::Yes } else { Self::No }
    }
}

impl Actor {
    pub fn new(registry: &str, role: &str) -> Self {
        Self { registry: PathBuf::from(registry), role: role.to_owned() }
    }

    /// A process just forked off: registered, with the life span of all.
    pub fn child(&self, role: &str) -> Self {
        let child = Self { registry: self.registry.clone(), role: role.to_owned() };
        child.born(Recorded::NotAsked);
        child
    }

    pub fn registry(&self) -> &Path {
        &self.registry
    }

    pub fn role(&self) -> &str {
        &self.role
    }

    /// The first thing a process does.
    pub fn born(&self, recorded: Recorded) {
        crate::tricks::limit_life();
        self.write(match recorded {
            Recorded::Yes => "born-recorded",
            Recorded::No => "born-unrecorded",
            Recorded::NotAsked => "born",
        });
    }

    /// What was asked for is done; from here on it idles, or goes on and on.
    pub fn settled(&self) {
        self.write("settled");
    }

    /// The line for an event of this process: event, pid, start ticks, role.
    pub fn line(&self, event: &str) -> String {
        format!("{event} {} {} {}\n", std::process::id(), own_ticks(), self.role)
    }

    fn write(&self, event: &str) {
        let line = self.line(event);
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&self.registry);
        if file.and_then(|mut file| file.write_all(line.as_bytes())).is_err() {
            // A process that nobody knows of must not be.
            crate::tricks::end(2);
        }
    }
}

fn own_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit_once(')').map_or("", |parts| parts.1);
    behind.split_whitespace().nth(19).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}
