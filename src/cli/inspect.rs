//! `devsup inspect`: a close look at a service, a process or a port.

use super::{Common, args, data, down, failed, running};
use crate::api::client::{Client, ClientError, PATIENCE, escaped};
use crate::api::{Code, Inspections};
use crate::exit::Status;
use crate::ledger::{self, LastLife, Location};
use crate::ui::{self, style::Look};

/// Lines shown of what a service that is not ready wrote last.
const LINES: usize = 20;

/// Shows it.
pub(super) fn run(common: &Common, typed: &args::Inspect) -> Status {
    let Some(target) = query(&typed.target) else {
        return failed(&format!("`{}` is no port", typed.target));
    };
    let asked = running::find_quietly(common, &typed.place.file)
        .and_then(|client| client.get::<Inspections>(&target, PATIENCE));
    match asked {
        Ok(found) if typed.json => {
            data(&format!("{}\n", serde_json::to_string(&found).unwrap_or_default()))
        }
        Ok(found) => shown(&found, Look::of_stdout(common.colour)),
        Err(error) => elsewhere(common, typed, &error),
    }
}

/// What is asked: `:PORT`, a pid, or else a name.
fn query(target: &str) -> Option<String> {
    if let Some(port) = target.strip_prefix(':') {
        return Some(format!("/v1/inspect?port={}", port.parse::<u16>().ok()?));
    }
    Some(match target.parse::<i32>() {
        Ok(pid) => format!("/v1/inspect?pid={pid}"),
        Err(_) => format!("/v1/inspect?name={}", escaped(target)),
    })
}

fn shown(found: &Inspections, look: Look) -> Status {
    let texts: Vec<String> =
        found.services.iter().map(|one| ui::inspect::text(one, look)).collect();
    data(&texts.join("\n"))
}

/// It is no service's that runs here: what else is known.
fn elsewhere(common: &Common, typed: &args::Inspect, error: &ClientError) -> Status {
    let target = &typed.target;
    let here = matches!(error, ClientError::Absent | ClientError::Ended)
        || matches!(error, ClientError::Refused(fault) if fault.code == Code::UnknownService);
    let port = target.strip_prefix(':').and_then(|port| port.parse().ok());
    let number = target.parse::<i32>().ok();
    let pid = number.and_then(crate::model::Pid::new);
    let known = match (port, pid) {
        _ if !here => None,
        _ if number == Some(1) => Some("pid 1 is the init of this system".to_owned()),
        (Some(port), _) => Some(
            crate::supervise::who_has(port)
                .unwrap_or_else(|| format!("nobody listens on port {port}")),
        ),
        (None, Some(pid)) => Some(crate::supervise::who_is(pid)),
        (None, None) => return before(common, typed, error),
    };
    match known {
        Some(words) => {
            ui::err(&format!("no service of this project: {words}"));
            Status::Error
        }
        None => running::refused(error),
    }
}

/// Nothing runs: what the history says of the last run.
fn before(common: &Common, typed: &args::Inspect, error: &ClientError) -> Status {
    let location = common
        .start_dir()
        .ok()
        .and_then(|start| Location::find(&down::root_of(&start, &typed.place.file)).ok().flatten());
    let past = location.iter().flat_map(|location| ledger::last_lives(location, &typed.target));
    let past: Vec<LastLife> = past.collect();
    if !matches!(error, ClientError::Absent | ClientError::Ended) || past.is_empty() {
        return running::refused(error);
    }
    let look = Look::of_stdout(common.colour);
    let printed = if typed.json {
        data(&format!("{}\n", ui::inspect::past_json(&past)))
    } else {
        data(&past.iter().map(|past| ui::inspect::past(past, look)).collect::<String>())
    };
    if printed == Status::Ok { Status::NotRunning } else { printed }
}

/// Says of each of these why it is not ready.
pub(super) fn diagnose(client: &Client, names: impl Iterator<Item = String>, look: Look) {
    for name in names {
        let target = format!("/v1/inspect?name={}", escaped(&name));
        let Ok(found) = client.get::<Inspections>(&target, PATIENCE) else { continue };
        for one in &found.services {
            let lines = crate::log::last_lines(&one.service.log, LINES, one.service.started_at);
            ui::err(&ui::inspect::diagnosis(one, &lines, look));
        }
    }
}
