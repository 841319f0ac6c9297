//! `devsup up` on a project that runs: its supervisor is told what the config
//! says now, and then its output is followed.

use super::{Common, args, down, failed, logs, running, up};
use crate::api::client::{Client, ClientError, PATIENCE};
use crate::api::{ConvergeWish, Converged, Greeting, Services};
use crate::exit::Status;
use crate::ledger::Location;
use crate::model::Project;
use crate::os::lock;
use crate::ui::{self, style::Look};
use std::time::Duration;

/// How long a supervisor that has the lock may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Does that, if the project runs; `None`: it does not.
pub(super) fn run(common: &Common, typed: &args::Up) -> Option<Status> {
    let start = common.start_dir().ok()?;
    let root = down::root_of(&start, &typed.config.file);
    let location = Location::find(&root).ok()??;
    if !lock::is_held(&location.run_lock()).unwrap_or(false) {
        return None;
    }
    match running::at(location.root(), ANSWER) {
        Ok((greeting, client)) => Some(with(common, typed, &greeting, &client)),
        // It has just ended, or was just killed: then it does not run.
        Err(ClientError::Absent | ClientError::Ended) => None,
        Err(error) => Some(running::refused(&error)),
    }
}

fn with(common: &Common, typed: &args::Up, greeting: &Greeting, client: &Client) -> Status {
    let done = up::project(common, typed).and_then(|(project, wanted)| {
        let wish = wish(project, &wanted, typed);
        if typed.dry_run || up::is_detached(typed) {
            return tell(common, greeting, client, &wish).and_then(|()| wait(client, typed, &wish));
        }
        attach(common, typed, || tell(common, greeting, client, &wish))
    });
    done.unwrap_or_else(|status| status)
}

fn wish(project: Project, wanted: &[usize], typed: &args::Up) -> ConvergeWish {
    let name = |&at: &usize| project.services[at].name.to_string();
    let wanted = wanted.iter().map(name).collect();
    let all = typed.names.is_empty() && typed.tag.is_empty() && typed.except.is_empty();
    ConvergeWish { project, wanted, all, dry_run: typed.dry_run }
}

/// Has it done, and says what.
fn tell(
    common: &Common,
    greeting: &Greeting,
    client: &Client,
    wish: &ConvergeWish,
) -> Result<(), Status> {
    let done = client.post::<Converged>("/v1/converge", wish, PATIENCE);
    let done = done.map_err(|error| running::refused(&error))?;
    let words = ui::services::converged(greeting, &done, Look::of_stderr(common.colour));
    if wish.dry_run {
        ui::out(&words);
    } else {
        ui::err(&words);
    }
    Ok(())
}

/// What `--wait` waits for.
fn wait(client: &Client, typed: &args::Up, wish: &ConvergeWish) -> Result<Status, Status> {
    if !typed.wait || wish.dry_run {
        return Ok(Status::Ok);
    }
    let is_over = |all: &Services| all.services.iter().all(|one| one.ready || one.is_down());
    let waited = running::wait(client, &wish.wanted, "ready", typed.wait_timeout, is_over);
    let services = waited.map_err(|error| running::refused(&error))?.services;
    let late: Vec<&str> =
        services.iter().filter(|one| !one.ready).map(|one| one.instance.as_str()).collect();
    if late.is_empty() {
        return Ok(Status::Ok);
    }
    failed(&format!("not ready: {}", late.join(", ")));
    Ok(Status::NotReady)
}

fn attach(
    common: &Common,
    typed: &args::Up,
    tell: impl FnOnce() -> Result<(), Status>,
) -> Result<Status, Status> {
    let wanted = args::Logs {
        names: typed.names.clone(),
        follow: true,
        tail: Some(0),
        since: None,
        until: None,
        grep: None,
        timestamps: typed.timestamps,
        no_prefix: typed.no_prefix,
        json: false,
        file: typed.config.file.clone(),
    };
    let left = logs::attach(common, &wanted, tell)?;
    ui::err(if left {
        "left; the services go on (`devsup down` stops them)"
    } else {
        "the run is over"
    });
    Ok(Status::Ok)
}
