//! Runs without a terminal, and everything that is asked of a run from outside.

mod converge;
mod described;
mod detached;
mod forms;
mod inspect;
mod printed;
mod requests;
mod silence;
mod socket;
mod strangers;
mod streams;
mod verbs;
