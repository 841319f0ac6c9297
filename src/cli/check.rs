//! `devsup check`: every mistake at once, and what would fail at the start.

use super::{Common, args, data};
use crate::config;
use crate::exit::Status;

/// Reads and looks; starts nothing.
pub fn run(common: &Common, typed: &args::Check) -> Status {
    let loaded = match common.load(&typed.config) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    let found = loaded.check();
    common.show(&found);
    if found.iter().any(config::Diagnostic::is_error) {
        return Status::Config;
    }
    let files: Vec<String> =
        loaded.project.files.iter().map(|file| file.display().to_string()).collect();
    let count = loaded.project.services.len();
    let services = if count == 1 { "service" } else { "services" };
    data(&format!("{}: {count} {services}, no mistakes\n", files.join(", ")))
}
