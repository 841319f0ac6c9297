//! All integration tests in one binary, so that there is one link; a module per
//! subject.

#![expect(
    clippy::format_push_string,
    clippy::wrong_self_convention,
    reason = "scenarios are written to be read as sentences"
)]

mod architecture;
mod browser;
mod config;
mod down;
mod examples;
mod harness;
mod ledger;
mod logs;
mod processes;
mod puppets;
mod screen;
mod serve;
mod start;
mod stop;
mod stream;
mod words;
