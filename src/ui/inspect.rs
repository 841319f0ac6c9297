//! One service, looked at closely; and why one is not ready.

use super::services::state;
use super::style::Look;
use crate::api::{Exit, Inspection, Probe, RestartRule};
use crate::ledger::LastLife;
use crate::model::Outcome;
use crate::os::signal_name;
use std::fmt::Write as _;
use std::time::Duration;

/// Columns of the words in front.
const WIDTH: usize = 10;

/// All that is known of it, a fact a line.
pub fn text(one: &Inspection, look: Look) -> String {
    let mut text = look.bold(&format!("{}  {}", one.service.instance, state(&one.service)));
    text.push('\n');
    for (name, fact) in facts(one) {
        let _ = writeln!(text, "  {} {fact}", look.dim(&format!("{name:WIDTH$}")));
    }
    text
}

fn facts(one: &Inspection) -> Vec<(&'static str, String)> {
    let service = &one.service;
    let mut facts = Vec::new();
    let mut say = |name: &'static str, fact: Option<String>| {
        facts.extend(fact.filter(|fact| !fact.is_empty()).map(|fact| (name, fact)));
    };
    say("pid", pids(one));
    say("up for", one.uptime_ms.map(|ms| span(Duration::from_millis(ms))));
    say("command", Some(one.command.clone()));
    say("directory", Some(one.directory.display().to_string()));
    say("port", service.port.map(|port| port_and_url(port, service.url.as_deref())));
    say("listens on", Some(one.listens.join(", ")));
    say("health", one.probe.as_ref().map(probe));
    say("", one.probe.as_ref().and_then(|probe| probe.hint.clone()));
    say("restart", Some(restart(&one.restart, service.restarts)));
    say("last error", one.last_error.clone().or_else(|| service.error.clone()));
    say("depends on", Some(one.depends_on.join(", ")));
    say("waits for", Some(service.waits_for.join(", ")));
    say("tags", Some(service.tags.join(", ")));
    say("log", Some(service.log.display().to_string()));
    facts
}

fn pids(one: &Inspection) -> Option<String> {
    let pid = one.service.pid?;
    let guard = one.guard.map_or(String::new(), |guard| format!(", guard {guard}"));
    let below = one.processes.len().saturating_sub(1);
    let below = match below {
        0 => String::new(),
        1 => ", 1 process below it".to_owned(),
        _ => format!(", {below} processes below it"),
    };
    Some(format!("{pid}{guard}{below}"))
}

fn port_and_url(port: u16, url: Option<&str>) -> String {
    url.map_or_else(|| port.to_string(), |url| format!("{port}  {url}"))
}

fn probe(probe: &Probe) -> String {
    let mut text = format!("asks {}", probe.asks);
    if let Some(answer) = &probe.last_answer {
        let _ = write!(text, "; last answer: {answer}");
    }
    match probe.failed_in_a_row {
        0 => {}
        1 => text.push_str("; 1 check failed"),
        failed => {
            let _ = write!(text, "; {failed} checks failed in a row");
        }
    }
    text
}

fn restart(rule: &RestartRule, restarts: u32) -> String {
    let most = rule.max.map_or(String::new(), |max| format!(", at most {max} in a row"));
    let so_far = match (restarts, rule.in_a_row) {
        (0, _) => String::new(),
        (all, 0) => format!("; {all} so far"),
        (all, row) => format!("; {all} so far, {row} of them in a row"),
    };
    format!("{}{most}{so_far}", rule.policy)
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// What is known of one that does not run.
pub fn past(past: &LastLife, look: Look) -> String {
    let mut text = look.bold(&format!("{}  not running", past.instance));
    text.push('\n');
    let mut say = |name: &str, fact: String| {
        let _ = writeln!(text, "  {} {fact}", look.dim(&format!("{name:WIDTH$}")));
    };
    if let Some((pid, at)) = past.started {
        say("started", format!("{} (pid {pid})", local(at)));
    }
    match past.ended {
        Some((outcome, at)) => say("ended", format!("{} ({})", local(at), how(outcome))),
        None => say("ended", "not recorded: its supervisor did not see it".to_owned()),
    }
    text
}

/// The same as JSON, in the form that a running one has, as far as it goes.
pub fn past_json(all: &[LastLife]) -> serde_json::Value {
    let services: Vec<_> = all
        .iter()
        .map(|past| {
            serde_json::json!({
                "instance": past.instance,
                "state": "stopped",
                "started_at": past.started.map(|(_, at)| at.to_string()),
                "ended_at": past.ended.map(|(_, at)| at.to_string()),
                "exit": past.ended.and_then(|(outcome, _)| Exit::of(outcome)),
            })
        })
        .collect();
    serde_json::json!({ "version": 1, "services": services })
}

fn how(outcome: Outcome) -> String {
    match outcome {
        Outcome::Signaled(number) => format!("killed by {}", signal_name(number)),
        Outcome::Exited(_) | Outcome::Unknown => outcome.to_string(),
    }
}

fn local(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Why it is not ready, with the last lines that it wrote.
pub fn diagnosis(one: &Inspection, lines: &[String], look: Look) -> String {
    let service = &one.service;
    let mark = if service.is_down() { look.bad() } else { look.warning() };
    let head = look.bold(&format!("{} is not ready: {}", service.instance, state(service)));
    let mut text = format!("{mark} {head}");
    let mut say = |words: &str| {
        let _ = write!(text, "\n  {}", look.dim(words));
    };
    if !service.waits_for.is_empty() {
        say(&format!("it waits for {}", service.waits_for.join(", ")));
    }
    if let Some(asked) = one.probe.as_ref().filter(|_| service.pid.is_some()) {
        say(&format!("health {}", probe(asked)));
    }
    if let Some(hint) = one.probe.as_ref().and_then(|probe| probe.hint.as_deref()) {
        say(&format!("it {hint}"));
    }
    if let Some(error) = one.last_error.as_ref().or(service.error.as_ref()) {
        say(&format!("last error: {error}"));
    }
    if !lines.is_empty() {
        say("its last lines:");
    }
    for line in lines {
        let _ = write!(text, "\n  {} {line}", look.dim(look.bar()));
    }
    text
}
