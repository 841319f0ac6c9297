//! The stop, in five phases, a file each. Each phase takes what the one before
//! left, by value, and the end is a [`Report`](crate::model::Report): no phase
//! can be forgotten or come out of turn.
//!
//! ```text
//! Tally::take ─► Graceful ─► Force ─► Forced ─► Swept ─► Torn ─► Report
//!               [1/5]       [2/5]     [3/5]    [4/5]    [5/5]
//! ```
//!
//! The first two say what is to be done and are told what happened; who does
//! it is the supervisor's loop, or [`alone`] where there is none. The others
//! do their work before they return, within bounds of their own. Phases 1, 2,
//! 3 and 5 start no process and no thread.
//!
//! Must not know of terminals, sockets or the config.

pub mod alone;
mod beside;
mod containers;
mod force;
mod graceful;
mod grip;
mod hidden;
mod judge;
mod orphans;
mod rehearse;
mod rules;
mod scan;
mod scope;
mod takeover;
mod tally;
mod verify;
mod weak;

pub use alone::{is_anything_there, nothing, sweep_at_once};
pub use beside::look_beside;
pub use containers::{Errand, Torn};
pub use force::{Force, Forced};
pub use graceful::{Act, Graceful, Options, Unit};
pub use grip::{Grip, grip};
pub use judge::{Company, Doubt, Mercy, Role, Whose, instance_of, judge};
pub use orphans::{Swept, wait_for};
pub use rehearse::rehearse;
pub use rules::Rules;
pub use scan::{Facts, Table, pass as look_at_all};
pub use scope::{Known, Runs, Scope};
pub use takeover::{our_guard, take_over};
pub use tally::Tally;
pub use weak::{Place, Weak};

use crate::model::Progress;

/// Who is told how far a stop is.
pub type Emit<'a> = &'a mut dyn FnMut(Progress);
