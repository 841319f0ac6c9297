//! All integration tests in one binary, so that there is one link; a module per
//! subject.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_for_each,
    clippy::similar_names,
    clippy::wrong_self_convention,
    reason = "scenarios are written to be read as sentences"
)]

mod architecture;
mod config;
mod down;
mod example;
mod harness;
mod ledger;
mod logs;
mod puppets;
mod screen;
mod start;
mod stop;
mod stream;
mod words;
