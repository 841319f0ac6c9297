//! The operating system: the only room with `unsafe`, nix and libc. It does
//! and decides nothing; it knows no services.

pub mod files;
pub mod lock;
pub mod marker;
pub mod peer;
pub mod process;
pub mod table;
