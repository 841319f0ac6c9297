//! A process-compose file in our own words. What has no word here is named in
//! a comment above its service.

use super::{Parts, name_of};
use crate::config::diagnostic::Diagnostic;
use crate::config::keys::{SERVICE, Tool};
use crate::config::source::Source;
use crate::config::tree::Tree;
use crate::config::yaml::{self, Entry, Node, Value};
use crate::model::Signal;
use std::sync::Arc;

/// Keys of the top level that change nothing here.
const WITHOUT_EFFECT: [&str; 4] =
    ["version", "is_strict", "disable_env_expansion", "ordered_shutdown"];

/// The file's processes as services.
pub fn parts(source: &Arc<Source>) -> Result<Parts, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let root = yaml::parse(source, &mut mistakes);
    if mistakes.iter().any(Diagnostic::is_error) {
        return Err(mistakes);
    }
    let mut parts = Parts::of(&name_of(&source.path));
    let Some(Node { value: Value::Map(entries), .. }) = root else { return Ok(parts) };
    let mut left = Vec::new();
    for entry in &entries {
        match (entry.key.as_str(), &entry.value.value) {
            ("processes", Value::Map(processes)) => {
                for process in processes {
                    let (service, above) = service(process);
                    parts.services.put(process.key.as_str(), service, above);
                }
            }
            ("environment" | "env", _) => {
                parts.top.put("environment", tree(&entry.value, Kind::Texts), vec![String::new()]);
            }
            (key, _) if WITHOUT_EFFECT.contains(&key) || key.starts_with("x-") => {}
            (key, _) => left.push(key.to_owned()),
        }
    }
    parts.notes.extend(left_out(&left));
    Ok(parts)
}

fn left_out(keys: &[String]) -> Option<String> {
    (!keys.is_empty()).then(|| format!("Not taken over: {}.", keys.join(", ")))
}

/// A key that is not taken over, with what there is instead.
fn instead(key: &str) -> String {
    match key {
        "availability" => "availability (see `devsup up --abort-on-failure`)".to_owned(),
        "liveness_probe" => "liveness_probe (there is one `healthcheck` a service)".to_owned(),
        other => other.to_owned(),
    }
}

