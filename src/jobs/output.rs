//! The end of what a job wrote.

use super::record::Record;
use crate::log::{Logs, Query, plain};
use std::path::Path;

/// Its last lines, without colours, at most so many.
pub fn last_lines(job: &Record, count: usize) -> Vec<String> {
    tail_of(&job.shown.log, !job.shown.status.is_over(), count)
}

/// The last lines of a log. `live`: somebody may be writing.
pub fn tail_of(log: &Path, live: bool, count: usize) -> Vec<String> {
    let query = Query { tail: Some(count), ..Query::default() };
    let mut logs = Logs::new(query, live);
    let mut lines = Vec::new();
    if logs.add(log).is_err() {
        return lines;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(&plain(bytes)).into_owned();
    while let Ok(Some((_, line))) = logs.next_line() {
        lines.push(text(&line.text));
    }
    while let Some((_, line)) = logs.finish(live) {
        lines.push(text(&line.text));
    }
    lines
}
