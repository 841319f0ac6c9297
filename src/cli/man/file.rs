//! devsup.yaml(5): every key of the file, from the table of keys.

use super::page::{Writer, described, example, inline, paragraph};
use crate::config::{Key, KeyDefault, Section, Tool};
use clap_mangen::roff::{Roff, bold, italic, roman};

const ABOUT: [&str; 3] = [
    "The file declares the services of a project. `devsup up` starts them, `devsup down` stops them, `devsup check` looks for mistakes. Most words are compose's; process-compose's are understood too.",
    "`devsup.local.yaml` beside it is laid over it, and each further `-f` over those before: a value replaces the value, lists and variables are added to, sections are merged key by key. Relative paths are relative to the file that says them.",
    "Unknown keys are mistakes; keys that start with `x-` are everybody's. Anchors and `<<` are followed.",
];

const VALUES: [(&str, &str); 5] = [
    ("duration", "`1m30s`, `500ms`, or a bare number of seconds."),
    ("size", "`10MB`, `512k`, or a bare number of bytes; a unit is 1024 of the next smaller one."),
    ("signal", "A name with or without `SIG`, or Linux's number: `SIGTERM`, `INT`, `15`."),
    (
        "regular expression",
        "As in Rust's regex crate. References to variables are not followed in it.",
    ),
    (
        "reference",
        "`$V`, `${V}`, `${V:-default}`, `${V-default}`, `${V:?message}`, `${V:+instead}`; `$$` is a dollar sign. Followed in every text but `command`, `test` and `stop_command` where these go through the shell, which follows its own.",
    ),
];

const WINNERS: [&str; 5] = [
    "The project's env files, in their order: those of `-e`, else those of `env_file`, else `.env`.",
    "The environment devsup is started in. (With `--env-override` it is the lowest.)",
    "The project's `environment`.",
    "The service's `env_file`.",
    "The service's `environment`.",
];

const GIVEN: [(&str, &str); 6] = [
    (
        "DEVSUP_PROJECT, DEVSUP_SERVICE, DEVSUP_INSTANCE",
        "The names of the project, of the service, and of this copy of it.",
    ),
    ("DEVSUP_RUN_ID", "The id of the run."),
    ("PORT", "What `port` says; one more for each further copy."),
    ("PS", "The service and the number of this copy: `web.1`."),
    ("SOCKET_PATH", "The socket of a `unix` health check."),
    ("NAME_PORT", "The port of the service `name`, for every service that declares one."),
];

const EXAMPLE: &str = r#"name: shop
services:
  db:
    command: ./bin/db --socket db.sock
    healthcheck: {unix: db.sock, interval: 1s}
  migrate:
    command: ./bin/migrate
    depends_on: {db: {condition: service_healthy}}
  api:
    command: [python3, api.py]
    working_dir: api
    environment: {LOG_LEVEL: "${LOG_LEVEL:-debug}"}
    port: 8080
    depends_on: {migrate: {condition: service_completed_successfully}}
    restart: on-failure:3
    stop_grace_period: 5s"#;

/// The page.
pub fn page() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman("devsup.yaml - the services of a project")]);
    roff.control("SH", ["DESCRIPTION"]);
    for words in ABOUT {
        paragraph(&mut roff, words);
    }
    for section in Section::all() {
        keys(section, &mut roff);
    }
    roff.control("SH", ["VALUES"]);
    for (name, about) in VALUES {
        described(&mut roff, name, about);
    }
    variables(&mut roff);
    roff.control("SH", ["EXAMPLE"]);
    example(&mut roff, EXAMPLE);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("devsup"), roman("(1)")]);
    let mut writer = Writer::titled("devsup.yaml", 5);
    writer.roff(&roff);
    writer.text
}

/// A section with its keys.
fn keys(section: &Section, roff: &mut Roff) {
    let title = format!("KEYS OF {}", section.id.to_uppercase());
    roff.control("SH", [title.as_str()]);
    let mut about = section.about.chars();
    let first: String = about.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    paragraph(roff, &format!("{first}{}.", about.as_str()));
    for key in section.keys {
        roff.control("TP", []);
        let mut head = vec![bold(key.name)];
        for alias in key.aliases {
            head.extend([roman(", "), bold(*alias)]);
        }
        roff.text(head);
        roff.text(inline(&format!("{}.", key.about)));
        roff.control("br", []);
        roff.text([vec![italic("Holds: ")], inline(&holds(key))].concat());
    }
}

/// What it may hold, and what holds without it.
fn holds(key: &Key) -> String {
    let default = match key.default {
        KeyDefault::Required => "; required".to_owned(),
        KeyDefault::None => String::new(),
        KeyDefault::Value(value) => format!("; default `{value}`"),
        KeyDefault::Words(words) => format!("; default: {words}"),
    };
    let tool = if key.word_of == Tool::ProcessCompose { " (process-compose)" } else { "" };
    format!("{}{default}{tool}.", key.shape.words())
}

fn variables(roff: &mut Roff) {
    roff.control("SH", ["VARIABLES OF A SERVICE"]);
    paragraph(roff, "Who wins where a variable is set more than once, from low to high:");
    for words in WINNERS {
        roff.control("IP", ["-", "2"]);
        roff.text(inline(words));
    }
    paragraph(
        roff,
        "`devsup env NAME --explain` shows who won, and over whom. devsup itself sets:",
    );
    for (name, about) in GIVEN {
        described(roff, name, about);
    }
}
