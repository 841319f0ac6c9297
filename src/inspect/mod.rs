//! What runs here, and the kills that are aimed at parts of it. Reads the
//! ledger and the process table anew each time, so that it says the same with
//! a supervisor and without one.
//!
//! Whose a process is says `shutdown::judge` and nobody here; processors and
//! memory are looked at only for those who look, never to decide anything.

mod census;
mod hunt;
mod place;
mod stranger;

pub use census::{Inspector, Look};
pub use hunt::{carry_out, plan};
pub use place::{Labels, Place};
pub use stranger::kill_stranger;
