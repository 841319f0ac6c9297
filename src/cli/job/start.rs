//! `devsup job start`: a run of its own for one command, in the background.

use super::super::background::{self, Wanted};
use super::super::up::random_bits;
use super::{Common, args, data, failed, fresh, here, unrecorded};
use crate::exit::Status;
use crate::jobs::{self, Keep, Record, Store, Watched};
use crate::model::{Command, JobScope, JobStatus, JobStop, Phase, Pid, RunId, Secrets};
use crate::os::forker::Forker;
use crate::os::front::{self, Ending, FrontLink, Side};
use crate::os::process::{Handle, Identity, session_leader};
use crate::os::supervisor::{become_supervisor, close_inherited, raise_open_files_limit};
use crate::supervise::{self, Cause, Limits, Options, Parts, Seen};
use crate::ui;
use jiff::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long the supervisor of a job that can't start may take to end.
const LAST_BREATH: Duration = Duration::from_secs(5);

/// Records the job, splits off its supervisor, and says its id once it runs.
pub fn run(common: &Common, typed: &args::JobStart) -> Status {
    let store = Store::open();
    let record = match record(common, typed, &store) {
        Ok(record) => record,
        Err(status) => return status,
    };
    let id = record.shown.id.clone();
    match front::split() {
        Ok(Side::Supervisor(link)) => {
            close_inherited(&link);
            supervise(typed, Job { store, record }, link)
        }
        Ok(Side::Front(front)) => match front.run() {
            Ok(ending) => after(&store, &id, &ending),
            Err(error) => failed(&format!("the terminal can't be watched: {error}")),
        },
        Err(error) => failed(&format!("no process could be made: {error}")),
    }
}

/// What the caller is told: the id, and why it does not run, if it does not.
fn after(store: &Store, id: &str, ending: &Ending) -> Status {
    let said = data(&format!("{id}\n"));
    if *ending == Ending::Status(Status::Ok.code()) {
        // Only after the id is out: it takes as long as there is history.
        jobs::prune(store, Keep::default(), |job| job.shown.id != id);
        return said;
    }
    let job = ended(store, id);
    // It was so short that its end came with the news of its start.
    if job.as_ref().is_some_and(|job| job.shown.code().is_some()) {
        return said;
    }
    let reason = job.and_then(|job| job.shown.reason);
    let reason = reason.unwrap_or_else(|| "its supervisor did not come up".to_owned());
    failed(&format!("job {id} can't start: {reason}"))
}

/// The record of a job that could not start, once its supervisor has gone.
fn ended(store: &Store, id: &str) -> Option<Record> {
    let job = store.read(id)?;
    if let Ok(Some(supervisor)) = job.supervisor() {
        let _late = supervisor.wait(Instant::now() + LAST_BREATH);
    }
    store.read(id)
}

fn record(common: &Common, typed: &args::JobStart, store: &Store) -> Result<Record, Status> {
    let project = here(common)?;
    let cwd = cwd(common, typed)?;
    let owner = owner(typed)?;
    let mut record = fresh(store, |shown| {
        shown.name = name(typed);
        shown.tags.clone_from(&typed.tag);
        shown.scope = typed.scope;
        shown.project = project;
        shown.command = hidden(typed);
        shown.cwd = cwd;
        shown.owner_pid = owner.map(|owner| owner.pid);
        shown.timeout_ms = typed.timeout.and_then(|time| u64::try_from(time.as_millis()).ok());
    })?;
    if owner.is_some() {
        record.owner = owner;
        store.write(&record).map_err(|error| unrecorded(&error))?;
    }
    Ok(record)
}

fn cwd(common: &Common, typed: &args::JobStart) -> Result<std::path::PathBuf, Status> {
    let start = common.start_dir().map_err(|why| failed(&why))?;
    let cwd = typed.cwd.as_ref().map_or_else(|| start.clone(), |cwd| start.join(cwd));
    if cwd.is_dir() {
        Ok(cwd.canonicalize().unwrap_or(cwd))
    } else {
        Err(failed(&format!("no such directory: `{}`", cwd.display())))
    }
}

/// Whom the job ends with: only a session job has an owner.
fn owner(typed: &args::JobStart) -> Result<Option<Identity>, Status> {
    if typed.scope != JobScope::Session {
        return Ok(None);
    }
    let named = typed.owner_pid.and_then(Pid::new);
    if typed.owner_pid.is_some() && named.is_none() {
        ui::error("a job can't be owned by that pid");
        return Err(Status::Usage);
    }
    let Some(pid) = named.or_else(session_leader) else {
        ui::error("a session job needs an owner, and there is no terminal whose shell could be it");
        ui::err("  hint: name the process it is to end with: `--owner-pid $PPID`");
        return Err(Status::Usage);
    };
    match Identity::read(pid) {
        Ok(Some(owner)) => Ok(Some(owner)),
        Ok(None) => Err(failed(&format!("there is no process {pid} for the job to end with"))),
        Err(error) => Err(failed(&format!("process {pid} can't be looked at: {error}"))),
    }
}

/// After its program, if nobody says otherwise.
fn name(typed: &args::JobStart) -> String {
    let given = typed.name.clone().filter(|name| !name.is_empty());
    given.unwrap_or_else(|| {
        let line = words(typed).join(" ");
        let first = line.split_whitespace().next().unwrap_or_default();
        first.rsplit('/').next().unwrap_or_default().to_owned()
    })
}

