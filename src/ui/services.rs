//! How services look: as a table, in a line, as an event.

use super::style::Look;
use super::table;
use crate::api::{Change, Converged, Event, Greeting, News, Service, Services};
use crate::model::{Health, Phase, Signal};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::path::Path;

/// How a table is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The width of the terminal, if it is one.
    pub columns: Option<u16>,
    /// How it may look.
    pub look: Look,
    /// Whether it says whose services they are.
    pub projects: bool,
}

/// The services of one project, or of several.
pub fn table(all: &[Services], wanted: &Table) -> String {
    let now = Timestamp::now();
    let mut head = vec!["NAME", "STATE", "PID", "PORT", "UPTIME", "NOTE"];
    if wanted.projects {
        head.insert(0, "PROJECT");
        head.insert(1, "DIRECTORY");
    }
    let mut rows = Vec::new();
    for project in all {
        for service in &project.services {
            let mut row = row(service, now);
            if wanted.projects {
                row.insert(0, project.project.clone());
                row.insert(1, short(&project.root));
            }
            rows.push(row);
        }
    }
    table::text(&head, &rows, wanted.columns, wanted.look)
}

fn row(one: &Service, now: Timestamp) -> Vec<String> {
    let running = one.pid.is_some();
    let since = one.started_at.filter(|_| running);
    vec![
        one.instance.clone(),
        state(one),
        one.pid.map_or(String::new(), |pid| pid.to_string()),
        one.port.map_or(String::new(), |port| port.to_string()),
        since.map_or(String::new(), |since| span(since, now)),
        note(one),
    ]
}

/// The state with what makes it clear: `running (healthy)`, `failed (exit 1)`.
pub fn state(one: &Service) -> String {
    let detail = match (one.health, exit(one)) {
        (Health::None, Some(exit)) => exit,
        (Health::None, None) => return one.state.to_string(),
        (Health::Starting, _) => "not healthy yet".to_owned(),
        (Health::Healthy, _) => "healthy".to_owned(),
        (Health::Unhealthy, _) => "unhealthy".to_owned(),
    };
    format!("{} ({detail})", one.state)
}

fn exit(one: &Service) -> Option<String> {
    let exit = one.exit.as_ref()?;
    let ended = matches!(one.state, Phase::Completed | Phase::Failed);
    let words = match (exit.code, &exit.signal) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => signal.clone(),
        (None, None) => return None,
    };
    ended.then_some(words)
}

fn note(one: &Service) -> String {
    let mut notes = Vec::new();
    if !one.waits_for.is_empty() {
        notes.push(format!("waits for {}", one.waits_for.join(", ")));
    }
    if one.restarts > 0 {
        let times = if one.restarts == 1 { "time" } else { "times" };
        notes.push(format!("started again {} {times}", one.restarts));
    }
    if let Some(error) = &one.error {
        let first = error.lines().next().unwrap_or_default();
        // The state has said that already.
        if exit(one).is_none() {
            notes.push(first.to_owned());
        }
    }
    notes.join("; ")
}

/// What became of one, in a line.
pub fn line(one: &Service, look: Look) -> String {
    let mark = match one.state {
        Phase::Failed => look.bad(),
        _ if one.ready || one.is_down() => look.good(),
        _ if one.error.is_some() || one.health == Health::Unhealthy => look.warning(),
        _ => " ".to_owned(),
    };
    let pid = one.pid.map_or(String::new(), |pid| format!("  pid {pid}"));
    let note = Some(note(one)).filter(|note| !note.is_empty());
    let note = note.map_or(String::new(), |note| format!("  {}", look.dim(&note)));
    format!("{mark} {}  {}{pid}{note}", one.instance, state(one))
}

/// That one was sent a signal.
pub fn signalled(one: &Service, signal: Signal, look: Look) -> String {
    let pid = one.pid.map_or(String::new(), |pid| format!(" (pid {pid})"));
    format!("{} {}{pid} was sent {signal}", look.good(), one.instance)
}

/// An event in a line, with its local time; `None` for one that is not known.
pub fn event(event: &Event, look: Look) -> Option<String> {
    let words = match &event.news {
        News::Service(one) => line(one, look),
        News::Signal { instance, pid, signal } => {
            format!("{} {instance} (pid {pid}) was sent {signal}", look.warning())
        }
        News::Said { words } => words.clone(),
        News::Stopping => "everything is being stopped".to_owned(),
        News::Stopped { clean: true } => format!("{} everything has stopped", look.good()),
        News::Stopped { clean: false } => format!("{} the stop left something", look.bad()),
        News::Gap { missed: Some(count) } => {
            format!("{} {count} events before this are not kept any more", look.warning())
        }
        News::Gap { missed: None } => format!("{} another run begins here", look.warning()),
        News::Other => return None,
    };
    let time = event.time.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string();
    let time = look.dim(&time);
    Some(words.lines().map(|line| format!("{time} {line}")).collect::<Vec<_>>().join("\n"))
}

/// How long that is ago, in its two largest units.
pub fn span(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// What became of a project that runs.
pub fn converged(who: &Greeting, done: &Converged, look: Look) -> String {
    let Greeting { project, pid, .. } = who;
    let mut text = format!("{} {project} runs already (supervisor pid {pid})", look.good());
    let name = |change: &Change| match change {
        Change::Started { instance }
        | Change::Restarted { instance, .. }
        | Change::Stopped { instance }
        | Change::Kept { instance }
        | Change::Foreign { instance } => instance.clone(),
    };
    let width = done.changes.iter().map(|change| name(change).len()).max().unwrap_or(0);
    for change in &done.changes {
        let words = change_words(change, done.dry_run);
        // Writing to a string can't fail.
        let _ok = write!(text, "\n  {:width$}  {words}", name(change));
    }
    text + "\n"
}

fn change_words(change: &Change, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    match change {
        Change::Started { .. } => format!("{would}started"),
        Change::Restarted { because, .. } => {
            format!("{would}started anew: {} changed", because.join(", "))
        }
        Change::Stopped { .. } => format!("{would}stopped: it is not declared any more"),
        Change::Kept { .. } => "up to date".to_owned(),
        Change::Foreign { .. } => "left alone: another config declares it".to_owned(),
    }
}

/// A directory, as seen from the home directory.
fn short(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
