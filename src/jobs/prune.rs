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
