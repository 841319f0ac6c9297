//! Runs without a terminal, and everything that is asked of a run from outside.

mod detached;
mod requests;
mod socket;
mod streams;
mod verbs;
