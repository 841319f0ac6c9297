//! The reading side. A ledger is an input like any other: every field is
//! judged, and what does not hold is passed over with a sentence. Nothing read
//! here may be signalled before its identity was compared with a living
//! process.

use super::Location;
use super::book::{Book, Entry, Header, VERSION, Written};
use crate::model::{InstanceName, ServiceName};
use crate::os::cgroup;
use crate::os::files;
use crate::os::lock::LockId;
use crate::os::marker::{Marker, ProjectKey};
use crate::os::{peer, table};
use serde_json::Value;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// Largest `run.json` that is read: 1,000 entries take half a megabyte.
const CAP: u64 = 8 << 20;
/// Most entries that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Longest patience that is believed.
const LONGEST_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a ledger said, as far as it was believed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// The run it records; `None`: none is recorded, or it was not believed.
    pub book: Option<Book>,
    /// Why something was not believed, a sentence each.
    pub notes: Vec<String>,
}

/// A lock file found beside a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// The instance it is named after.
    pub instance: InstanceName,
    /// Where it is.
    pub path: PathBuf,
    /// Which file it is.
    pub id: LockId,
}

/// Reads and judges the ledger of this location. Never an error: a ledger that
/// can't be read is one that is not believed.
pub fn read(location: &Location) -> Judged {
    let path = location.dir().join("run.json");
    let mut judged = Judged::default();
    let doubt = |why: &str| format!("`{}` is not believed: {why}", path.display());
    match files::read(&path, CAP) {
        Ok(None) => judged.notes.extend(lonely_lists(location)),
        Ok(Some(bytes)) => match judge(location, &bytes, &mut judged.notes) {
            Ok(book) => judged.book = Some(book),
            Err(why) => judged.notes.push(doubt(&why)),
        },
        Err(refused) => judged.notes.push(doubt(&refused.to_string())),
    }
    judged
}

/// The lock files beside a ledger: regular files of ours, one an instance.
pub fn locks_in(location: &Location) -> Vec<LockFile> {
    let Ok(listing) = std::fs::read_dir(location.dir()) else {
        return Vec::new();
    };
    let mut found: Vec<LockFile> = listing
        .flatten()
        .filter_map(|entry| {
            let file_name = entry.file_name();
            let stem = file_name.to_str()?.strip_suffix(".lock")?;
            let instance = InstanceName::new(&ServiceName::new(stem).ok()?, 1, 1);
            let meta = entry.path().symlink_metadata().ok()?;
            let id = LockId { device: meta.dev(), inode: meta.ino() };
            let is_ours = meta.is_file() && meta.uid() == peer::own_uid();
            is_ours.then(|| LockFile { instance, path: entry.path(), id })
        })
        .collect();
    found.sort_by(|one, two| one.instance.cmp(&two.instance));
    found
}

/// The lists for shell scripts without the record: they carry bare numbers,
/// which are no proof of anything.
fn lonely_lists(location: &Location) -> Option<String> {
    let bytes = files::read(&location.dir().join("services.pids.groups"), 1 << 16).ok()??;
    let text = String::from_utf8_lossy(&bytes);
    let named = text.lines().filter(|line| group_of(line).is_some()).count();
    (named > 0).then(|| {
        format!(
            "`services.pids.groups` names {named} process group{} but `run.json` is gone: a bare \
             number is no proof, so only markers are looked for",
            if named == 1 { "" } else { "s" }
        )
    })
}

/// `PGID:web:123`; the first field may also be a number.
fn group_of(line: &str) -> Option<(&str, i32)> {
    let mut fields = line.split(':');
    let (kind, name, group) = (fields.next()?, fields.next()?, fields.next()?);
    let known = kind == "PGID" || kind.parse::<i32>().is_ok();
    let group = group.trim().parse().ok().filter(|group| *group > 1)?;
    (known && fields.next().is_none() && ServiceName::new(name).is_ok()).then_some((name, group))
}