/// A service and the comment above it.
fn service(process: &Entry) -> (Tree, Vec<String>) {
    let Value::Map(entries) = &process.value.value else { return (Tree::map(), Vec::new()) };
    let mut found: Vec<(&'static str, Tree)> = Vec::new();
    let (mut above, mut left) = (Vec::new(), Vec::new());
    for entry in entries {
        let key = entry.key.as_str();
        if key == "description" {
            above.extend(text(&entry.value).lines().map(str::to_owned));
        } else if let Some(new) = converted(entry, entries) {
            found.extend(new);
        } else if !key.starts_with("x-") {
            left.push(instead(key));
        }
    }
    above.extend(left_out(&left));
    let place = |name: &str| SERVICE.keys.iter().position(|key| key.name == name);
    found.sort_by_key(|(name, _)| place(name));
    found.dedup_by_key(|(name, _)| *name);
    let service =
        found.into_iter().fold(Tree::map(), |service, (name, tree)| service.with(name, tree));
    (service, above)
}

type Found = Vec<(&'static str, Tree)>;

/// What becomes of a key; `None` if there is no word for it.
fn converted(entry: &Entry, all: &[Entry]) -> Option<Found> {
    let has = |key: &str| all.iter().any(|entry| entry.key == key);
    let one = |name: &'static str, tree: Tree| Some(vec![(name, tree)]);
    let node = &entry.value;
    match entry.key.as_str() {
        "command" => one("command", shell(node)),
        "entrypoint" if !has("command") => one("command", tree(node, Kind::Texts)),
        "environment" | "env" => one("environment", tree(node, Kind::Texts)),
        "depends_on" => one("depends_on", depends_on(node)),
        "readiness_probe" => one("healthcheck", probe(node)?),
        "liveness_probe" if !has("readiness_probe") => one("healthcheck", probe(node)?),
        "ready_log_line" if !has("readiness_probe") => {
            one("healthcheck", Tree::map().with("log", regex::escape(text(node))))
        }
        "availability" => one("restart", restart(node)?),
        "shutdown" => Some(stop(node)),
        "disabled" => one("autostart", (text(node) != "true").into()),
        "log_location" => one("log", Tree::map().with("file", text(node))),
        "launch_timeout_seconds" => one("startup_timeout", seconds(node)),
        key => {
            let same = |known: &&crate::config::keys::Key| {
                known.word_of == Tool::Devsup && (known.name == key || known.aliases.contains(&key))
            };
            let known = SERVICE.keys.iter().find(same)?;
            one(known.name, tree(node, Kind::Values))
        }
    }
}

/// Whether what looks like a number is one.
#[derive(Clone, Copy)]
enum Kind {
    Texts,
    Values,
}

fn tree(node: &Node, kind: Kind) -> Tree {
    match &node.value {
        Value::Null | Value::Refused => Tree::map(),
        Value::Scalar(text) => match (kind, text.parse::<u64>(), text.as_str()) {
            (Kind::Values, Ok(number), _) => number.into(),
            (Kind::Values, _, "true" | "false") => (text == "true").into(),
            _ => Tree::text(text),
        },
        Value::List(items) => items.iter().map(|item| tree(item, kind)).collect::<Vec<_>>().into(),
        Value::Map(entries) => entries
            .iter()
            .fold(Tree::map(), |map, entry| map.with(entry.key.as_str(), tree(&entry.value, kind))),
    }
}

fn text(node: &Node) -> &str {
    if let Value::Scalar(text) = &node.value { text } else { "" }
}

/// process-compose has `$$NAME` where the shell is meant to follow it.
fn shell(node: &Node) -> Tree {
    if matches!(node.value, Value::List(_)) {
        return tree(node, Kind::Texts);
    }
    Tree::Text(text(node).replace("$$", "$"))
}

fn seconds(node: &Node) -> Tree {
    Tree::Text(format!("{}s", text(node)))
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn depends_on(node: &Node) -> Tree {
    let Value::Map(entries) = &node.value else { return tree(node, Kind::Texts) };
    let mut all = Tree::map();
    for entry in entries {
        let condition = match get(&entry.value, "condition").map(text).unwrap_or_default() {
            "process_healthy" | "process_log_ready" => "service_healthy",
            "process_completed" => "service_completed",
            "process_completed_successfully" => "service_completed_successfully",
            _ => "service_started",
        };
        all = all.with(entry.key.as_str(), Tree::map().with("condition", condition));
    }
    all
}

/// A probe; `None` if it asks in a way that there is no word for.
fn probe(node: &Node) -> Option<Tree> {
    let mut check = Tree::map();
    if let Some(exec) = get(node, "exec") {
        check = check.with("test", shell(get(exec, "command")?));
    } else {
        check = check.with("http", http(get(node, "http_get")?)?);
    }
    for (theirs, ours) in [
        ("initial_delay_seconds", "start_period"),
        ("period_seconds", "interval"),
        ("timeout_seconds", "timeout"),
    ] {
        check = check.with_if(ours, get(node, theirs).map(seconds));
    }
    let threshold = get(node, "failure_threshold");
    Some(check.with_if("retries", threshold.map(|node| tree(node, Kind::Values))))
}

fn http(node: &Node) -> Option<Tree> {
    let word = |key: &str, default: &'static str| {
        get(node, key).map(text).filter(|text| !text.is_empty()).unwrap_or(default)
    };
    if word("scheme", "http") != "http" {
        return None;
    }
    let path = word("path", "/").trim_start_matches('/');
    let url = format!("http://{}:{}/{path}", word("host", "127.0.0.1"), word("port", "80"));
    let (status, headers) = (get(node, "status_code"), get(node, "headers"));
    if status.is_none() && headers.is_none() {
        return Some(url.into());
    }
    let status = status.map(|node| Tree::List(vec![tree(node, Kind::Values)]));
    let headers = headers.map(|node| tree(node, Kind::Texts));
    Some(Tree::map().with("url", url).with_if("status", status).with_if("headers", headers))
}

/// `None` for what is a flag of `up` here.
fn restart(node: &Node) -> Option<Tree> {
    let policy = match get(node, "restart").map_or("no", text) {
        "always" => "always",
        "on_failure" | "on-failure" => "on-failure",
        "no" | "" => return Some("no".into()),
        _ => return None,
    };
    let max = get(node, "max_restarts").map(text).filter(|max| *max != "0");
    let delay = get(node, "backoff_seconds");
    if max.is_none() && delay.is_none() {
        return Some(policy.into());
    }
    let max = max.and_then(|max| max.parse::<u64>().ok());
    Some(
        Tree::map().with("policy", policy).with_if("max", max).with_if("delay", delay.map(seconds)),
    )
}

fn stop(node: &Node) -> Found {
    let mut found = Vec::new();
    found.extend(get(node, "signal").map(|signal| {
        let known = Signal::parse(text(signal)).map(|signal| signal.name().to_owned());
        ("stop_signal", Tree::Text(known.unwrap_or_else(|_| text(signal).to_owned())))
    }));
    found.extend(get(node, "timeout_seconds").map(|time| ("stop_grace_period", seconds(time))));
    found.extend(get(node, "command").map(|command| ("stop_command", shell(command))));
    found
}
