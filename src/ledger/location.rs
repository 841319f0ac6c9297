//! Where a ledger lives: `.pids/` in the project, or a directory of the same
//! content among the user's state where the project can't be written or has
//! no locks.

use crate::model::InstanceName;
use crate::os::{files, lock, peer};
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why there can be no ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Neither place can be used.
    #[error("can't keep records in `{0}` ({1}) nor in `{2}` ({3})")]
    Nowhere(PathBuf, #[source] io::Error, PathBuf, io::Error),
    /// The project itself can't be looked at.
    #[error("can't look at the project directory `{0}`: {1}")]
    Root(PathBuf, #[source] io::Error),
}

impl LedgerError {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Nowhere(..) => "make one of them writable, or set `XDG_STATE_HOME`",
            Self::Root(..) => "check that the directory exists and may be entered",
        }
    }
}

/// A directory that holds (or can hold) a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    root: PathBuf,
    dir: PathBuf,
    note: Option<String>,
}

impl Location {
    /// Makes the place where this project's ledger goes: mode 0700, with a
    /// `.gitignore` of everything.
    pub fn prepare(root: &Path) -> Result<Self, LedgerError> {
        let root = canonical(root)?;
        let first = root.join(".pids");
        let Err(refused) = make(&first) else {
            return Ok(Self { root, dir: first, note: None });
        };
        let second = elsewhere(&root);
        match make(&second) {
            Ok(()) => {
                let note = Some(format!(
                    "records are kept in `{}`, since `{}` can't be used: {refused}",
                    second.display(),
                    first.display()
                ));
                Ok(Self { root, dir: second, note })
            }
            Err(error) => Err(LedgerError::Nowhere(first, refused, second, error)),
        }
    }

    /// Where this project's ledger is, without making anything. Where there
    /// are two, the one that records a run is meant; `None`: there is none.
    pub fn find(root: &Path) -> Result<Option<Self>, LedgerError> {
        let root = canonical(root)?;
        let places = [root.join(".pids"), elsewhere(&root)];
        let usable: Vec<PathBuf> = places.into_iter().filter(|dir| check(dir).is_ok()).collect();
        let recorded = usable.iter().find(|dir| dir.join("run.json").symlink_metadata().is_ok());
        let dir = recorded.or(usable.first()).cloned();
        Ok(dir.map(|dir| Self { root, dir, note: None }))
    }

    /// The project's directory, symlinks resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the records.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A sentence for the user, where the place is not the usual one.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The lock file of an instance. The guard opens and locks it; the service
    /// and all it forks inherit it.
    pub fn lock_path(&self, instance: &InstanceName) -> PathBuf {
        self.dir.join(format!("{instance}.lock"))
    }

    /// The log file of an instance.
    pub fn log_path(&self, instance: &InstanceName) -> PathBuf {
        self.dir.join("logs").join(format!("{instance}.log"))
    }

    /// Where a supervisor without a terminal keeps its own words. No service
    /// can be called that: names don't start with a dot.
    pub fn journal(&self) -> PathBuf {
        self.dir.join("logs").join(".devsup.log")
    }

    /// The lock of the run itself, held by its supervisor. No service can be
    /// called that: names don't start with a dot.
    pub fn run_lock(&self) -> PathBuf {
        self.dir.join(".run.lock")
    }

    /// The lock of a stop, so that of two at once one works.
    pub fn down_lock(&self) -> PathBuf {
        self.dir.join(".down.lock")
    }
}

fn canonical(root: &Path) -> Result<PathBuf, LedgerError> {
    root.canonicalize().map_err(|error| LedgerError::Root(root.to_owned(), error))
}

/// A directory of our own: no symlink, which could lead anywhere, and nobody
/// else's.
fn check(dir: &Path) -> io::Result<()> {
    let meta = dir.symlink_metadata()?;
    if meta.is_symlink() || !meta.is_dir() {
        return Err(io::Error::other("it is no directory"));
    }
    if meta.uid() != peer::own_uid() {
        return Err(io::Error::other("it belongs to another user"));
    }
    Ok(())
}

fn make(dir: &Path) -> io::Result<()> {
    if dir.symlink_metadata().is_err() {
        fs::DirBuilder::new().mode(0o700).recursive(true).create(dir)?;
    }
    check(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    let logs = dir.join("logs");
    fs::DirBuilder::new().mode(0o700).recursive(true).create(&logs)?;
    check(&logs)?;
    // Somebody may have made the directory, or have been killed before this.
    let ignore = dir.join(".gitignore");
    ignore_everything(dir, &ignore)?;
    // A file system that can't be written, or without locks (some network
    // mounts), shows itself here.
    lock::is_held(&ignore).map(|_| ())
}

/// Two that begin in the same moment come here together, and one takes the
/// other's half-made file for a left-over: then its end is looked at again.
fn ignore_everything(dir: &Path, ignore: &Path) -> io::Result<()> {
    const TRIES: usize = 100;
    let mut failure = None;
    for _ in 0..TRIES {
        if ignore.symlink_metadata().is_ok() {
            return Ok(());
        }
        match files::replace(dir, ".gitignore", b"*\n") {
            Ok(()) => return Ok(()),
            Err(error) if in_passing(&error) => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    failure.map_or(Ok(()), Err)
}

/// What a file that another one makes or moves at the same time looks like.
fn in_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists)
}

/// The place among the user's state, one directory a project.
fn elsewhere(root: &Path) -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .unwrap_or_else(|| std::env::temp_dir().join(format!("devsup-{}", peer::own_uid())));
    state.join("devsup").join(format!("{:016x}", hash(root)))
}

/// FNV-1a: the same for every version of devsup, as it names a directory.
fn hash(path: &Path) -> u64 {
    path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_begin_at_once_come_to_the_same_place() {
        for _ in 0..50 {
            let root = tempfile::tempdir().unwrap();
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        make(&root.path().join(".pids")).unwrap();
                    });
                }
            });
            let ignore = fs::read_to_string(root.path().join(".pids/.gitignore")).unwrap();
            assert_eq!(ignore, "*\n");
        }
    }
}
