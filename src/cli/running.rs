//! Finding the supervisor of a project that runs, for every verb that asks one.

use super::{Common, down};
use crate::api::client::{Client, ClientError};
use crate::api::{Greeting, Services};
use crate::exit::Status;
use crate::ledger::{self, Entry, Location};
use crate::model::list;
use crate::os::marker::ProjectKey;
use crate::os::process::Handle;
use crate::os::{lock, table};
use crate::ui::{self, style::Look};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a supervisor may take to say who it is.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long a shell's completion may take.
const GLANCE: Duration = Duration::from_millis(200);
/// How often somebody who begins to listen is looked for.
const AGAIN: Duration = Duration::from_millis(10);

/// The supervisor of the project that is meant; it is said where there is none.
pub(super) fn find(common: &Common, file: &[PathBuf]) -> Result<(Greeting, Client), Status> {
    let start = common.start_dir().map_err(|why| super::failed(&why))?;
    let root = down::root_of(&start, file);
    at(&root, PATIENCE).map_err(|error| not_found(&root, &error))
}

/// Says why there is no supervisor to be asked, and who goes on without one.
pub(super) fn not_found(root: &Path, error: &ClientError) -> Status {
    let gone_on = error.is_absence().then(|| gone_on_alone(root)).flatten();
    gone_on.unwrap_or_else(|| refused(error))
}

/// Says who goes on without a supervisor, if anybody does.
pub(super) fn gone_on_alone(root: &Path) -> Option<Status> {
    let orphans = orphans(root);
    (!orphans.is_empty()).then(|| orphaned(&orphans))
}

/// Services that outlive their supervisor: their guards still live.
fn orphans(root: &Path) -> Vec<String> {
    let location = Location::find(root).ok().flatten();
    let book = location.and_then(|location| ledger::read(&location).book);
    let entries = book.map(|book| book.entries).unwrap_or_default().into_iter();
    let lives = |entry: &Entry| matches!(Handle::open(&entry.guard), Ok(Some(_)));
    entries.filter(lives).map(|entry| entry.instance.to_string()).collect()
}

fn orphaned(names: &[String]) -> Status {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let (names, goes) = (list(&names), if names.len() == 1 { "goes" } else { "go" });
    ui::error(&format!("the supervisor is gone; {names} {goes} on without it"));
    ui::err("  hint: `devsup up` takes over what goes on, `devsup down` ends it");
    Status::NotRunning
}

/// The same; why there is none is left to the caller to say.
pub(super) fn find_quietly(common: &Common, file: &[PathBuf]) -> Result<Client, ClientError> {
    let start = common.start_dir().map_err(|why| ClientError::Io(std::io::Error::other(why)))?;
    at(&down::root_of(&start, file), PATIENCE).map(|(_, client)| client)
}

/// The supervisor of the project in this directory.
pub(super) fn at(root: &Path, patience: Duration) -> Result<(Greeting, Client), ClientError> {
    let Ok(Some(location)) = Location::find(root) else { return Err(ClientError::Absent) };
    let deadline = Instant::now() + patience;
    loop {
        let error = match once(&location, deadline) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        // One that has its lock and no socket is about to open it.
        let begins = lock::is_held(&location.run_lock()).unwrap_or(false);
        if !begins || !matches!(error, ClientError::Absent) || Instant::now() >= deadline {
            return Err(error);
        }
        std::thread::sleep(AGAIN);
    }
}

fn once(location: &Location, deadline: Instant) -> Result<(Greeting, Client), ClientError> {
    let root = location.root();
    let key = ProjectKey::of(root).map_err(ClientError::Io)?;
    let judged = ledger::read(location);
    let recorded = judged.book.and_then(|book| book.header.socket);
    let left = deadline.saturating_duration_since(Instant::now());
    Client::find(key, root, recorded.as_deref(), left)
}

/// Says why a supervisor was not asked, or did not do it.
pub(super) fn refused(error: &ClientError) -> Status {
    let (words, status) = match error {
        ClientError::Absent | ClientError::Ended => {
            ("nothing runs here".to_owned(), Status::NotRunning)
        }
        ClientError::Refused(fault) if fault.code == crate::api::Code::UnknownService => {
            (error.to_string(), Status::Usage)
        }
        _ => (error.to_string(), Status::Error),
    };
    ui::error(&words);
    let start = "`devsup up` starts it".to_owned();
    let hint = error.hint().or_else(|| (status == Status::NotRunning).then_some(start));
    if let Some(hint) = hint {
        ui::err(&format!("  hint: {hint}"));
    }
    status
}

/// What is said of one that is there and does not answer.
pub(super) fn silent(client: &Client, look: Look) -> String {
    let mark = look.warning();
    let Some(pid) = client.listener() else { return format!("{mark} a supervisor is silent") };
    let place = table::directory(pid).ok();
    let (from, hint) = place.map_or_else(Default::default, |place| {
        let place = place.display();
        (format!(", started in {place},"), format!("\n  hint: `devsup -C {place} down` ends it"))
    });
    format!("{mark} the supervisor with pid {pid}{from} does not answer{hint}")
}

/// Names of what runs here, for completion.
pub(super) fn names(start: &Path) -> Vec<String> {
    let Ok((_, client)) = at(&down::root_of(start, &[]), GLANCE) else { return Vec::new() };
    let services = client.get::<Services>("/v1/services", GLANCE);
    let services = services.map(|all| all.services).unwrap_or_default();
    services.into_iter().flat_map(|one| [one.service, one.instance]).collect()
}

/// Waits until these (all, if none is named) are `ready`, or `down`, for at
/// most `time`. Returns what they are then.
pub(super) fn wait(
    client: &Client,
    names: &[String],
    until: &str,
    time: Duration,
    enough: impl Fn(&Services) -> bool,
) -> Result<Services, ClientError> {
    /// One question; then the supervisor is asked again.
    const AT_ONCE: Duration = Duration::from_secs(10);
    let deadline = Instant::now() + time;
    let names: Vec<String> = names.iter().map(|name| crate::api::client::escaped(name)).collect();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let now = left.min(AT_ONCE);
        let target = format!(
            "/v1/wait?until={until}&timeout_ms={}&names={}",
            now.as_millis(),
            names.join(",")
        );
        let services: Services = client.get(&target, now + PATIENCE)?;
        if enough(&services) || left <= AT_ONCE {
            return Ok(services);
        }
    }
}
