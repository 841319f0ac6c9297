//! The writing side: held by a supervisor for as long as it lives.

use super::book::{Book, Containers, Entry, Header, Past, VERSION, Written};
use super::{HistoryEvent, LedgerError, Location, history};
use crate::model::{Health, InstanceName, Phase, reason};
use crate::os::lock::{self, Locked};
use crate::os::process::Identity;
use crate::os::{files, peer, table};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Another supervisor has this project.
    #[error("this project already runs (supervisor pid {pid}, since {since})")]
    Busy {
        /// The other one's pid as it wrote it down, in words.
        pid: String,
        /// When it began, in words.
        since: String,
    },
    /// The records can't be written.
    #[error("can't write the records in `{0}`: {why}", why = reason(.1))]
    Io(PathBuf, #[source] io::Error),
}

impl BeginError {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "stop it with `devsup down`",
            Self::Io(..) => "check the space on the disk and the owner of the directory",
        }
    }
}

/// The ledger of a run that is on.
#[derive(Debug)]
pub struct Ledger {
    location: Location,
    header: Header,
    entries: Vec<Entry>,
    /// What happened and is not in the history yet.
    notes: Vec<(Timestamp, HistoryEvent)>,
    past: Vec<Past>,
    /// When whoever began this run did, in ticks; `None`: it began before us.
    since: Option<u64>,
    place: Place,
    // Its open file is the lock; it goes with the process, however that ends.
    lock: Locked,
}

/// What a reader compares with its own boot, user and directory.
#[derive(Debug)]
struct Place {
    boot: String,
    pid_namespace: u64,
    root_device: u64,
    root_inode: u64,
}

impl Place {
    fn of(root: &Path) -> io::Result<Self> {
        let meta = fs::metadata(root)?;
        Ok(Self {
            boot: table::boot_id()?,
            pid_namespace: table::pid_namespace()?,
            root_device: meta.dev(),
            root_inode: meta.ino(),
        })
    }
}

impl Ledger {
    /// Makes the place where this project's ledger goes (see
    /// [`Location::prepare`]).
    pub fn open(root: &Path) -> Result<Location, LedgerError> {
        Location::prepare(root)
    }

    /// Takes the project for a run: locks it until this process ends, clears
    /// what an earlier run left behind, and writes the first record. What may
    /// still live of an earlier run has to be swept before, since its lock
    /// files go here.
    pub fn begin(location: Location, header: Header) -> Result<Self, BeginError> {
        let book = Book { header, entries: Vec::new(), past: Vec::new() };
        let since = Some(book.header.supervisor.start);
        let ledger = Self { since, ..Self::take(location, book)? };
        let wrong = |error| BeginError::Io(ledger.location.dir().to_owned(), error);
        remove_tracking(&ledger.location, &[]).map_err(wrong)?;
        ledger.flush().map_err(wrong)?;
        Ok(ledger)
    }

    /// Takes a run over whose supervisor is dead: locks it until this process
    /// ends. Nothing is written or removed before [`Ledger::settle`].
    pub fn take(location: Location, book: Book) -> Result<Self, BeginError> {
        let wrong = |error| BeginError::Io(location.dir().to_owned(), error);
        let mut lock = lock::try_lock(&location.run_lock()).map_err(wrong)?;
        if lock.is_none() && wait_for_stop(&location) {
            lock = lock::try_lock(&location.run_lock()).map_err(wrong)?;
        }
        let Some(mut lock) = lock else { return Err(busy(&location)) };
        sign(&mut lock, &book.header).map_err(wrong)?;
        let place = Place::of(location.root()).map_err(wrong)?;
        let Book { header, entries, past } = book;
        Ok(Self { location, header, entries, past, notes: Vec::new(), since: None, place, lock })
    }

    /// Goes on with a run that this very process supervises already, as another
    /// program; `lock` is that of the run.
    pub fn go_on(location: Location, book: Book, lock: Locked) -> io::Result<Self> {
        let place = Place::of(location.root())?;
        let Book { header, entries, past } = book;
        Ok(Self { location, header, entries, past, notes: Vec::new(), since: None, place, lock })
    }

