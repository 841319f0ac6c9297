//! The jobs that end with their project.

use super::super::job::{Stopped, stop_all};
use super::DownArguments;
use crate::jobs::{Record, Store};
use crate::model::{JobScope, Report, Verdict};
use crate::ui::stop::Screen;
use std::path::Path;

/// The project jobs to be stopped, those first that do not run us.
pub(super) struct Jobs {
    others: Vec<Record>,
    /// The one that this command is part of, which is stopped at the very end.
    own: Vec<Record>,
}

impl Jobs {
    /// Those of the project in this directory. With `--stale`, those that no
    /// living supervisor looks after.
    pub fn of(root: &Path, stale: bool) -> Self {
        let store = Store::open();
        let is_meant = |job: &Record| {
            let ours = job.shown.scope == JobScope::Project && job.shown.project == root;
            let over = job.shown.status.is_over();
            ours && if over { store.has_records(&job.shown.id) } else { !stale }
        };
        let own = std::env::var("DEVSUP_JOB_ID").unwrap_or_default();
        let all = store.all().into_iter().filter(is_meant);
        let (own, others) = all.partition(|job| job.shown.id == own);
        Self { others, own }
    }

    /// Stops all that can be stopped before the services, which they may use.
    pub fn stop_first(&mut self, arguments: &DownArguments, screen: &mut Screen) -> Vec<Report> {
        stop(std::mem::take(&mut self.others), arguments, screen)
    }

    /// Stops the rest.
    pub fn stop_last(self, arguments: &DownArguments, screen: &mut Screen) -> Vec<Report> {
        stop(self.own, arguments, screen)
    }
}

fn stop(jobs: Vec<Record>, arguments: &DownArguments, screen: &mut Screen) -> Vec<Report> {
    if jobs.is_empty() {
        return Vec::new();
    }
    let ways = |job: DownArguments| DownArguments {
        force: arguments.force,
        stale: arguments.stale,
        timeout: arguments.timeout,
        dry_run: arguments.dry_run,
        ..job
    };
    let stopped = stop_all(jobs, arguments.look, ways);
    let mut reports = Vec::new();
    for Stopped { job, report } in stopped {
        let who = format!("job {} ({})", job.shown.id, job.shown.name);
        match report {
            Ok(report) => {
                if !report.dry_run {
                    screen.say(&format!("[jobs] {who} stopped"));
                }
                reports.push(report);
            }
            Err(error) => screen.say(&format!("! {who}: {error}")),
        }
    }
    reports
}

/// The report of the project, with those of its jobs in it.
pub(super) fn joined(report: Report, jobs: Vec<Report>) -> Report {
    jobs.into_iter().fold(report, |mut all, job| {
        all.verdict = match (all.verdict, job.verdict) {
            (Verdict::Left, _) | (_, Verdict::Left) => Verdict::Left,
            (Verdict::Nothing, other) | (other, Verdict::Nothing) => other,
            (Verdict::Clean, Verdict::Clean) => Verdict::Clean,
        };
        all.hits.extend(job.hits);
        all.spared.extend(job.spared);
        all.survivors.extend(job.survivors);
        all.freed.processes += job.freed.processes;
        all.freed.memory += job.freed.memory;
        all.freed.ports.extend(job.freed.ports);
        all.notes.extend(job.notes);
        all
    })
}
