//! One look each. Nothing is changed here.

use super::super::down::{self, DownArguments};
use super::super::running;
use super::{Finding, Mend};
use crate::api::client::ClientError;
use crate::config::Failure;
use crate::jobs::Store;
use crate::ledger::Location;
use crate::model::{Port, Project, Verdict};
use crate::os::{self, bounds, lock, ports as net, supervisor, table};
use crate::ui::style::{ColourChoice, Look};
use std::path::Path;
use std::time::Duration;

/// How long a supervisor may take to say who it is.
const GLANCE: Duration = Duration::from_secs(2);
/// Descriptors that a service costs its supervisor, and that it needs besides.
const PER_SERVICE: u64 = 6;
const BESIDES: u64 = 64;
/// Processes that a service has at least: its guard, itself, what it starts.
const PROCESSES: u64 = 3;

/// Memory is scarce below such a part of it.
const SCARCE: u64 = 20;
const MEGABYTE: u64 = 1_000_000;

pub(super) fn finding(area: &'static str, what: String, mend: &str, by: Option<Mend>) -> Finding {
    Finding { area, what, mend: mend.to_owned(), by }
}

pub(super) fn config(failure: Option<&Failure>) -> Vec<Finding> {
    // No config at all is no mistake: jobs need none.
    let failure = failure.filter(|failure| !failure.not_found);
    let count = |failure: &Failure| failure.diagnostics.len();
    let found = |failure: &Failure| {
        let what = format!("{} mistakes or warnings", count(failure));
        finding("config", what, "devsup check", None)
    };
    failure.map(found).into_iter().collect()
}

/// What no living supervisor owns.
pub(super) fn processes(root: &Path) -> Vec<Finding> {
    let look = Look::of_stderr(ColourChoice::Never);
    let plain = DownArguments::of(root.to_owned(), look);
    let arguments = DownArguments { stale: true, dry_run: true, quiet: true, ..plain };
    match down::stop(&arguments) {
        Ok(report) if report.hits.is_empty() || report.verdict == Verdict::Left => Vec::new(),
        Ok(report) => {
            let first = &report.hits[0];
            let what = format!(
                "{} left of earlier runs, such as `{}` (pid {})",
                report.hits.len(),
                first.command,
                first.pid
            );
            let by = Some(Mend::DownStale(root.to_owned()));
            vec![finding("processes", what, "devsup down --stale", by)]
        }
        Err(error) => vec![finding("processes", error.to_string(), "devsup down", None)],
    }
}

/// Records of a run whose supervisor is gone.
pub(super) fn records(root: &Path) -> Vec<Finding> {
    let Ok(Some(location)) = Location::find(root) else { return Vec::new() };
    let recorded = location.dir().join("run.json").exists();
    if !recorded || lock::is_held(&location.run_lock()).unwrap_or(false) {
        return Vec::new();
    }
    let what = format!("`{}` tells of a run that is over", location.dir().display());
    let by = Some(Mend::DownStale(root.to_owned()));
    vec![finding("records", what, "devsup down --stale", by)]
}

/// Jobs whose supervisor was killed, of every project.
pub(super) fn jobs() -> Vec<Finding> {
    let store = Store::open();
    let all = store.all().into_iter();
    let dead = all.filter(|job| job.shown.status.is_over() && store.has_records(&job.shown.id));
    dead.map(|job| {
        let id = &job.shown.id;
        let what = format!("job {id} ({}) was never cleaned up", job.shown.name);
        let by = Some(Mend::Down(store.root_of(id)));
        finding("jobs", what, &format!("devsup job kill {id}"), by)
    })
    .collect()
}

/// A supervisor that does not answer, or is of another version.
pub(super) fn supervisor(root: &Path) -> Vec<Finding> {
    match running::at(root, GLANCE) {
        Ok((greeting, _)) => other_version(&greeting.devsup).into_iter().collect(),
        Err(ClientError::Absent) => Vec::new(),
        Err(error) => {
            let by = Some(Mend::Down(root.to_owned()));
            vec![finding("supervisor", error.to_string(), "devsup down", by)]
        }
    }
}

fn other_version(theirs: &str) -> Option<Finding> {
    let ours = env!("CARGO_PKG_VERSION");
    let what = || format!("it is devsup {theirs}, and this is devsup {ours}");
    (theirs != ours).then(|| finding("supervisor", what(), "devsup reload", None))
}

/// Declared ports that somebody else has.
pub(super) fn ports(project: &Project, root: &Path) -> Vec<Finding> {
    if running::at(root, GLANCE).is_ok() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for service in &project.services {
        let Port::Fixed(port) = service.port else { continue };
        if net::is_free(port) {
            continue;
        }
        let holder = net::holder(port).map(|holder| holder.to_string());
        let holder = holder.unwrap_or_else(|| "a process that can't be seen".to_owned());
        let what = format!("port {port} of `{}` is taken by {holder}", service.name);
        found.push(finding("ports", what, "end it, or write `port: auto`", None));
    }
    found
}

/// Without handles on processes nothing works.
pub(super) fn kernel() -> Vec<Finding> {
    let own = os::process::Identity::own();
    let proc = table::boot_id();
    let trouble = own.err().or(proc.err());
    let found = |error: std::io::Error| {
        let what = format!("processes can't be looked at: {error}");
        finding("kernel", what, "Linux 5.3 or newer, with /proc mounted", None)
    };
    trouble.map(found).into_iter().collect()
}

/// Memory that is nearly used up: the next service would be the one too many.
pub(super) fn memory() -> Vec<Finding> {
    let scarce = os::memory::memory().filter(|memory| memory.available < memory.total / SCARCE);
    let found = |memory: os::memory::Memory| {
        let os::memory::Memory { available, total } = memory;
        let (left, all) = (available / MEGABYTE, total / MEGABYTE);
        let what = format!("{left} MB of {all} MB are left");
        finding("memory", what, "devsup tree", None)
    };
    scarce.map(found).into_iter().collect()
}

/// A control group that has no room for the project's processes.
pub(super) fn cgroup(project: &Project) -> Vec<Finding> {
    let needed = replicas(project) * PROCESSES + PROCESSES;
    let bound = bounds::tightest().ok().flatten().filter(|bound| bound.room < needed);
    let found = |bound: bounds::Bound| {
        let bounds::Bound { group, room, most } = bound;
        let what = format!(
            "`{}` has room for {room} more processes of {most}, and {needed} are needed",
            group.display()
        );
        finding("cgroup", what, "end others in it, or raise its `pids.max` (`TasksMax=`)", None)
    };
    bound.map(found).into_iter().collect()
}

fn replicas(project: &Project) -> u64 {
    project.services.iter().map(|service| u64::from(service.replicas)).sum()
}

pub(super) fn limits(project: &Project) -> Vec<Finding> {
    let services = replicas(project);
    let needed = services * PER_SERVICE + BESIDES;
    let most = supervisor::most_open_files();
    if most >= needed {
        return Vec::new();
    }
    let what = format!("{services} services need {needed} open files, and {most} are allowed");
    vec![finding("limits", what, &format!("ulimit -Hn {needed}"), None)]
}
