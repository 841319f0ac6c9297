//! The history of jobs is bounded, by number and by size: the oldest that have
//! ended go first.

use super::record::Record;
use super::store::Store;

/// How much is kept of jobs that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Jobs.
    pub count: usize,
    /// Bytes of all together.
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { count: 100, bytes: 256 << 20 }
    }
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Jobs.
    pub count: usize,
    /// Bytes of all together.
    pub bytes: u64,
}

/// Removes what is too much. What goes on is left alone, and so is what its own
/// records do not call gone. `is_meant` says which jobs may be removed at all.
pub fn prune(store: &Store, keep: Keep, is_meant: impl Fn(&Record) -> bool) -> Pruned {
    let all = store.all();
    let ended = all.iter().rev().filter(|job| job.shown.status.is_over() && is_meant(job));
    let (mut count, mut bytes) = (0, 0);
    let mut pruned = Pruned::default();
    for job in ended {
        let id = &job.shown.id;
        let size = store.size(id);
        (count, bytes) = (count + 1, bytes + size);
        let fits = count <= keep.count && bytes <= keep.bytes;
        if fits || store.has_records(id) {
            continue;
        }
        if store.remove(id).is_ok() {
            pruned.count += 1;
            pruned.bytes += size;
        }
    }
    pruned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Shown;
    use crate::model::JobStatus;
    use crate::os::process::Identity;
    use std::fs;

    /// A job that has ended and left so much.
    fn ended(store: &Store, bytes: usize) -> String {
        let mut shown = Shown::new(store.reserve().unwrap());
        shown.status = JobStatus::Completed;
        let root = store.root_of(&shown.id);
        fs::write(root.join("output"), vec![b'x'; bytes]).unwrap();
        let own = Identity::own().unwrap();
        store.write(&Record::new(shown.clone(), String::new(), 0, own)).unwrap();
        shown.id
    }

    #[test]
    fn the_oldest_go_when_together_they_are_too_large() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::in_directory(home.path().to_owned());
        let ids: Vec<String> = (0..4).map(|_| ended(&store, 10_000)).collect();
        let keep = Keep { count: 100, bytes: 25_000 };
        let pruned = prune(&store, keep, |_| true);
        assert_eq!(pruned.count, 2);
        let left: Vec<String> = store.all().into_iter().map(|job| job.shown.id).collect();
        assert_eq!(left, ids[2..]);
        assert_eq!(prune(&store, keep, |_| true), Pruned::default());
    }
}
