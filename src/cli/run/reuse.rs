//! What runs here already: used, replaced, or a reason to do nothing.

use super::super::down::{self, DownArguments};
use super::super::{Common, args, running};
use super::plan::Plan;
use crate::api::Services;
use crate::api::client::{Client, ClientError, PATIENCE, escaped};
use crate::exit::Status;
use crate::model::Port;
use crate::ui;
use crate::ui::style::Look;
use std::time::Duration;

/// How long a supervisor may take to say who it is.
const GLANCE: Duration = Duration::from_secs(2);

/// Services of a living run that this one uses.
pub(super) struct Reused {
    client: Option<Client>,
    /// Those that were not up, and go down again.
    started: Vec<String>,
    patience: Duration,
}

impl Reused {
    fn nothing() -> Self {
        Self { client: None, started: Vec::new(), patience: Duration::ZERO }
    }

    /// Brings down what was started for this run alone.
    pub fn release(self) {
        let Some(client) = &self.client else { return };
        for name in &self.started {
            // A supervisor that has gone has stopped it, too.
            let _gone = act(client, name, "stop");
        }
        if !self.started.is_empty() {
            let down = |all: &Services| all.services.iter().all(crate::api::Service::is_down);
            let _gone = running::wait(client, &self.started, "down", self.patience, down);
        }
    }
}

/// Settles what is to be done about a run that lives here. What it has is taken
/// out of the plan.
pub(super) fn settle(
    common: &Common,
    typed: &args::Run,
    plan: &mut Plan,
) -> Result<Reused, Status> {
    let Ok((_, client)) = running::at(&plan.root, GLANCE) else { return Ok(Reused::nothing()) };
    if typed.fail_if_running {
        ui::error("the project runs already");
        ui::err("  hint: `--reuse` uses what runs, `--replace` stops it first");
        return Err(Status::Error);
    }
    if typed.replace {
        let look = Look::of_stderr(common.colour);
        let arguments = DownArguments { quiet: true, ..DownArguments::of(plan.root.clone(), look) };
        let stopped = down::run(&arguments);
        return if stopped == Status::Ok { Ok(Reused::nothing()) } else { Err(stopped) };
    }
    bring_up(client, typed, plan).map_err(|error| running::refused(&error))?
}

fn bring_up(
    client: Client,
    typed: &args::Run,
    plan: &mut Plan,
) -> Result<Result<Reused, Status>, ClientError> {
    let is_configured = |at: &usize| *at < plan.configured;
    let (theirs, ours): (Vec<usize>, Vec<usize>) =
        plan.wanted.iter().copied().partition(is_configured);
    let names: Vec<String> =
        theirs.iter().map(|&at| plan.project.services[at].name.to_string()).collect();
    let before: Services = client.get("/v1/services", PATIENCE)?;
    // Completed ones have done what they are for.
    let is_down = |name: &&String| before.named(name).all(|one| one.is_down() && !one.ready);
    let started: Vec<String> = names.iter().filter(is_down).cloned().collect();
    for name in &started {
        act(&client, name, "start")?;
    }
    let over = |all: &Services| all.services.iter().all(|one| one.ready || one.is_down());
    let all = running::wait(&client, &names, "ready", typed.wait_timeout, over)?;
    plan.wanted = ours;
    for service in &mut plan.project.services {
        let port = all.named(service.name.as_str()).find_map(|one| one.port);
        service.port = port.map_or(service.port, Port::Fixed);
    }
    let reused = Reused { client: Some(client), started, patience: typed.wait_timeout };
    let unready: Vec<_> = all.services.iter().filter(|one| !one.ready).collect();
    if unready.is_empty() || names.is_empty() {
        return Ok(Ok(reused));
    }
    for one in unready {
        ui::err(&ui::services::line(one, Look::of_stderr(ui::style::ColourChoice::Auto)));
    }
    ui::error("not all services are ready, so the command is not run");
    reused.release();
    Ok(Err(Status::NotReady))
}

fn act(client: &Client, name: &str, verb: &str) -> Result<Services, ClientError> {
    client.post(&format!("/v1/services/{}/{verb}", escaped(name)), &(), PATIENCE)
}