    /// The lock of the run, to be kept for [`Ledger::go_on`].
    pub fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }

    /// Goes on with these instances alone: what an earlier supervisor left of
    /// the others is cleared, and the record is written.
    pub fn settle(&mut self, kept: &[InstanceName]) -> io::Result<()> {
        self.entries.retain(|entry| kept.contains(&entry.instance));
        remove_tracking(&self.location, kept)?;
        self.flush()
    }

    /// Notes who supervises the run from now on. Nobody listens for it yet.
    pub fn succeed(&mut self, supervisor: Identity, forker: Option<Identity>) {
        self.header = Header { supervisor, forker, socket: None, ..self.header.clone() };
    }

    /// Notes who forks for this supervisor from now on.
    pub fn set_forker(&mut self, forker: Identity) {
        self.header.forker = Some(forker);
    }

    /// Notes where this supervisor listens.
    pub fn set_socket(&mut self, socket: PathBuf) {
        self.header.socket = Some(socket);
    }

    /// Notes what this run has to do with containers.
    pub fn set_containers(&mut self, containers: Containers) {
        self.header.containers = Some(containers);
    }

    /// Notes that an instance runs, instead of what was noted of it before.
    /// Nothing is written until [`Ledger::flush`].
    pub fn record(&mut self, entry: Entry) {
        self.past.retain(|past| past.instance != entry.instance);
        match self.entries.iter_mut().find(|known| known.instance == entry.instance) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// Notes that an instance is over, and how, instead of what was noted of it
    /// before.
    pub fn record_past(&mut self, past: Past) {
        self.forget(&past.instance);
        self.past.push(past);
    }

    /// Notes what an instance does now; whether that is news.
    pub fn set_state(&mut self, instance: &InstanceName, state: Phase, health: Health) -> bool {
        let known = self.entries.iter_mut().find(|entry| entry.instance == *instance);
        known.is_some_and(|entry| {
            let before = (entry.state, entry.health);
            (entry.state, entry.health) = (state, health);
            before != (state, health)
        })
    }

    /// Notes that nothing is left of an instance.
    pub fn forget(&mut self, instance: &InstanceName) {
        self.entries.retain(|entry| entry.instance != *instance);
        self.past.retain(|past| past.instance != *instance);
    }

    /// Writes all that was noted. Called before a gate opens. The record that
    /// counts goes first; the three files for shell scripts follow.
    pub fn flush(&self) -> io::Result<()> {
        let dir = self.location.dir();
        files::replace(dir, "run.json", &serde_json::to_vec_pretty(&self.written())?)?;
        let (mut pids, mut groups, mut services) = (String::new(), String::new(), String::new());
        for entry in &self.entries {
            let (name, pid) = (&entry.instance, entry.leader.pid);
            // Writing to a string can't fail.
            let _ok = writeln!(pids, "{pid}");
            let _ok = writeln!(groups, "PGID:{name}:{}", entry.pgid);
            let _ok = writeln!(services, "{name}:{pid}");
        }
        files::replace(dir, "services.pids", pids.as_bytes())?;
        files::replace(dir, "services.pids.groups", groups.as_bytes())?;
        files::replace(dir, "services.pids.services", services.as_bytes())
    }

    /// Appends to the history of the project.
    pub fn history(&self, event: &HistoryEvent) -> io::Result<()> {
        history::append(&self.location, event)
    }

    /// Keeps an event, with its time, for [`Ledger::write_notes`]: nothing that
    /// waits to be started waits for the history.
    pub fn note(&mut self, event: HistoryEvent) {
        self.notes.push((Timestamp::now(), event));
    }

    /// Appends what was noted.
    pub fn write_notes(&mut self) -> io::Result<()> {
        if self.notes.is_empty() {
            return Ok(());
        }
        history::append_all(&self.location, std::mem::take(&mut self.notes))
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The tick before which nothing of the run can have begun, if that is
    /// known.
    pub fn since(&self) -> Option<u64> {
        self.since
    }

    /// What is true of the run.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What runs, in the order it was recorded.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is over.
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// The lock file of an instance.
    pub fn lock_path(&self, instance: &InstanceName) -> PathBuf {
        self.location.lock_path(instance)
    }

    /// The log file of an instance.
    pub fn log_path(&self, instance: &InstanceName) -> PathBuf {
        self.location.log_path(instance)
    }

    /// Removes all that was written but the history and the logs, the control
    /// socket too, and gives the project free. Only for a run of which nothing is left.
    pub fn end(&self) -> io::Result<()> {
        if let Some(socket) = &self.header.socket {
            gone(fs::remove_file(socket))?;
        }
        remove_tracking(&self.location, &[])?;
        gone(fs::remove_file(self.location.run_lock()))
    }

    fn written(&self) -> Written {
        let Place { boot, pid_namespace, root_device, root_inode } = &self.place;
        let header = self.header.clone();
        Written {
            version: VERSION,
            boot: boot.clone(),
            pid_namespace: *pid_namespace,
            uid: peer::own_uid(),
            root_device: *root_device,
            root_inode: *root_inode,
            run: header.run,
            project: header.project,
            root: header.root,
            marker: header.marker.bits(),
            supervisor: header.supervisor,
            forker: header.forker,
            socket: header.socket,
            cgroup: header.cgroup,
            started_at: header.started_at.to_string(),
            containers: header.containers,
            entries: self.entries.clone(),
            past: self.past.clone(),
        }
    }
}

/// Removes the tracking files of a dead run. `lock` is the run lock of this
/// location: having it proves that no supervisor owns them. It goes as well.
pub fn clear(location: &Location, lock: Locked) -> io::Result<()> {
    remove_tracking(location, &[])?;
    gone(fs::remove_file(location.run_lock()))?;
    drop(lock);
    Ok(())
}

/// Waits for a stop that is at work here, if one is: a stop without a supervisor
/// has the run's lock as well. Whether there was one.
pub fn wait_for_stop(location: &Location) -> bool {
    let path = location.down_lock();
    let at_work = lock::is_held(&path).unwrap_or(false);
    // Ours for no longer than it takes to have it.
    at_work && lock::lock(&path).is_ok()
}

/// Removes the tracking files of every instance but these.
fn remove_tracking(location: &Location, kept: &[InstanceName]) -> io::Result<()> {
    let names = ["run.json", "services.pids", "services.pids.groups", "services.pids.services"];
    for name in names {
        if kept.is_empty() {
            gone(fs::remove_file(location.dir().join(name)))?;
        }
        // Of somebody who was killed while writing it.
        gone(fs::remove_file(files::temporary(location.dir(), name)))?;
    }
    gone(fs::remove_file(files::temporary(location.dir(), ".gitignore")))?;
    for lock in super::locks_in(location) {
        if !kept.contains(&lock.instance) {
            gone(fs::remove_file(lock.path))?;
        }
    }
    remove_words_of_guards(location, kept.is_empty())
}

/// Removes what guards without a supervisor leave: how their service ended, and
/// the sockets of those that were killed. Living ones have a socket too.
fn remove_words_of_guards(location: &Location, sockets_too: bool) -> io::Result<()> {
    for entry in fs::read_dir(location.dir())? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        let stem = name.strip_suffix(".new").unwrap_or(name);
        let exit = stem.rsplit_once('.').is_some_and(|(_, kind)| kind == "exit");
        let guard = name.strip_prefix("guard-").and_then(|rest| rest.strip_suffix(".sock"));
        if exit || (guard.is_some() && sockets_too) {
            gone(fs::remove_file(location.dir().join(name)))?;
        }
    }
    Ok(())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes into the lock file who has it, for the words of the next one.
fn sign(lock: &mut Locked, header: &Header) -> io::Result<()> {
    let file = lock.file();
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{} {}", header.supervisor.pid, header.started_at)
}

fn busy(location: &Location) -> BeginError {
    let mut text = String::new();
    let read =
        lock::open(&location.run_lock()).and_then(|file| file.take(200).read_to_string(&mut text));
    let mut words = text.split_whitespace().filter(|word| read.is_ok() && is_plain(word));
    let mut word = || words.next().map_or_else(|| "unknown".to_owned(), str::to_owned);
    BeginError::Busy { pid: word(), since: word() }
}

fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_graphic())
}
