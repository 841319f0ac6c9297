//! `devsup job wait`.

use super::{args, failed, find};
use crate::exit::Status;
use crate::jobs::{Record, Store};
use crate::ui;
use std::time::{Duration, Instant};

/// How long at once is waited for a supervisor.
const LONG: Duration = Duration::from_secs(3600);

/// Waits until the job has ended, and passes its status on.
pub fn run(typed: &args::JobWait) -> Status {
    let job = match find(&typed.job) {
        Ok(job) => job,
        Err(status) => return status,
    };
    let deadline = typed.timeout.map(|time| Instant::now() + time);
    match wait(job, deadline) {
        Ok(Some(job)) => code(&job),
        Ok(None) => {
            ui::error(&format!("job {} goes on", typed.job));
            Status::NotReady
        }
        Err(why) => failed(&why),
    }
}

/// The job once it has ended; `None`: the time was over first.
fn wait(mut job: Record, deadline: Option<Instant>) -> Result<Option<Record>, String> {
    while !job.shown.status.is_over() {
        let supervisor = job.supervisor().map_err(|error| error.to_string())?;
        let until = deadline.unwrap_or_else(|| Instant::now() + LONG);
        let ended = match supervisor {
            Some(handle) => handle.wait(until).map_err(|error| error.to_string())?,
            None => true,
        };
        job = Store::open().read(&job.shown.id).ok_or("the job was removed meanwhile")?;
        if !ended && deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
    }
    Ok(job.shown.status.is_over().then_some(job))
}

fn code(job: &Record) -> Status {
    if let Some(reason) = &job.shown.reason {
        ui::err(&format!("job {}: {}: {reason}", job.shown.id, job.shown.status));
    }
    let code = job.shown.code().unwrap_or(1);
    Status::Passed(u8::try_from(code).unwrap_or(1))
}
