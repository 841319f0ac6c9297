//! `healthcheck`, and process-compose's probes as another way to say it.

use super::super::diagnostic::{Diagnostic, Span, Spanned};
use super::super::fields::{Fields, Named, Reader};
use super::super::keys::{EXEC, HEALTHCHECK, HTTP, HTTP_GET, PROBE};
use super::super::scalar::{self, Bad};
use super::super::written::Healthcheck;
use super::super::yaml::Value;
use super::project::pattern;
use crate::model::{Command, HttpCheck, Probe};

fn nothing(span: &Span) -> Healthcheck {
    Healthcheck {
        span: span.clone(),
        disable: false,
        has_probe: false,
        probe: None,
        interval: None,
        timeout: None,
        retries: None,
        start_period: None,
        start_interval: None,
    }
}

/// `healthcheck: {unix | tcp | http | test | log, interval, timeout, retries,
/// start_period, start_interval, disable}`.
pub fn healthcheck(section: Named<'_>, reader: &mut Reader<'_>) -> Option<Healthcheck> {
    let mut fields = reader.fields(section)?;
    let mut check = nothing(&section.node.span);
    let disable = fields.take(reader, &["disable"]).and_then(|node| reader.switch(node));
    check.disable = disable.is_some_and(|disable| disable.value);
    probe(&mut check, &mut fields, reader);
    let mut time = |names: &[&'static str], reader: &mut Reader<'_>| {
        let duration = fields.take(reader, names).and_then(|node| reader.duration(node));
        duration.map(|duration| duration.value)
    };
    check.interval = time(&["interval"], reader);
    check.timeout = time(&["timeout"], reader);
    check.start_period = time(&["start_period"], reader);
    check.start_interval = time(&["start_interval"], reader);
    check.retries = retries(fields.take(reader, &["retries"]), reader);
    fields.finish(reader, &HEALTHCHECK, "`healthcheck`", &[]);
    Some(check)
}

fn retries(node: Option<Named<'_>>, reader: &mut Reader<'_>) -> Option<u32> {
    node.and_then(|node| reader.number(node, 1, 1_000_000)).map(|retries| retries.value)
}

/// The one probe of a section. None at all is for `resolve` to judge, since a
/// file below may have it.
fn probe(check: &mut Healthcheck, fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    let mut kinds: Vec<(&'static str, Named<'_>)> = Vec::new();
    for kind in ["unix", "tcp", "http", "test", "log"] {
        kinds.extend(fields.take(reader, &[kind]).map(|node| (kind, node)));
    }
    if let [(first, one), (second, two), ..] = kinds.as_slice() {
        let problem =
            format!("`{first}` and `{second}` are both set; a health check has one probe");
        let diagnostic =
            Diagnostic::error(problem).at(&two.node.span).also(&one.node.span, "the other");
        reader.report(diagnostic.hint("delete one of them"));
    }
    let Some(&(kind, node)) = kinds.first() else {
        return;
    };
    let span = node.node.span.clone();
    check.has_probe = true;
    let probe = match kind {
        "unix" => reader.path(node).map(|path| Probe::Unix(path.value)),
        "tcp" => reader.scalar(node, tcp).map(|probe| probe.value),
        "http" => http(node, reader).map(Probe::Http),
        "log" => pattern(node, reader).map(|pattern| Probe::Log(pattern.value)),
        _ => test(check, node, reader),
    };
    check.probe = probe.map(|probe| Spanned { value: probe, span });
}

/// `host:port`, `:port` or a port. A port alone is this machine's in both
/// families, since a server may listen on `[::1]` only.
fn tcp(text: &str) -> Result<Probe, Bad> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port = scalar::port(port)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = if host.is_empty() { "localhost" } else { host };
    if host.contains(['/', ' ']) {
        let hint = "write `host:port`, or use `http:` for a URL".to_owned();
        return Err(Bad { message: "is no address".to_owned(), hint });
    }
    Ok(Probe::Tcp { host: host.to_owned(), port })
}

/// A URL, or `{url, status, headers, body}`.
fn http(node: Named<'_>, reader: &mut Reader<'_>) -> Option<HttpCheck> {
    let mut check =
        HttpCheck { url: String::new(), status: Vec::new(), headers: Vec::new(), body: None };
    if !matches!(node.node.value, Value::Map(_)) {
        check.url = reader.scalar(node, url)?.value;
        return Some(check);
    }
    let mut fields = reader.fields(node)?;
    let address = fields.take(reader, &["url"]);
    if let Some(status) = fields.take(reader, &["status"]) {
        for code in status.items() {
            check.status.extend(status_code(code, reader));
        }
    }
    if let Some(headers) = fields.take(reader, &["headers"]) {
        check.headers = pairs(headers, reader);
    }
    check.body = fields
        .take(reader, &["body"])
        .and_then(|body| pattern(body, reader))
        .map(|body| body.value);
    fields.finish(reader, &HTTP, "`http`", &[]);
    let Some(address) = address else {
        return reader.refuse(&node.node.span, "`http` has no `url`", "");
    };
    check.url = reader.scalar(address, url)?.value;
    Some(check)
}

fn status_code(code: Named<'_>, reader: &mut Reader<'_>) -> Option<u16> {
    let code = reader.number(code, 100, 599)?.value;
    u16::try_from(code).ok()
}

fn pairs(headers: Named<'_>, reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let Value::Map(entries) = &headers.node.value else {
        let problem = format!("`headers` must be a map, and this is {}", headers.node.value.kind());
        return reader.refuse(&headers.node.span, problem, "").unwrap_or_default();
    };
    let mut pairs = Vec::new();
    for entry in entries {
        let value = reader.text(Named::of(entry));
        pairs.extend(value.map(|value| (entry.key.clone(), value.value)));
    }
    pairs
}

