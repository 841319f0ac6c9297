//! All integration tests in one binary, so that there is one link; a module per
//! subject.

#![expect(
    clippy::format_push_string,
    clippy::wrong_self_convention,
    reason = "scenarios are written to be read as sentences"
)]

mod adopt;
mod api;
mod architecture;
mod browser;
mod client;
mod config;
mod docker;
mod doctor;
mod down;
mod examples;
mod harness;
mod health;
mod jobs;
mod ledger;
mod logs;
mod mistakes;
mod pages;
mod pictures;
mod processes;
mod puppets;
mod run;
mod screen;
mod secrets;
mod serve;
mod start;
mod stop;
mod stream;
mod words;
