//! The one way to ask a living supervisor: HTTP and JSON over a unix socket,
//! for anybody who is the same user. `server` is its end, `client` the asking
//! one; both share the forms of `types`.
//!
//! Must not know what the supervisor does to answer, nor how an answer looks
//! on a screen.

pub mod address;
pub mod client;
pub mod desk;
mod ring;
pub mod server;
mod types;

pub use server::{KillWish, document, unknown};
pub use types::{
    Code, Event, Exit, Failure, Fault, Greeting, KillOrder, Killed, LogLine, News, Processes,
    ProjectEntry, Projects, Reply, Service, Services, StopWish, VERSION,
};