fn words(typed: &args::JobStart) -> Vec<String> {
    typed.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The command as everybody may see it.
fn hidden(typed: &args::JobStart) -> Vec<String> {
    let own: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .chain(typed.env.clone())
        .collect();
    let secrets = Secrets::among(own.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    words(typed).into_iter().map(|word| secrets.hide(word)).collect()
}

/// A single word with blanks is a line for the shell.
fn command(typed: &args::JobStart) -> Command {
    let words = words(typed);
    match words.as_slice() {
        [line] if line.contains(char::is_whitespace) => Command::Shell(line.clone()),
        _ => Command::Exec(words),
    }
}

/// A job that is being looked after: what is written of it, and where.
struct Job {
    store: Store,
    record: Record,
}

impl Job {
    fn write(&self) {
        // Whoever reads it finds the last state that could be written, and sees
        // by the processes themselves how far that is from the truth.
        let _stale = self.store.write(&self.record);
    }

    fn fail(mut self, reason: String) -> Status {
        let error = Some(reason);
        self.record.finish(&Watched { phase: Phase::Failed, error, ..Watched::default() });
        self.write();
        Status::Error
    }
}

fn supervise(typed: &args::JobStart, mut job: Job, link: FrontLink) -> Status {
    if let Err(error) = become_supervisor() {
        return job.fail(format!("no session could be made: {error}"));
    }
    let forker = match Forker::start() {
        Ok(forker) => forker,
        Err(error) => return job.fail(format!("no forker could be made: {error}")),
    };
    raise_open_files_limit();
    match Identity::own() {
        Ok(own) => job.record.supervisor = own,
        Err(error) => return job.fail(error.to_string()),
    }
    job.write();
    let parts = match prepare(typed, &job, link, forker) {
        Ok(parts) => parts,
        Err(reason) => return job.fail(reason),
    };
    let job = Rc::new(RefCell::new(job));
    let watched = Rc::new(RefCell::new(Watched::default()));
    let parts = Parts { observer: Some(observer(&job, &watched)), ..parts };
    let ran = supervise::run(parts);
    let mut job = job.borrow_mut();
    let mut watched = watched.borrow_mut();
    if let Err(error) = &ran {
        watched.error = Some(format!("its supervisor could not go on: {error}"));
    }
    job.record.finish(&watched);
    job.write();
    if job.record.shown.started_at.is_some() { Status::Ok } else { Status::Error }
}

/// Writes down what happens while it happens, and keeps what matters in the
/// end.
fn observer(job: &Rc<RefCell<Job>>, watched: &Rc<RefCell<Watched>>) -> supervise::Observer {
    let (job, watched) = (Rc::clone(job), Rc::clone(watched));
    Box::new(move |seen| match seen {
        Seen::Stopping(cause) => {
            let stop = match cause {
                Cause::Asked => Some(JobStop::Asked),
                Cause::OwnerGone => Some(JobStop::OwnerGone),
                Cause::TimeUp => Some(JobStop::TimeUp),
                Cause::Ended => None,
            };
            let mut watched = watched.borrow_mut();
            // What has ended before is not ended by a stop.
            let over = matches!(watched.phase, Phase::Completed | Phase::Failed);
            watched.stop = watched.stop.or(stop.filter(|_| !over));
        }
        Seen::Service(service) => {
            let mut watched = watched.borrow_mut();
            watched.phase = service.state;
            watched.error.clone_from(&service.error);
            watched.exit_code = service.exit.as_ref().and_then(|exit| exit.code);
            watched.signal = service.exit.as_ref().and_then(|exit| exit.signal.clone());
            begun(&mut job.borrow_mut(), service.pid.filter(|_| service.state == Phase::Running));
        }
    })
}

/// Its command runs: that is news once.
fn begun(job: &mut Job, pid: Option<Pid>) {
    if pid.is_some() && job.record.shown.status == JobStatus::Pending {
        job.record.shown.status = JobStatus::Running;
        job.record.shown.pid = pid;
        job.record.shown.started_at = Some(Timestamp::now());
        job.write();
    }
}

fn prepare(
    typed: &args::JobStart,
    job: &Job,
    link: FrontLink,
    forker: Forker,
) -> Result<Parts, String> {
    let shown = &job.record.shown;
    let root = job.store.root_of(&shown.id);
    let project = jobs::project(shown, root, command(typed), typed.env.clone());
    let project = project.ok_or("it has no name that can be used")?;
    let run = RunId::from_bits(random_bits().map_err(|error| error.to_string())?);
    let limits = limits(typed, job)?;
    let services = (0..project.services.len()).collect();
    let wanted = Wanted { project, checks: vec![None], services, run };
    let parts = background::parts(wanted, link, forker)
        .map_err(|_| "its records can't be kept (see above)".to_owned())?;
    // Only what ends with its session belongs to the run it was started in.
    let outer_run = parts.options.outer_run.filter(|_| shown.scope == JobScope::Session);
    let options = Options { outer_run, ..parts.options };
    Ok(Parts { options, limits, ..parts })
}

fn limits(typed: &args::JobStart, job: &Job) -> Result<Limits, String> {
    let owner = match &job.record.owner {
        None => None,
        Some(owner) => {
            let handle = Handle::open(owner).map_err(|error| error.to_string())?;
            Some(handle.ok_or("its owner has ended already")?)
        }
    };
    Ok(Limits { owner, timeout: typed.timeout })
}
