//! The top level of the file, and the sections that are no service.

use super::super::diagnostic::Diagnostic;
use super::super::fields::{Fields, Foreign, Named, Reader};
use super::super::keys::{COMPOSE, COMPOSE_DOWN, PROJECT, SHUTDOWN};
use super::super::scalar::Bad;
use super::super::written::{Compose, EnvFile, Project, Service, Shutdown};
use super::super::yaml::{Entry, Node, Value};
use super::{env, service};
use crate::model::ServiceName;

const FOREIGN: Foreign = &[
    ("volumes", CONTAINERS),
    ("networks", CONTAINERS),
    ("configs", CONTAINERS),
    ("secrets", CONTAINERS),
    ("include", "name the files with `-f`, one after the other"),
    ("extends", "use a YAML anchor (`&base`) and `<<: *base`"),
    ("log_location", "each service has a log of its own; delete it, or see `log` in a service"),
    ("log_level", "logs are not filtered by level; delete it"),
    ("is_strict", "unknown keys are always mistakes; delete it"),
    ("shell", "string commands go through `/bin/sh`; write a list to run another shell"),
    ("watch", "let the service watch its files itself"),
];

const CONTAINERS: &str =
    "this belongs to containers; name their file in `compose: {file: docker-compose.yml}`";

/// The env files the top level names; `None` if it names none, not even by an
/// empty list.
pub fn project_env_files(root: &Node, reader: &mut Reader<'_>) -> Option<Vec<EnvFile>> {
    let Value::Map(entries) = &root.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == "env_file")?;
    Some(env::env_files(Named::of(entry), reader))
}

/// The whole of a file but its env files, which had to be read before.
pub fn project(root: &Node, reader: &mut Reader<'_>) -> Project {
    let mut project = Project::default();
    if !matches!(root.value, Value::Map(_)) {
        let problem = format!("the file must be a map, and this is {}", root.value.kind());
        let hint = "write `services: {web: {command: ./server}}`";
        reader.refuse::<()>(&root.span, problem, hint);
        return project;
    }
    let Some(mut fields) = reader.fields(Named { name: "the file", node: root }) else {
        return project;
    };
    fields.take(reader, &["version"]);
    fields.take(reader, &["env_file"]);
    project.name = fields.take(reader, &["name"]).and_then(|name| reader.filled(name));
    if let Some(environment) = fields.take(reader, &["environment", "env"]) {
        project.environment = env::settings(environment, reader);
    }
    services(&mut project, &mut fields, reader);
    project.compose = fields.take(reader, &["compose"]).and_then(|node| compose(node, reader));
    if let Some(section) = fields.take(reader, &["shutdown"]) {
        project.shutdown = shutdown(section, reader);
    }
    fields.finish(reader, &PROJECT, "the project", FOREIGN);
    project
}

fn services(project: &mut Project, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    let Some(section) = fields.take(reader, &["services", "processes"]) else {
        return;
    };
    let entries = match &section.node.value {
        Value::Map(entries) => entries,
        other => {
            let problem = format!(
                "`{}` must be a map from names to services, and this is {}",
                section.name,
                other.kind()
            );
            let hint = "write `services: {web: {command: ./server}}`";
            return reader.refuse(&section.node.span, problem, hint).unwrap_or_default();
        }
    };
    for entry in entries.iter().filter(|entry| !entry.key.starts_with("x-")) {
        match service(entry, reader) {
            Some(service) => project.services.push(service),
            None => project.refused.push(entry.key.clone()),
        }
    }
}

fn service(entry: &Entry, reader: &mut Reader<'_>) -> Option<Service> {
    let name = match ServiceName::new(&entry.key) {
        Ok(name) => name,
        Err(bad) => return reader.refuse(&entry.span, bad.to_string(), ""),
    };
    if entry.value.value == Value::Refused {
        return None;
    }
    if let Value::Scalar(text) = &entry.value.value {
        let problem = format!("service `{name}` must be a map, and this is text");
        let hint = format!("write `{name}: {{command: {text}}}`");
        return reader.refuse(&entry.value.span, problem, &hint);
    }
    service::service(name, entry, reader)
}

fn compose(section: Named<'_>, reader: &mut Reader<'_>) -> Option<Compose> {
    let mut compose = Compose {
        span: section.node.span.clone(),
        file: None,
        project: None,
        profiles: Vec::new(),
        start: None,
        down_volumes: None,
    };
    if matches!(section.node.value, Value::Scalar(_)) {
        compose.file = reader.path(section);
        return Some(compose);
    }
    let mut fields = reader.fields(section)?;
    compose.file = fields.take(reader, &["file"]).and_then(|node| reader.path(node));
    let project = fields.take(reader, &["project"]).and_then(|node| reader.filled(node));
    compose.project = project.map(|project| project.value);
    if let Some(profiles) = fields.take(reader, &["profiles"]) {
        compose.profiles = reader.texts(profiles);
    }
    let start = fields.take(reader, &["start"]).and_then(|node| reader.switch(node));
    compose.start = start.map(|start| start.value);
    if let Some(mut down) = fields.take(reader, &["down"]).and_then(|node| reader.fields(node)) {
        let volumes = down.take(reader, &["volumes"]).and_then(|node| reader.switch(node));
        compose.down_volumes = volumes.map(|volumes| volumes.value);
        down.finish(reader, &COMPOSE_DOWN, "`compose.down`", &[]);
    }
    fields.finish(reader, &COMPOSE, "`compose`", &[]);
    Some(compose)
}

fn shutdown(section: Named<'_>, reader: &mut Reader<'_>) -> Shutdown {
    let mut shutdown = Shutdown::default();
    let Some(mut fields) = reader.fields(section) else {
        return shutdown;
    };
    shutdown.grace = fields.take(reader, &["grace"]).and_then(|node| reader.duration(node));
    if let Some(patterns) = fields.take(reader, &["patterns"]) {
        let items = patterns.items();
        shutdown.patterns = items.into_iter().filter_map(|item| pattern(item, reader)).collect();
    }
    if let Some(protect) = fields.take(reader, &["protect"]) {
        shutdown.protect = reader.texts(protect);
    }
    if let Some(keep) = fields.take(reader, &["keep"]) {
        shutdown.keep = reader.texts(keep);
    }
    fields.finish(reader, &SHUTDOWN, "`shutdown`", &[]);
    shutdown
}

/// A regular expression. References are not followed in it, since `$` means
/// the end there.
pub fn pattern(
    entry: Named<'_>,
    reader: &mut Reader<'_>,
) -> Option<super::super::diagnostic::Spanned<String>> {
    let text = reader.raw(entry)?;
    match compiles(&text.value) {
        Ok(()) => Some(text),
        Err(bad) => {
            let problem = format!("`{}`: `{}` {}", entry.name, text.value, bad.message);
            reader.report(Diagnostic::error(problem).at(&text.span).hint(bad.hint));
            None
        }
    }
}

fn compiles(text: &str) -> Result<(), Bad> {
    let hint = "put a backslash before a character that is meant as such";
    if text.is_empty() {
        let hint = "an empty one would match everything".to_owned();
        return Err(Bad { message: "is no regular expression".to_owned(), hint });
    }
    regex::Regex::new(text).map(|_| ()).map_err(|error| {
        let words = error.to_string();
        let last = words.lines().last().unwrap_or_default();
        let reason = last.trim_start_matches("error: ");
        Bad { message: format!("is no regular expression: {reason}"), hint: hint.to_owned() }
    })
}
