//! `devsup job ls`.

use super::{Common, args, data, here};
use crate::exit::Status;
use crate::jobs::{self, Choice, Record, Store};
use crate::model::JobStatus;
use crate::os::descriptor;
use crate::ui;
use crate::ui::jobs::{Row, table};
use crate::ui::style::Look;
use serde_json::json;
use std::io;
use std::path::Path;

/// Lists jobs, the oldest first.
pub fn run(common: &Common, typed: &args::JobLs) -> Status {
    let project = match here(common) {
        Ok(project) => project,
        Err(status) => return status,
    };
    let choice =
        Choice { tags: typed.tag.clone(), statuses: typed.status.clone(), everywhere: typed.all };
    let all = Store::open().all();
    let wanted: Vec<Record> =
        all.into_iter().filter(|job| choice.includes(job, &project)).collect();
    if typed.quiet {
        return data(&wanted.iter().map(|job| job.shown.id.clone() + "\n").collect::<String>());
    }
    if typed.json {
        let jobs: Vec<_> = wanted.iter().map(object).collect();
        return data(&format!("{}\n", json!({ "version": 1, "jobs": jobs })));
    }
    if wanted.is_empty() {
        ui::err("there are no such jobs here (`devsup job ls --all` shows those of every project)");
        return Status::Ok;
    }
    let rows: Vec<Row> = wanted.iter().map(row).collect();
    data(&table(&rows, descriptor::columns(io::stdout()), Look::of_stdout(common.colour)))
}

/// The table of the jobs that go on, seen from this project or, with none,
/// from everywhere; empty where none does.
pub fn that_go_on(project: Option<&Path>, look: Look) -> String {
    let rows: Vec<Row> = running(project).iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    table(&rows, descriptor::columns(io::stdout()), look)
}

/// Those that go on anywhere, as JSON has them.
pub fn objects_everywhere() -> Vec<serde_json::Value> {
    running(None).iter().map(object).collect()
}

fn running(project: Option<&Path>) -> Vec<Record> {
    let choice = Choice { everywhere: project.is_none(), ..Choice::default() };
    let project = project.unwrap_or(Path::new("/"));
    let goes_on = |job: &Record| !job.shown.status.is_over() && choice.includes(job, project);
    Store::open().all().into_iter().filter(goes_on).collect()
}

fn last_line(job: &Record) -> Option<String> {
    jobs::last_lines(job, 1).pop()
}

fn object(job: &Record) -> serde_json::Value {
    let mut object = json!(job.shown);
    object["last_line"] = json!(last_line(job));
    object
}

fn row(job: &Record) -> Row {
    let shown = &job.shown;
    // What could not start has no output; why is what counts then.
    let last = last_line(job).or_else(|| shown.reason.clone());
    Row {
        id: shown.id.clone(),
        name: shown.name.clone(),
        status: status(job),
        tags: shown.tags.join(","),
        command: shown.command.join(" "),
        pid: shown.pid.filter(|_| !shown.status.is_over()).map(|pid| pid.to_string()),
        last: last.unwrap_or_default(),
    }
}

/// The status, and how a failure came.
fn status(job: &Record) -> String {
    let shown = &job.shown;
    let reason = shown.reason.as_ref().filter(|_| shown.started_at.is_some());
    match (shown.status, shown.exit_code, reason, &shown.signal) {
        (JobStatus::Failed, Some(code), ..) => format!("failed ({code})"),
        (JobStatus::Failed, None, Some(reason), _) => format!("failed: {reason}"),
        (JobStatus::Failed, None, None, Some(signal)) => format!("failed ({signal})"),
        (status, ..) => status.to_string(),
    }
}
