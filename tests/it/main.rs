//! All integration tests in one binary, so that there is one link; a module per
//! subject.

mod architecture;
mod config;
mod docker;
mod down;
mod harness;
mod ledger;
mod puppets;
mod stop;
mod words;
