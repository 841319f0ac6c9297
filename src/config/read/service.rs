//! A service, key by key.

use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::fields::{Fields, Foreign, Named, Reader};
use super::super::keys::{LOG, SERVICE, SERVICE_SHUTDOWN};
use super::super::scalar::{self, Bad};
use super::super::written::{Command, Service};
use super::super::yaml::{Entry, Value};
use super::{depends, env, healthcheck, policy};
use crate::model::nearest;
use crate::model::{ServiceName, Signal};

const CONTAINER: &str = "a service runs on the host; for a container, leave it in its compose file and name that in `compose: {file: docker-compose.yml}`";

const FOREIGN: Foreign = &[
    ("image", CONTAINER),
    ("build", CONTAINER),
    ("volumes", CONTAINER),
    ("networks", CONTAINER),
    ("network_mode", CONTAINER),
    ("container_name", CONTAINER),
    ("expose", CONTAINER),
    ("links", CONTAINER),
    ("cap_add", CONTAINER),
    ("privileged", CONTAINER),
    ("platform", CONTAINER),
    ("pull_policy", CONTAINER),
    ("extra_hosts", CONTAINER),
    ("ports", "a service on the host has nothing to map; write `port: 8080`"),
    ("entrypoint", "put the whole command in `command`"),
    ("run", "write `command`"),
    ("exec", "write `command`"),
    ("cmd", "write `command`"),
    ("script", "write `command`"),
    ("args", "put the whole command in `command`"),
    ("deploy", "write `replicas: 2` in the service"),
    ("extends", "use a YAML anchor (`&base`) and `<<: *base`"),
    ("init", "stray children are found and ended anyway; delete it"),
    ("user", "services run as you; write `sudo -u NAME` in the command"),
    ("labels", "use `tags: [word]`"),
    ("logging", "use `log: {file, max_size, max_files}`"),
    ("log_configuration", "use `log: {file, max_size, max_files}`"),
    ("watch", "let the service watch its files itself"),
    ("develop", "let the service watch its files itself"),
    ("description", "write it as a comment"),
    ("before", "turn it round: write `depends_on` in the other service"),
];

/// Reads a service; `None` if it is no map at all.
pub fn service(name: ServiceName, entry: &Entry, reader: &mut Reader<'_>) -> Option<Service> {
    let mut service = Service::new(Spanned::new(name, &entry.span));
    let mut fields = reader.fields(Named::of(entry))?;
    what(&mut service, &mut fields, reader);
    when(&mut service, &mut fields, reader);
    health(&mut service, &mut fields, reader);
    stop(&mut service, &mut fields, reader);
    output(&mut service, &mut fields, reader);
    let unknown = fields.finish(reader, &SERVICE, &format!("service `{}`", entry.key), FOREIGN);
    // Who wrote `comand` or `image` was told so; that there is no command need
    // not be said as well.
    service.has_command |= unknown.iter().any(|key| stands_for_command(key));
    Some(service)
}

fn stands_for_command(key: &str) -> bool {
    nearest(key, ["command"]).is_some()
        || matches!(key, "image" | "build" | "entrypoint" | "run" | "exec" | "cmd" | "script")
}

/// What is run, where, and with which variables.
fn what(service: &mut Service, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    if let Some(node) = fields.take(reader, &["command"]) {
        service.has_command = true;
        service.command = command(node, reader);
    }
    service.working_dir =
        fields.take(reader, &["working_dir", "cwd", "dir"]).and_then(|node| reader.path(node));
    if let Some(node) = fields.take(reader, &["environment", "env"]) {
        service.environment = env::settings(node, reader);
    }
    if let Some(node) = fields.take(reader, &["env_file"]) {
        service.env_files = env::env_files(node, reader);
    }
    service.port = fields.take(reader, &["port"]).and_then(|node| policy::port(node, reader));
    service.forking =
        fields.take(reader, &["forking", "is_daemon"]).and_then(|node| reader.switch(node));
    if let Some(codes) = fields.take(reader, &["success_exit_codes"]) {
        let codes = codes.items().into_iter().map(|code| reader.number(code, 0, 255));
        let codes: Option<Vec<_>> = codes.collect();
        let known = |code: Spanned<u32>| i32::try_from(code.value).ok();
        service.success_exit_codes =
            codes.map(|codes| codes.into_iter().filter_map(known).collect());
    }
}

