//! What the services say where the command did not go well, and only then.

use super::super::running;
use crate::api::Services;
use crate::api::client::PATIENCE;
use crate::jobs;
use crate::ui;
use crate::ui::style::Look;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a supervisor may take to say who it is.
const GLANCE: Duration = Duration::from_secs(2);
/// Last lines of each service.
const LINES: usize = 10;

/// Every service with its last lines.
pub(super) fn services(root: &Path, look: Look) {
    let Some(all) = asked(root) else { return from_files(root, look) };
    for one in &all.services {
        ui::err(&ui::services::line(one, look));
        lines(&one.log, true, look);
    }
}

fn asked(root: &Path) -> Option<Services> {
    let (_, client) = running::at(root, GLANCE).ok()?;
    client.get::<Services>("/v1/services", PATIENCE).ok()
}

/// Without a supervisor that could tell how they are, what they wrote tells.
fn from_files(root: &Path, look: Look) {
    let entries = std::fs::read_dir(root.join(".pids/logs")).into_iter().flatten().flatten();
    // What begins with a dot are our own words.
    let is_own = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_bytes()[0] == b'.');
    let is_log = |path: &PathBuf| path.extension().is_some_and(|end| end == "log") && !is_own(path);
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_log).collect();
    logs.sort();
    for log in logs {
        let name = log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        ui::err(&ui::table::printable(&name));
        lines(&log, false, look);
    }
}

fn lines(log: &Path, live: bool, look: Look) {
    for line in jobs::tail_of(log, live, LINES) {
        ui::err(&format!("  {} {}", look.dim(look.bar()), ui::table::printable(&line)));
    }
}
