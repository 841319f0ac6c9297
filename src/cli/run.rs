//! `devsup run`: services up, one command in the terminal, and everything that
//! was started down again, whatever happens.
//!
//! The services are a run of their own, kept like a job, so that it meets no
//! other run of the project. Its supervisor belongs to this process and stops
//! everything when we end, however we end.

mod command;
mod plan;
mod ports;
mod reuse;
mod tell;

use super::background::{self, Wanted};
use super::down::{self, DownArguments};
use super::job::fresh;
use super::{Common, args, failed};
use crate::exit::Status;
use crate::jobs::{Record, Store, Watched};
use crate::ledger::Location;
use crate::model::{JobScope, JobStop, Outcome, Phase, RunId, Verdict};
use crate::os::forker::Forker;
use crate::os::front::{self, FrontLink, Side};
use crate::os::lock;
use crate::os::process::{Handle, Identity};
use crate::os::supervisor::{become_supervisor, close_inherited, raise_open_files_limit};
use crate::supervise::{self, Detach, Limits, Options, Parts, Release};
use crate::ui;
use crate::ui::style::Look;
use plan::Plan;
use std::path::Path;
use std::time::Duration;

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// What `timeout` says of a command whose time was over.
const TIMED_OUT: u8 = 124;

/// Runs the command.
pub fn run(common: &Common, typed: &args::Run) -> Status {
    attempt(common, typed).unwrap_or_else(|status| status)
}

fn attempt(common: &Common, typed: &args::Run) -> Result<Status, Status> {
    let mut plan = Plan::of(common, typed)?;
    let reused = reuse::settle(common, typed, &mut plan)?;
    plan.settle_ports();
    ports::check(common, typed, &plan)?;
    let store = Store::open();
    let record = record(typed, &plan, &store)?;
    let session = Session { common, typed, plan, store, record };
    let status = session.run();
    reused.release();
    Ok(status)
}

/// This run is kept as a job of the project, so that `down` and whoever cleans
/// up after a killed run find it.
fn record(typed: &args::Run, plan: &Plan, store: &Store) -> Result<Record, Status> {
    let words = typed.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    fresh(store, |shown| {
        "run".clone_into(&mut shown.name);
        shown.tags = vec!["run".to_owned()];
        shown.scope = JobScope::Project;
        shown.project.clone_from(&plan.root);
        shown.command = words;
        shown.cwd.clone_from(&plan.start);
    })
}

/// A run that is under way.
struct Session<'a> {
    common: &'a Common,
    typed: &'a args::Run,
    plan: Plan,
    store: Store,
    record: Record,
}

