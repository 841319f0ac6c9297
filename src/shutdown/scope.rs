//! What a stop is about: one project, and which of its runs.

use super::rules::Rules;
use crate::ledger::{Book, Entry, Header, Ledger, LockFile, locks_in};
use crate::model::{InstanceName, RunId};
use crate::os::marker::{Marker, ProjectKey};
use crate::os::process::Identity;
use std::io;
use std::path::{Path, PathBuf};

/// Which runs of the project are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// This one.
    One(RunId),
    /// All there ever were.
    Every,
    /// All but this one, whose supervisor lives.
    AllBut(RunId),
}

/// An instance that a believed ledger names. That the processes of these
/// identities still live is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The instance.
    pub instance: InstanceName,
    /// Its guard.
    pub guard: Identity,
    /// Its leader, which also names its session and its group.
    pub leader: Identity,
}

/// Everything by which the judge tells ours from others'.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The project's name, for words.
    pub project: String,
    /// Its directory.
    pub root: PathBuf,
    /// What its markers have in common.
    pub key: ProjectKey,
    /// The run that is recorded, if one is.
    pub run: Option<RunId>,
    /// Which runs are meant.
    pub runs: Runs,
    /// What the ledger names.
    pub known: Vec<Known>,
    /// Who forked for a supervisor that is gone; it ends by itself, unless it
    /// is kept from it.
    pub forker: Option<Identity>,
    /// The lock files that processes of these runs hold.
    pub locks: Vec<LockFile>,
    /// Declared ports that must be free in the end, and the service of each.
    pub ports: Vec<(u16, String)>,
    /// What the project says about its sweep.
    pub rules: Rules,
}

impl Scope {
    /// What the supervisor of a run stops: its own run and no other. Taken
    /// again whenever the ledger has changed.
    pub fn of_run(ledger: &Ledger) -> Self {
        let runs = Runs::One(ledger.header().run);
        let locks = locks_in(ledger.location());
        Self::recorded(ledger.header(), ledger.entries(), locks, runs)
    }

    /// What `down` stops: every run of the project. `book` is what the ledger
    /// was believed to say, if there is one.
    pub fn of_project(root: &Path, book: Option<&Book>, locks: Vec<LockFile>) -> io::Result<Self> {
        match book {
            Some(Book { header, entries }) => {
                let scope = Self::recorded(header, entries, locks, Runs::Every);
                Ok(Self { forker: header.forker, ..scope })
            }
            None => Ok(Self::bare(root, ProjectKey::of(root)?, locks, Runs::Every)),
        }
    }

    /// What `down --stale` stops: what no living supervisor owns. `living` is
    /// the run whose supervisor lives, with its entries.
    pub fn stale(root: &Path, living: &Book, mut locks: Vec<LockFile>) -> io::Result<Self> {
        locks.retain(|lock| living.entries.iter().all(|entry| entry.instance != lock.instance));
        let runs = Runs::AllBut(living.header.run);
        let bare = Self::bare(root, ProjectKey::of(root)?, locks, runs);
        Ok(Self { project: living.header.project.clone(), ..bare })
    }

    fn recorded(header: &Header, entries: &[Entry], locks: Vec<LockFile>, runs: Runs) -> Self {
        let known = |entry: &Entry| Known {
            instance: entry.instance.clone(),
            guard: entry.guard,
            leader: entry.leader,
        };
        let port = |entry: &Entry| Some((entry.port?, entry.instance.to_string()));
        Self {
            project: header.project.clone(),
            run: Some(header.run),
            known: entries.iter().map(known).collect(),
            ports: entries.iter().filter_map(port).collect(),
            ..Self::bare(&header.root, header.marker.project(), locks, runs)
        }
    }

    fn bare(root: &Path, key: ProjectKey, locks: Vec<LockFile>, runs: Runs) -> Self {
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        Self {
            project: name,
            root: root.to_owned(),
            key,
            run: None,
            runs,
            known: Vec::new(),
            forker: None,
            locks,
            ports: Vec::new(),
            rules: Rules::default(),
        }
    }

    /// Whether a marker is that of a run which is meant.
    pub fn wants_marker(&self, marker: Marker) -> bool {
        marker.project() == self.key
            && match self.runs {
                Runs::One(run) => marker.is_of(run),
                Runs::Every => true,
                Runs::AllBut(run) => !marker.is_of(run),
            }
    }

    /// Whether an environment's chain of runs, outermost first, names a run
    /// that is meant. Of a run which the ledger does not know only its marker
    /// can tell that it is the project's; `learned` are those it told of.
    pub fn wants_chain(&self, chain: &[RunId], learned: &[RunId]) -> bool {
        match self.runs {
            Runs::One(run) => chain.contains(&run),
            Runs::Every => chain.iter().any(|run| self.run == Some(*run) || learned.contains(run)),
            Runs::AllBut(living) => {
                !chain.contains(&living) && chain.iter().any(|run| learned.contains(run))
            }
        }
    }
}
