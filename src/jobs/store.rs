//! The directory of all jobs. Whatever is in it that no job of ours would have
//! written is passed over.

use super::record::{Record, VERSION};
use crate::ledger::state_home;
use crate::os::files;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const FILE: &str = "job.json";
/// The largest record that is read.
const LARGEST: u64 = 1 << 20;
/// Letters of an id: no two that look or sound alike, no vowels that make words.
const LETTERS: &[u8; 24] = b"bcdfghjkmnpqrstvwxz23456";
/// The first one is no digit, so that an id is never a number.
const FIRST: usize = 19;
const LENGTH: usize = 5;
/// Ids that are tried before it is given up.
const TRIES: usize = 100;

/// Where all jobs of this user are.
pub fn directory() -> PathBuf {
    state_home().join("jobs")
}

/// All jobs of this user.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// The jobs in the usual place.
    pub fn open() -> Self {
        Self { directory: directory() }
    }

    /// The jobs in another place.
    #[cfg(test)]
    pub(super) fn in_directory(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where a job lives: the root of its run.
    pub fn root_of(&self, id: &str) -> PathBuf {
        self.directory.join(id)
    }

    /// Makes a directory for a new job and returns its id.
    pub fn reserve(&self) -> io::Result<String> {
        fs::DirBuilder::new().mode(0o700).recursive(true).create(&self.directory)?;
        for _ in 0..TRIES {
            let id = new_id()?;
            match fs::DirBuilder::new().mode(0o700).create(self.root_of(&id)) {
                Ok(()) => return Ok(id),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("no free id was found"))
    }

    /// Writes a record, in one step.
    pub fn write(&self, record: &Record) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(record)?;
        files::replace(&self.root_of(&record.shown.id), FILE, &text)
    }

    /// Every job, the oldest first, as it is now.
    pub fn all(&self) -> Vec<Record> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut all: Vec<Record> = names.filter_map(|id| self.read(&id)).collect();
        all.sort_by(|one, other| {
            (one.shown.created_at, &one.shown.id).cmp(&(other.shown.created_at, &other.shown.id))
        });
        all
    }

    /// One job as it is now.
    pub fn read(&self, id: &str) -> Option<Record> {
        if !is_id(id) {
            return None;
        }
        let bytes = files::read(&self.root_of(id).join(FILE), LARGEST).ok()??;
        let mut record: Record = serde_json::from_slice(&bytes).ok()?;
        if record.version != VERSION || record.shown.id != id {
            return None;
        }
        record.judge();
        Some(record)
    }

    /// Removes a job with all that is kept of it.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        if is_id(id) { fs::remove_dir_all(self.root_of(id)) } else { Ok(()) }
    }

    /// How many bytes are kept of a job.
    pub(super) fn size(&self, id: &str) -> u64 {
        size_below(&self.root_of(id))
    }

    /// Whether something of it may still be there, by its own records.
    pub fn has_records(&self, id: &str) -> bool {
        self.root_of(id).join(".pids/run.json").exists()
    }
}

fn size_below(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_below(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

fn is_id(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| LETTERS.contains(&byte))
}

fn new_id() -> io::Result<String> {
    let mut random = [0; LENGTH];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let letter = |(at, byte): (usize, &u8)| {
        let most = if at == 0 { FIRST } else { LETTERS.len() };
        char::from(LETTERS[usize::from(*byte) % most])
    };
    Ok(random.iter().enumerate().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_never_a_number() {
        for _ in 0..1000 {
            let id = new_id().unwrap();
            assert!(is_id(&id), "{id}");
            assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
        }
    }

    #[test]
    fn strange_things_in_the_directory_are_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let store = Store { directory: home.path().join("jobs") };
        assert_eq!(store.all(), []);
        let id = store.reserve().unwrap();
        for (name, text) in [("readme", ""), ("../x", ""), (&id, "{"), (&id, "[]")] {
            let path = store.root_of(name);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(FILE), text).unwrap();
            assert_eq!(store.all(), []);
        }
        store.remove("../x").unwrap();
        assert!(store.root_of("../x").exists(), "only ids are removed");
    }
}