impl Session<'_> {
    fn root(&self) -> std::path::PathBuf {
        self.store.root_of(&self.record.shown.id)
    }

    fn run(mut self) -> Status {
        self.plan.project.root = self.root();
        let Ok(run) = super::up::random_bits().map(RunId::from_bits) else {
            return failed("there is no randomness for an id");
        };
        if self.plan.wanted.is_empty() {
            return self.command(run);
        }
        let Ok(owner) = Identity::own() else {
            return failed("we can't be looked at");
        };
        match front::split() {
            Ok(Side::Supervisor(link)) => {
                close_inherited(&link);
                supervise(self.typed, self.plan, run, link, &owner)
            }
            Ok(Side::Front(front)) => {
                let status = match front.run() {
                    Ok(front::Ending::Status(code)) => code,
                    Ok(_) | Err(_) => Status::Error.code(),
                };
                self.started(status, run)
            }
            Err(error) => failed(&format!("no process could be made: {error}")),
        }
    }

    /// The services have got as far as they will.
    fn started(self, status: u8, run: RunId) -> Status {
        if status == Status::Ok.code() && !is_alive(&self.root()) {
            let watched = Watched { stop: Some(JobStop::Asked), ..Watched::default() };
            return self.finish(Status::Passed(INTERRUPTED), &watched, false);
        }
        if status == Status::Ok.code() {
            return self.command(run);
        }
        ui::error("not all services are ready, so the command is not run");
        let error = Some("not all services were ready".to_owned());
        let watched = Watched { phase: Phase::Failed, error, ..Watched::default() };
        self.finish(Status::NotReady, &watched, true)
    }

    fn command(mut self, run: RunId) -> Status {
        let began = command::start(&self.plan, self.typed, &self.root(), run);
        let mut running = match began {
            Ok(running) => running,
            Err((status, why)) => {
                ui::error(&why);
                let watched =
                    Watched { phase: Phase::Failed, error: Some(why), ..Watched::default() };
                return self.finish(status, &watched, false);
            }
        };
        self.record.shown.pid = Some(running.pid());
        self.record.shown.status = crate::model::JobStatus::Running;
        self.record.shown.started_at = Some(jiff::Timestamp::now());
        self.write();
        let (outcome, late) = command::wait(&mut running, self.typed.timeout);
        drop(running);
        let code = if late { TIMED_OUT } else { command::code(outcome) };
        let watched = seen(outcome, late);
        self.finish(Status::Passed(code), &watched, code != 0 && code != INTERRUPTED)
    }

    /// Brings down what was started; `show`: the command did not go well, so
    /// that it matters what the services wrote.
    fn finish(mut self, status: Status, watched: &Watched, show: bool) -> Status {
        if show {
            tell::services(&self.root(), Look::of_stderr(self.common.colour));
        }
        let look = Look::of_stderr(self.common.colour);
        let arguments = DownArguments { quiet: true, ..DownArguments::of(self.root(), look) };
        let left = match down::stop(&arguments) {
            Ok(report) if report.verdict == Verdict::Left => {
                ui::err(&ui::stop::verdict(&report, look));
                true
            }
            Ok(_) => false,
            Err(error) => {
                ui::error(&format!("the services could not be stopped: {error}"));
                true
            }
        };
        self.record.finish(watched);
        self.write();
        if left && status.code() == 0 { Status::Left } else { status }
    }

    fn write(&self) {
        // It is only the history: the run itself does not need it.
        let _unwritten = self.store.write(&self.record);
    }
}

fn seen(outcome: Outcome, late: bool) -> Watched {
    let (exit_code, signal) = match outcome {
        Outcome::Exited(code) => (Some(code), None),
        Outcome::Signaled(number) => (None, Some(crate::os::signal_name(number))),
        Outcome::Unknown => (None, None),
    };
    let phase = if exit_code == Some(0) { Phase::Completed } else { Phase::Failed };
    let stop = late.then_some(JobStop::TimeUp);
    Watched { stop, phase, exit_code, signal, error: None }
}

/// Whether a supervisor looks after the run that lives there.
fn is_alive(root: &Path) -> bool {
    let location = Location::find(root).ok().flatten();
    location.is_some_and(|location| lock::is_held(&location.run_lock()).unwrap_or(false))
}

/// The other side: supervises the services until our caller ends or asks.
fn supervise(
    typed: &args::Run,
    plan: Plan,
    run: RunId,
    link: FrontLink,
    owner: &Identity,
) -> Status {
    let parts = become_supervisor()
        .and_then(|()| Forker::start())
        .map_err(|error| failed(&format!("no supervisor could be made: {error}")));
    raise_open_files_limit();
    match parts.and_then(|forker| prepare(typed, plan, run, link, forker, owner)) {
        Ok(parts) => supervise::run(parts)
            .unwrap_or_else(|error| failed(&format!("the supervisor can't go on: {error}"))),
        Err(status) => status,
    }
}

fn prepare(
    typed: &args::Run,
    plan: Plan,
    run: RunId,
    link: FrontLink,
    forker: Forker,
    owner: &Identity,
) -> Result<Parts, Status> {
    let Plan { project, wanted, .. } = plan;
    let checks = supervise::checks(&project).map_err(|(service, bad)| {
        ui::error(&format!("the health check of `{}`: {bad}", service.name));
        Status::Config
    })?;
    let owner = Handle::open(owner).ok().flatten().ok_or(Status::Error)?;
    let wanted = Wanted { project, checks, services: wanted, run };
    let parts = background::parts(wanted, link, forker)?;
    let when = Release::Ready { within: typed.wait_timeout, proof: Duration::ZERO };
    let detach = Some(Detach { when });
    let options = Options { detach, stays: true, ..parts.options };
    let limits = Limits { owner: Some(owner), timeout: None };
    Ok(Parts { options, limits, ..parts })
}