/// A string for the shell, or a list without one.
fn command(node: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Command>> {
    let Value::List(items) = &node.node.value else {
        let text = reader.raw(node)?;
        if text.value.trim().is_empty() {
            return reader.refuse(&text.span, "`command` is empty", "");
        }
        warn_of_doubled_dollar(&text, reader);
        return Some(text.map(Command::Shell));
    };
    let words: Option<Vec<_>> =
        items.iter().map(|item| reader.raw(Named { name: "command", node: item })).collect();
    let words = words?;
    if words.first().is_none_or(|program| program.value.trim().is_empty()) {
        return reader.refuse(&node.node.span, "`command` is empty", "write `[program, argument]`");
    }
    Some(Spanned::new(Command::Exec(words), &node.node.span))
}

/// Compose wants `$$NAME` in commands, the shell reads that as its own pid.
fn warn_of_doubled_dollar(text: &Spanned<String>, reader: &mut Reader<'_>) {
    let named = |after: &str| {
        after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{'))
    };
    let doubled = text.value.match_indices("$$").any(|(at, _)| named(&text.value[at + 2..]));
    if doubled {
        let warning = Diagnostic::warning("`$$` is the shell's own pid here")
            .at(&text.span.part("$$"))
            .hint("write `$NAME`: the shell follows the references of a string command");
        reader.report(warning);
    }
}

/// When it is started, and how often.
fn when(service: &mut Service, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    if let Some(node) = fields.take(reader, &["depends_on"]) {
        service.depends_on = depends::depends_on(node, reader);
    }
    if let Some(node) = fields.take(reader, &["profiles"]) {
        service.profiles = reader.texts(node);
    }
    if let Some(node) = fields.take(reader, &["tags", "namespace"]) {
        service.tags = reader.texts(node);
    }
    service.autostart = fields.take(reader, &["autostart"]).and_then(|node| reader.switch(node));
    let disabled = fields.take(reader, &["disabled"]).and_then(|node| reader.switch(node));
    if let Some(disabled) = disabled {
        service.autostart = Some(disabled.map(|disabled| !disabled));
    }
    let replicas = fields.take(reader, &["replicas", "scale"]);
    let replicas = replicas.and_then(|node| reader.number(node, 0, 1000));
    service.replicas =
        replicas.map(|count| count.map(|count| u16::try_from(count).unwrap_or(u16::MAX)));
}

/// How its health is found out and what follows.
fn health(service: &mut Service, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    const NAMES: [&str; 4] = ["healthcheck", "readiness_probe", "liveness_probe", "ready_log_line"];
    if let Some(node) = fields.take(reader, &NAMES) {
        service.healthcheck = match node.name {
            "healthcheck" => healthcheck::healthcheck(node, reader),
            "ready_log_line" => healthcheck::log_line(node, reader),
            _ => healthcheck::probe_section(node, reader),
        };
    }
    if let Some(node) = fields.take(reader, &["restart", "availability"]) {
        service.restart = match node.name {
            "restart" => policy::restart(node, reader),
            _ => policy::availability(node, reader),
        };
    }
    service.startup_timeout =
        fields.take(reader, &["startup_timeout"]).and_then(|node| reader.duration(node));
}

/// How it is asked to stop; `shutdown` is process-compose's way to say it.
fn stop(service: &mut Service, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    service.stop_signal =
        fields.take(reader, &["stop_signal"]).and_then(|node| reader.scalar(node, signal));
    service.stop_grace_period =
        fields.take(reader, &["stop_grace_period"]).and_then(|node| reader.duration(node));
    service.stop_command =
        fields.take(reader, &["stop_command"]).and_then(|node| shell(node, reader));
    let shutdown = fields.take(reader, &["shutdown"]).and_then(|node| reader.fields(node));
    let Some(mut shutdown) = shutdown else { return };
    if let Some(node) = shutdown.take(reader, &["signal"]) {
        service.stop_signal = reader.scalar(node, signal);
    }
    if let Some(node) = shutdown.take(reader, &["timeout_seconds"]) {
        service.stop_grace_period = reader.duration(node);
    }
    if let Some(node) = shutdown.take(reader, &["command"]) {
        service.stop_command = shell(node, reader);
    }
    shutdown.finish(reader, &SERVICE_SHUTDOWN, "`shutdown` of a service", SHUTDOWN);
}

const SHUTDOWN: Foreign = &[
    ("parent_only", "the whole tree is always stopped; delete it"),
    ("grace", "write `stop_grace_period` in the service"),
];

/// A command for the shell, its references left to it.
fn shell(node: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<String>> {
    let text = reader.raw(node)?;
    if text.value.trim().is_empty() {
        return reader.refuse(&text.span, format!("`{}` is empty", node.name), "");
    }
    Some(text)
}

fn signal(text: &str) -> Result<Signal, Bad> {
    Signal::parse(text).map_err(|_| Bad {
        message: "is no signal".to_owned(),
        hint: "write a name such as `SIGTERM`, `INT` or `SIGUSR1`".to_owned(),
    })
}

/// Terminal, input and log.
fn output(service: &mut Service, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    service.tty =
        fields.take(reader, &["tty", "is_tty"]).and_then(|node| policy::tty(node, reader));
    service.stdin_open =
        fields.take(reader, &["stdin_open", "is_interactive"]).and_then(|node| reader.switch(node));
    service.log_file = fields.take(reader, &["log_location"]).and_then(|node| reader.path(node));
    let log = fields.take(reader, &["log"]).and_then(|node| reader.fields(node));
    let Some(mut log) = log else { return };
    if let Some(node) = log.take(reader, &["file"]) {
        service.log_file = reader.path(node);
    }
    service.log_max_size =
        log.take(reader, &["max_size"]).and_then(|node| reader.scalar(node, scalar::size));
    service.log_max_files =
        log.take(reader, &["max_files"]).and_then(|node| reader.number(node, 1, 10_000));
    log.finish(reader, &LOG, "`log`", &[]);
}
