//! `devsup ps`: what runs, here or everywhere.

use super::job::{objects_everywhere, that_go_on};
use super::{Common, args, data, down, failed, running};
use crate::api::client::{Client, ClientError, PATIENCE};
use crate::api::{Event, Services, address};
use crate::exit::Status;
use crate::os::descriptor;
use crate::processes::is_job;
use crate::ui::services::{Table, table};
use crate::ui::{self, style::Look};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// How long a supervisor may take that is only one of many.
const GLANCE: Duration = Duration::from_millis(500);
/// How often a table that is watched is drawn anew by itself.
const TICK: Duration = Duration::from_secs(1);

/// Shows it.
pub(super) fn run(common: &Common, typed: &args::Ps) -> Status {
    let look = Look::of_stdout(common.colour);
    if typed.here {
        return super::tree::here(common, &typed.place.file, typed.json);
    }
    if typed.all {
        return everywhere(typed, look);
    }
    let client = match running::find_quietly(common, &typed.place.file) {
        Ok(client) => client,
        Err(error) => return only_jobs(common, typed, look, &error),
    };
    let shown = if typed.watch { watch(&client, typed, look) } else { once(&client, typed, look) };
    shown.unwrap_or_else(|error| running::refused(&error))
}

/// No supervisor runs here; jobs may.
fn only_jobs(common: &Common, typed: &args::Ps, look: Look, error: &ClientError) -> Status {
    let Ok(start) = common.start_dir() else { return running::refused(error) };
    let root = down::root_of(&start, &typed.place.file);
    let plain = !typed.json && !typed.quiet && typed.names.is_empty() && error.is_absence();
    let jobs = root.canonicalize().ok().filter(|_| plain);
    let jobs = jobs.map(|root| that_go_on(Some(&root), look)).unwrap_or_default();
    if jobs.is_empty() {
        return running::not_found(&root, error);
    }
    let shown = data(&jobs);
    running::gone_on_alone(&root).unwrap_or(shown)
}

fn once(client: &Client, typed: &args::Ps, look: Look) -> Result<Status, ClientError> {
    Ok(data(&text(&asked(client, typed)?, typed, look)))
}

fn asked(client: &Client, typed: &args::Ps) -> Result<Services, ClientError> {
    let mut all: Services = client.get("/v1/services", PATIENCE)?;
    if let Some(name) = typed.names.iter().find(|name| all.named(name).next().is_none()) {
        return Err(ClientError::Refused(crate::api::unknown(&all, name)));
    }
    let is_wanted = |name: &&String, one: &crate::api::Service| one.is_called(name);
    all.services.retain(|one| {
        typed.names.is_empty() || typed.names.iter().any(|name| is_wanted(&name, one))
    });
    Ok(all)
}

fn text(all: &Services, typed: &args::Ps, look: Look) -> String {
    if typed.json {
        return serde_json::to_string(all).unwrap_or_default() + "\n";
    }
    if typed.quiet {
        return lines(all.services.iter().map(|one| one.instance.clone()));
    }
    let columns = descriptor::columns(io::stdout());
    let services = table(std::slice::from_ref(all), &Table { columns, look, projects: false });
    if !typed.names.is_empty() {
        return services;
    }
    with_jobs(services, &that_go_on(Some(&all.root), look))
}

fn with_jobs(services: String, jobs: &str) -> String {
    if jobs.is_empty() { services } else { services + "\n" + jobs }
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.flat_map(|text| [text, "\n".to_owned()]).collect()
}

/// Every project of this user that runs, and every job.
fn everywhere(typed: &args::Ps, look: Look) -> Status {
    let (mut all, mut answered) = (Vec::new(), true);
    for client in address::all().into_iter().map(Client::at) {
        match glance(&client) {
            Ok(services) => all.extend(services),
            Err(ClientError::Silent) => {
                answered = false;
                ui::err(&running::silent(&client, look));
            }
            Err(_) => {}
        }
    }
    all.sort_by(|one, other| (&one.project, &one.root).cmp(&(&other.project, &other.root)));
    if typed.json {
        let jobs = objects_everywhere();
        let json = serde_json::json!({ "version": 1, "projects": all, "jobs": jobs });
        return data(&format!("{json}\n"));
    }
    if typed.quiet {
        return data(&lines(all.iter().map(|one| one.root.display().to_string())));
    }
    let jobs = that_go_on(None, look);
    if all.is_empty() {
        if jobs.is_empty() && answered {
            ui::err("nothing runs");
        }
        return data(&jobs);
    }
    let columns = descriptor::columns(io::stdout());
    data(&with_jobs(table(&all, &Table { columns, look, projects: true }), &jobs))
}

/// What a project runs; nothing of a job, which is told elsewhere.
fn glance(client: &Client) -> Result<Option<Services>, ClientError> {
    let greeting = client.hello(Instant::now() + GLANCE)?;
    if is_job(&greeting.root) {
        return Ok(None);
    }
    client.get("/v1/services", GLANCE).map(Some)
}

/// Shows it again whenever something has changed, until the run is over.
fn watch(client: &Client, typed: &args::Ps, look: Look) -> Result<Status, ClientError> {
    let mut events = client.follow("/v1/events")?;
    let mut last = String::new();
    loop {
        let text = match asked(client, typed) {
            Ok(all) => text(&all, typed, look),
            Err(ClientError::Absent | ClientError::Ended) => return Ok(Status::Ok),
            Err(error) => return Err(error),
        };
        if text != last
            && let Err(error) = draw(&text, last.is_empty(), typed)
        {
            return Ok(gone_or_failed(&error));
        }
        last = text;
        match events.next::<Event>(Instant::now() + TICK) {
            Ok(Some(_)) | Err(ClientError::Silent) => {}
            Ok(None) | Err(ClientError::Ended) => return Ok(Status::Ok),
            Err(error) => return Err(error),
        }
    }
}

fn draw(text: &str, first: bool, typed: &args::Ps) -> io::Result<()> {
    if io::stdout().is_terminal() && !typed.json { ui::screen(text, first) } else { ui::line(text) }
}

/// A reader that has gone has read enough.
fn gone_or_failed(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Status::Ok,
        _ => failed(&format!("standard output can't be written: {}", super::reason(error))),
    }
}
