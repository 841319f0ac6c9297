//! `devsup serve`: the API of the supervisors over loopback TCP, and a web page
//! that uses it. A process of its own, so that a supervisor stays as lean as it
//! is: every request is let in by `door`, and handed on to the unix socket of
//! the project it is about. Where no supervisor listens, the processes are
//! looked up here.
//!
//! Must not know what a supervisor does; it hands on what it does not answer.

mod alone;
mod assets;
mod door;
mod projects;
mod proxy;
mod server;

pub use door::{Token, TokenError};
pub use server::{Options, Ready, WebError, open};