fn judge(location: &Location, bytes: &[u8], notes: &mut Vec<String>) -> Result<Book, String> {
    let mut value: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("it is damaged ({error})"))?;
    let version = value.get("version").and_then(Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        return Err(version.map_or_else(
            || "it says no version".to_owned(),
            |other| format!("it has version {other}, and this devsup knows {VERSION}"),
        ));
    }
    // Judged one by one below, so that one damaged entry does not cost all.
    let entries = value.get_mut("entries").map(Value::take).unwrap_or_default();
    value["entries"] = Value::Array(Vec::new());
    let written: Written =
        serde_json::from_value(value).map_err(|error| format!("it is damaged ({error})"))?;
    judge_place(location, &written).map_err(|why| why.unwrap_or_else(unreadable))?;
    let header = judge_header(location, &written)?;
    let entries = judge_entries(entries, notes)?;
    let past = written.past.into_iter().take(MOST_ENTRIES).collect();
    Ok(Book { header, entries, past })
}

fn unreadable() -> String {
    "this machine does not say which boot it is, so start times prove nothing".to_owned()
}

/// Whether it is about this boot, these pids, this user and this directory.
fn judge_place(location: &Location, written: &Written) -> Result<(), Option<String>> {
    let wrong = |why: &str| Err(Some(why.to_owned()));
    if written.boot != table::boot_id().map_err(|_| None)? {
        return wrong("it is of another boot, so its processes are gone");
    }
    if written.pid_namespace != table::pid_namespace().map_err(|_| None)? {
        return wrong("it was written in another pid namespace (a container?)");
    }
    if written.uid != peer::own_uid() {
        return wrong("it is another user's");
    }
    let meta = location.root().metadata().map_err(|_: io::Error| None)?;
    if (written.root_device, written.root_inode) != (meta.dev(), meta.ino()) {
        return wrong("it was written for another directory");
    }
    Ok(())
}

fn judge_header(location: &Location, written: &Written) -> Result<Header, String> {
    let key = ProjectKey::of(location.root()).map_err(|error| error.to_string())?;
    let marker = Marker::from_limit(written.marker)
        .filter(|marker| marker.project() == key && marker.is_of(written.run))
        .ok_or("its marker is not that of its run")?;
    let started_at = written.started_at.parse().map_err(|_| "its start is no time")?;
    Ok(Header {
        run: written.run,
        project: printable(&written.project),
        root: location.root().to_owned(),
        marker,
        supervisor: written.supervisor,
        forker: written.forker,
        socket: written.socket.clone().filter(|path| path.is_absolute()),
        cgroup: written.cgroup.clone().filter(|path| cgroup::is_named_after(path, marker)),
        started_at,
        containers: written.containers.clone(),
    })
}

/// A name that goes to a terminal: no control characters, not too long.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).take(100).collect()
}

fn judge_entries(entries: Value, notes: &mut Vec<String>) -> Result<Vec<Entry>, String> {
    let Value::Array(entries) = entries else {
        return Err("it is damaged (`entries` is no list)".to_owned());
    };
    let mut believed: Vec<Entry> = Vec::new();
    for (at, value) in entries.into_iter().take(MOST_ENTRIES).enumerate() {
        let entry = serde_json::from_value(value).map_err(|error| error.to_string());
        match entry.and_then(|entry| judge_entry(entry, &believed)) {
            Ok(entry) => believed.push(entry),
            Err(why) => {
                notes.push(format!("entry {} of the ledger is not believed: {why}", at + 1));
            }
        }
    }
    Ok(believed)
}

fn judge_entry(entry: Entry, believed: &[Entry]) -> Result<Entry, String> {
    let (instance, leader) = (&entry.instance, entry.leader.pid);
    let copy = instance.as_str().strip_prefix(entry.service.as_str());
    if !copy.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
        return Err(format!("`{instance}` is no copy of `{}`", entry.service));
    }
    if believed.iter().any(|other| other.instance == *instance) {
        return Err(format!("`{instance}` is there twice"));
    }
    // Each service leads a session of its own.
    if entry.pgid != leader || entry.sid != leader || entry.guard.pid == leader {
        return Err(format!("the numbers of `{instance}` contradict each other"));
    }
    if entry.grace > LONGEST_GRACE || entry.level > MOST_ENTRIES || entry.port == Some(0) {
        return Err(format!("`{instance}` has a value out of bounds"));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests;
