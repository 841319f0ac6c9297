//! The ledger: the files in `.pids/` that say what runs. Written before a
//! service runs, removed when nothing of the run is left, and judged word by
//! word when read, since anything may have happened to them in between.
//!
//! Must not know how anything is stopped; it signals nobody.

mod book;
mod history;
mod location;
mod read;
mod write;

pub use book::{Book, Containers, Course, Entry, Header, Past};
pub use history::{HistoryEvent, LastLife, append, count_strays, last_lives, last_report, runs};
pub use location::{LedgerError, Location, state_home};
pub use read::{Judged, LockFile, locks_in, read};
pub use write::{BeginError, Ledger, clear, wait_for_stop};
