//! `devsup kill`: by name, pid, job, tag or scope. A supervisor that runs is
//! asked, so that it knows what is to stay down; where there is none it is
//! done here, in the same way.

use super::{Common, args, data, down, failed, running};
use crate::api::client::{Client, ClientError};
use crate::api::{KillOrder, Killed, VERSION, address};
use crate::exit::Status;
use crate::inspect::{self, Labels, Place};
use crate::model::{Pid, Reach, Reason, Signal};
use crate::ui::{self, style::Look};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a kill may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a supervisor may take that is only one of many.
const GLANCE: Duration = Duration::from_millis(500);

/// Does it.
pub(super) fn run(common: &Common, typed: &args::Kill) -> Status {
    let done = common.start_dir().map_err(|why| failed(&why)).and_then(|start| {
        let root = down::root_of(&start, &typed.place.file);
        if typed.all { everywhere(&root, typed) } else { here(&root, typed) }
    });
    match done {
        Ok(done) => shown(&forced(done, typed), typed, Look::of_stderr(common.colour)),
        Err(status) => status,
    }
}

fn here(root: &Path, typed: &args::Kill) -> Result<Killed, Status> {
    let client = match running::at(root, PATIENCE) {
        Ok((_, client)) => Some(client),
        Err(ClientError::Absent | ClientError::Silent | ClientError::Ended) => None,
        Err(error) => return Err(running::refused(&error)),
    };
    let mut all: Option<Killed> = None;
    for reach in reaches(typed) {
        let order = KillOrder { reach, signal: typed.signal, dry_run: typed.dry_run };
        let done = match &client {
            Some(client) => asked(client, &order).map_err(|error| running::refused(&error))?,
            None => alone(root, &order)?,
        };
        all = Some(joined(all, done));
    }
    Ok(all.unwrap_or(NOTHING))
}

const NOTHING: Killed =
    Killed { version: VERSION, plan: None, killed: Vec::new(), failed: Vec::new() };

fn asked(client: &Client, order: &KillOrder) -> Result<Killed, ClientError> {
    client.post("/v1/processes/kill", order, PATIENCE)
}

fn alone(root: &Path, order: &KillOrder) -> Result<Killed, Status> {
    let place = Place::of(root, Labels::default());
    let done = place.and_then(|place| {
        Ok(match order.dry_run {
            true => inspect::plan(&place, &order.reach, order.signal)?.into(),
            false => inspect::carry_out(&place, &order.reach, order.signal)?.into(),
        })
    });
    done.map_err(|error| failed(&format!("the processes can't be read: {}", super::reason(&error))))
}

/// Every project of this user, each by its own supervisor, and this one.
fn everywhere(root: &Path, typed: &args::Kill) -> Result<Killed, Status> {
    let order = KillOrder { reach: Reach::Project, signal: typed.signal, dry_run: typed.dry_run };
    let mut all = NOTHING;
    let mut been_here = false;
    let own = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    for path in address::all() {
        let client = Client::at(path);
        let Ok(greeting) = client.hello(Instant::now() + GLANCE) else { continue };
        been_here |= greeting.root == own;
        match asked(&client, &order) {
            Ok(done) => all = joined(Some(all), done),
            Err(error) => ui::error(&format!("{}: {error}", greeting.project)),
        }
    }
    if been_here { Ok(all) } else { Ok(joined(Some(all), alone(root, &order)?)) }
}

fn reaches(typed: &args::Kill) -> Vec<Reach> {
    let services = typed.names.iter().map(|name| Reach::Service { name: name.clone() });
    let pid = typed.pid.and_then(Pid::new).map(|pid| Reach::Single { pid, start: None });
    let job = typed.job.clone().map(|id| Reach::Job { id });
    let tag = typed.tag.clone().map(|tag| Reach::Tag { tag });
    let project = typed.project.then_some(Reach::Project);
    let strays = typed.all_except_services.then_some(Reach::AllExceptServices);
    services.chain([pid, job, tag, project, strays].into_iter().flatten()).collect()
}

fn joined(one: Option<Killed>, mut other: Killed) -> Killed {
    let Some(mut one) = one else { return other };
    one.killed.append(&mut other.killed);
    one.failed.append(&mut other.failed);
    one.plan = match (one.plan.take(), other.plan.take()) {
        (Some(mut plan), Some(mut more)) => {
            // Each spares those whom the other hits.
            plan.targets.append(&mut more.targets);
            plan.spared.append(&mut more.spared);
            plan.spared.retain(|one| plan.targets.iter().all(|target| target.pid != one.pid));
            plan.spared.sort_by_key(|one| one.pid);
            plan.spared.dedup_by_key(|one| one.pid);
            plan.refused.append(&mut more.refused);
            Some(plan)
        }
        (plan, more) => plan.or(more),
    };
    one
}

/// Who was refused only because nothing proves that it is ours, and was named
/// twice, is killed all the same.
fn forced(mut done: Killed, typed: &args::Kill) -> Killed {
    let twice = typed.force_stranger.filter(|pid| Some(*pid) == typed.pid).and_then(Pid::new);
    let Some(pid) = twice else { return done };
    let before = done.failed.len();
    done.failed.retain(|missed| missed.pid != pid || missed.reason != Reason::NotOurs);
    if done.failed.len() == before {
        return done;
    }
    joined(Some(done), inspect::kill_stranger(pid, typed.signal).into())
}

fn shown(done: &Killed, typed: &args::Kill, look: Look) -> Status {
    let said = if typed.json {
        data(&format!("{}\n", serde_json::to_string(done).unwrap_or_default()))
    } else if typed.dry_run {
        data(&format!("{}\n", ui::processes::killed(done, look)))
    } else {
        ui::err(&ui::processes::killed(done, look));
        hint(done, typed);
        Status::Ok
    };
    if said == Status::Ok && !done.failed.is_empty() { Status::Error } else { said }
}

fn hint(done: &Killed, typed: &args::Kill) {
    let stranger = done.failed.iter().find(|missed| missed.reason == Reason::NotOurs);
    if let (Some(missed), None) = (stranger, typed.force_stranger) {
        let pid = missed.pid;
        ui::err(&format!(
            "  hint: `devsup kill --pid {pid} --force-stranger {pid}` kills it all the same"
        ));
    }
}

/// Whether it is only a message to services, which the supervisor passes on.
pub(super) fn is_message(typed: &args::Kill) -> bool {
    !typed.names.is_empty() && typed.signal != Signal::Kill && !typed.dry_run && !typed.json
}
