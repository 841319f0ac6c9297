//! `devsup job`: one file a verb below it.

mod kill;
mod list;
mod logs;
mod show;
mod start;
mod wait;

pub(super) use kill::{Stopped, stop_all};

use super::{Common, args, data, down, failed};
use crate::exit::Status;
use crate::jobs::{self, Keep, Record, Store};
use crate::ui;
use args::JobAct;
use std::path::PathBuf;

/// Does what was asked for.
pub fn run(common: &Common, act: &JobAct) -> Status {
    match act {
        JobAct::Start(typed) => start::run(common, typed),
        JobAct::Ls(typed) => list::run(common, typed),
        JobAct::Show(typed) => show::run(common, typed),
        JobAct::Logs(typed) => logs::run(common, typed),
        JobAct::Kill(typed) => kill::run(common, typed),
        JobAct::Wait(typed) => wait::run(typed),
        JobAct::Prune(typed) => prune(typed),
    }
}

/// The project whose jobs are meant: the one that is here, or this directory.
fn here(common: &Common) -> Result<PathBuf, Status> {
    let start = common.start_dir().map_err(|why| failed(&why))?;
    let root = down::root_of(&start, &[]);
    Ok(root.canonicalize().unwrap_or(root))
}

/// The job that is meant; it is said where that is not clear.
fn find(text: &str) -> Result<Record, Status> {
    jobs::find(&Store::open().all(), text).map_err(|unclear| {
        ui::error(&unclear.to_string());
        ui::err(&format!("  hint: {}", unclear.hint()));
        Status::Usage
    })
}

fn prune(typed: &args::JobPrune) -> Status {
    let usual = Keep::default();
    let keep = match (typed.all, typed.keep) {
        (true, _) => Keep { count: 0, ..usual },
        (false, Some(count)) => Keep { count, ..usual },
        (false, None) => usual,
    };
    let pruned = jobs::prune(&Store::open(), keep, |_| true);
    let jobs = if pruned.count == 1 { "job" } else { "jobs" };
    let kilobytes = pruned.bytes / 1000;
    data(&format!("removed {} {jobs}, {kilobytes} kB\n", pruned.count))
}
