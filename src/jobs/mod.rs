//! Jobs on disk: each has a directory of its own among the user's state, with
//! its record, its ledger and its output. They stay when it has ended, as long
//! as there is room.
//!
//! A job is a run of its own: a project with one service, whose supervisor is
//! told apart from any other only by where it lives. So nothing here starts or
//! stops anything.

mod output;
mod project;
mod prune;
mod record;
mod select;
mod store;

pub use output::{last_lines, tail_of};
pub use project::{instance, project};
pub use prune::{Keep, Pruned, prune};
pub use record::{Record, Shown, Watched};
pub use select::{Choice, Unclear, find};
pub use store::{Store, directory};
