//! The control socket: what can be asked of a living supervisor, by anybody
//! who is the same user. Lines of JSON over a unix socket; both ends share the
//! enums of [`types`].
//!
//! Must not know what the supervisor does to answer, nor how an answer looks
//! on a screen.

pub mod address;
pub mod client;
mod types;

pub use types::{Greeting, Reply, Request, VERSION, Verb};
