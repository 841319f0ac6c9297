//! All integration tests in one binary, so that there is one link; a module per
//! subject.

mod architecture;
mod config;
mod down;
mod harness;
mod ledger;
mod puppets;
mod screen;
mod start;
mod stop;
mod stream;
mod words;
