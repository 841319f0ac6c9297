//! `devsup job`: one file a verb below it.

mod kill;
mod list;
mod logs;
mod show;
mod start;
mod wait;

pub(super) use kill::{Stopped, stop_all};
pub(super) use list::{objects_everywhere, that_go_on};

use super::{Common, args, data, down, failed, reason};
use crate::exit::Status;
use crate::jobs::{self, Keep, Record, Shown, Store};
use crate::os::process::Identity;
use crate::os::table;
use crate::ui;
use args::JobAct;
use std::io;
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
pub(super) fn find(text: &str) -> Result<Record, Status> {
    jobs::find(&Store::open().all(), text).map_err(|unclear| {
        ui::error(&unclear.to_string());
        ui::err(&format!("  hint: {}", unclear.hint()));
        Status::Usage
    })
}

/// A record of a job that is about to start, written down. `fill` says what it
/// is.
pub(super) fn fresh(store: &Store, fill: impl FnOnce(&mut Shown)) -> Result<Record, Status> {
    let unseen = |error: io::Error| {
        failed(&format!("this machine's processes can't be looked at: {}", reason(&error)))
    };
    let supervisor = Identity::own().map_err(unseen)?;
    let boot = table::boot_id().map_err(unseen)?;
    let pid_namespace = table::pid_namespace().map_err(unseen)?;
    let id = store.reserve().map_err(|error| unrecorded(&error))?;
    let mut shown = Shown::new(id);
    fill(&mut shown);
    shown.log = store.root_of(&shown.id).join(".pids/logs");
    if let Some(instance) = jobs::instance(&shown) {
        shown.log.push(format!("{instance}.log"));
    }
    let record = Record::new(shown, boot, pid_namespace, supervisor);
    store.write(&record).map_err(|error| unrecorded(&error))?;
    Ok(record)
}

fn unrecorded(error: &io::Error) -> Status {
    failed(&format!("the job can't be recorded: {}", reason(error)))
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
