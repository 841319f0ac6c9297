//! `devsup job kill`: each job is stopped as a project is, all at once.

use super::super::down::{self, DownArguments, DownError};
use super::{Common, args, data, find, here};
use crate::exit::Status;
use crate::jobs::{Choice, Record, Store};
use crate::model::{Report, Verdict};
use crate::ui;
use crate::ui::style::Look;
use serde_json::json;

/// What became of one job.
pub struct Stopped {
    /// The job, as it was before.
    pub job: Record,
    /// What its stop found, did and left.
    pub report: Result<Report, DownError>,
}

/// Stops them and says how it went.
pub fn run(common: &Common, typed: &args::JobKill) -> Status {
    let wanted = match wanted(common, typed) {
        Ok(wanted) => wanted,
        Err(status) => return status,
    };
    let look = Look::of_stderr(common.colour);
    let ways = |arguments: DownArguments| DownArguments {
        force: typed.force,
        dry_run: typed.dry_run,
        ..arguments
    };
    let stopped = stop_all(wanted, look, ways);
    if typed.json {
        let _shown = data(&json_of(&stopped));
    } else {
        for one in &stopped {
            tell(one, look);
        }
    }
    status(&stopped)
}

fn wanted(common: &Common, typed: &args::JobKill) -> Result<Vec<Record>, Status> {
    if !typed.jobs.is_empty() {
        return typed.jobs.iter().map(|text| find(text)).collect();
    }
    let project = here(common)?;
    let choice = Choice { tags: typed.tag.clone(), ..Choice::default() };
    let all = Store::open().all();
    let goes_on = |job: &Record| !job.shown.status.is_over();
    let wanted: Vec<Record> =
        all.into_iter().filter(|job| choice.includes(job, &project) && goes_on(job)).collect();
    if wanted.is_empty() {
        ui::err("nothing of that runs");
    }
    Ok(wanted)
}

/// Stops all of these at once, without a word.
pub fn stop_all(
    jobs: Vec<Record>,
    look: Look,
    ways: impl Fn(DownArguments) -> DownArguments,
) -> Vec<Stopped> {
    let store = Store::open();
    let stops: Vec<(Record, DownArguments)> = jobs
        .into_iter()
        .map(|job| {
            let plain = DownArguments::of(store.root_of(&job.shown.id), look);
            let arguments = ways(DownArguments { quiet: true, ..plain });
            (job, arguments)
        })
        .collect();
    std::thread::scope(|scope| {
        let stop = |(job, arguments): (Record, DownArguments)| {
            scope.spawn(move || Stopped { report: down::stop(&arguments), job })
        };
        let threads: Vec<_> = stops.into_iter().map(stop).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

fn tell(one: &Stopped, look: Look) {
    let shown = &one.job.shown;
    let who = format!("{} {}", shown.id, shown.name);
    match &one.report {
        Ok(report) if report.dry_run => {
            let _shown = data(&format!("{who}:\n{}\n", ui::stop::verdict(report, look)));
        }
        Ok(report) if report.verdict == Verdict::Nothing => {
            ui::err(&format!("{} {who}: had ended ({})", look.good(), shown.status));
        }
        Ok(report) => ui::err(&format!("{who}: {}", ui::stop::verdict(report, look))),
        Err(error) => ui::err(&format!("{} {who}: {error}", look.bad())),
    }
}

fn json_of(stopped: &[Stopped]) -> String {
    let object = |one: &Stopped| {
        let error = one.report.as_ref().err().map(ToString::to_string);
        json!({ "id": one.job.shown.id, "report": one.report.as_ref().ok(), "error": error })
    };
    let jobs: Vec<_> = stopped.iter().map(object).collect();
    format!("{}\n", json!({ "version": 1, "jobs": jobs }))
}

fn status(stopped: &[Stopped]) -> Status {
    let left =
        |one: &Stopped| one.report.as_ref().is_ok_and(|report| report.verdict == Verdict::Left);
    if stopped.iter().any(left) {
        Status::Left
    } else if stopped.iter().any(|one| one.report.is_err()) {
        Status::Error
    } else {
        Status::Ok
    }
}