fn url(text: &str) -> Result<String, Bad> {
    let hint =
        |hint: &str| Err(Bad { message: "is no URL to ask".to_owned(), hint: hint.to_owned() });
    if text.starts_with("https://") {
        return hint("only `http://` is asked; use `test:` with a command for `https://`");
    }
    let host = text.strip_prefix("http://").unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || text.contains(char::is_whitespace) {
        return hint("write `http://127.0.0.1:8080/health`");
    }
    Ok(text.to_owned())
}

/// Compose's `test`: a string for the shell, `[CMD, …]`, `[CMD-SHELL, …]`,
/// `[NONE]`, or just program and arguments.
fn test(check: &mut Healthcheck, node: Named<'_>, reader: &mut Reader<'_>) -> Option<Probe> {
    if !matches!(node.node.value, Value::List(_)) {
        let text = reader.raw(node)?;
        return Some(Probe::Test(Command::Shell(text.value)));
    }
    let mut words = Vec::new();
    for item in node.items() {
        words.push(reader.text(item)?.value);
    }
    match words.first().map(String::as_str) {
        Some("NONE") => {
            check.disable = true;
            None
        }
        Some("CMD-SHELL") if words.len() == 2 => {
            words.pop().map(|text| Probe::Test(Command::Shell(text)))
        }
        Some("CMD") if words.len() > 1 => Some(Probe::Test(Command::Exec(words.split_off(1)))),
        Some("CMD-SHELL" | "CMD") | None => {
            let hint = "write a command, as `test: curl -f http://127.0.0.1:8080/health`";
            reader.refuse(&node.node.span, "`test` has no command", hint)
        }
        Some(_) => Some(Probe::Test(Command::Exec(words))),
    }
}

/// process-compose's `readiness_probe` and `liveness_probe`.
pub fn probe_section(section: Named<'_>, reader: &mut Reader<'_>) -> Option<Healthcheck> {
    let mut fields = reader.fields(section)?;
    let mut check = nothing(&section.node.span);
    let exec = fields.take(reader, &["exec"]);
    let http = fields.take(reader, &["http_get"]);
    check.has_probe = exec.is_some() || http.is_some();
    let probe = match (exec, http) {
        (Some(exec), _) => exec_probe(exec, reader),
        (None, Some(http)) => http_probe(http, reader),
        (None, None) => None,
    };
    check.probe = probe.map(|probe| Spanned::new(probe, &section.node.span));
    let mut time = |name: &'static str, reader: &mut Reader<'_>| {
        let duration = fields.take(reader, &[name]).and_then(|node| reader.duration(node));
        duration.map(|duration| duration.value)
    };
    check.start_period = time("initial_delay_seconds", reader);
    check.interval = time("period_seconds", reader);
    check.timeout = time("timeout_seconds", reader);
    check.retries = retries(fields.take(reader, &["failure_threshold"]), reader);
    if let Some(threshold) = fields.take(reader, &["success_threshold"]) {
        reader.number(threshold, 1, 1);
    }
    fields.finish(
        reader,
        &PROBE,
        &format!("`{}`", section.name),
        &[("unix", PROBES), ("tcp", PROBES), ("http", PROBES)],
    );
    Some(check)
}

const PROBES: &str = "use `healthcheck`, which has it";

fn exec_probe(exec: Named<'_>, reader: &mut Reader<'_>) -> Option<Probe> {
    let mut fields = reader.fields(exec)?;
    let command = fields.take(reader, &["command"]);
    fields.finish(
        reader,
        &EXEC,
        "`exec`",
        &[("working_dir", "write `cd DIR && …` in the command")],
    );
    let Some(command) = command else {
        return reader.refuse(&exec.node.span, "`exec` has no `command`", "");
    };
    let text = reader.raw(command)?;
    Some(Probe::Test(Command::Shell(text.value)))
}

fn http_probe(http: Named<'_>, reader: &mut Reader<'_>) -> Option<Probe> {
    let mut fields = reader.fields(http)?;
    let mut word = |name: &'static str, default: &str, reader: &mut Reader<'_>| {
        let text = fields.take(reader, &[name]).and_then(|node| reader.filled(node));
        text.map_or_else(|| default.to_owned(), |text| text.value)
    };
    let (scheme, host) = (word("scheme", "http", reader), word("host", "127.0.0.1", reader));
    let (port, target) = (word("port", "80", reader), word("path", "/", reader));
    let target = target.trim_start_matches('/');
    let address = format!("{}://{host}:{port}/{target}", scheme.to_lowercase());
    let mut check = HttpCheck { url: address, status: Vec::new(), headers: Vec::new(), body: None };
    if let Some(headers) = fields.take(reader, &["headers"]) {
        check.headers = pairs(headers, reader);
    }
    check
        .status
        .extend(fields.take(reader, &["status_code"]).and_then(|code| status_code(code, reader)));
    fields.finish(reader, &HTTP_GET, "`http_get`", &[]);
    if let Err(bad) = url(&check.url) {
        return reader.refuse(
            &http.node.span,
            format!("`{}` {}", check.url, bad.message),
            &bad.hint,
        );
    }
    Some(Probe::Http(check))
}

/// process-compose's `ready_log_line`, a piece of text.
pub fn log_line(entry: Named<'_>, reader: &mut Reader<'_>) -> Option<Healthcheck> {
    let text = reader.filled(entry)?;
    let mut check = nothing(&text.span);
    check.has_probe = true;
    check.probe = Some(text.map(|text| Probe::Log(regex::escape(&text))));
    Some(check)
}
