//! The table against the readers: what it says is what they do.

use super::super::source::Source;
use super::super::yaml::{self, Node, Value};
use super::super::{Request, load};
use super::*;
use serde_json::json;
use std::fs;
use std::path::Path;

/// A file with one key of a section in it; `{}` stands for the key's line.
fn around(section: &str) -> Option<&'static str> {
    Some(match section {
        "service" => "services: {web: {command: x, {}}}",
        "dependency" => "services: {web: {command: x, depends_on: {db: {{}}}}, db: {command: x}}",
        "healthcheck" => "services: {web: {command: x, healthcheck: {tcp: 1, {}}}}",
        "restart" => "services: {web: {command: x, restart: {policy: always, {}}}}",
        "log" => "services: {web: {command: x, log: {{}}}}",
        "port" => "services: {web: {command: x, port: {expect: 8080, {}}}}",
        "env_file" => "services: {web: {command: x, env_file: {path: devsup.yaml.env, {}}}}",
        "probe" => "services: {web: {command: x, readiness_probe: {exec: {command: x}, {}}}}",
        "http_get" => "services: {web: {command: x, readiness_probe: {http_get: {{}}}}}",
        "availability" => "services: {web: {command: x, availability: {{}}}}",
        "service_shutdown" => "services: {web: {command: x, shutdown: {{}}}}",
        "compose" => "compose: {file: docker-compose.yml, {}}",
        "compose_down" => "compose: {file: docker-compose.yml, down: {{}}}",
        "shutdown" => "services: {web: {command: x}}\nshutdown: {{}}",
        _ => return None,
    })
}

/// What a file resolves to.
fn resolved(text: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        fs::write(directory.path().join(name), text).expect("a file");
    };
    file("devsup.yaml", text);
    file("devsup.yaml.env", "");
    file("docker-compose.yml", "services: {}\n");
    let start_dir = directory.path().to_owned();
    let loaded = load(&Request { start_dir, ..Request::default() });
    let project = loaded.unwrap_or_else(|failure| panic!("{text}\n{failure:?}")).project;
    let root = directory.path().canonicalize().expect("a directory").display().to_string();
    let name = directory.path().file_name().expect("a name").to_string_lossy().into_owned();
    format!("{project:#?}").replace(&root, "DIR").replace(&name, "NAME")
}

/// Writing the default a key is said to have changes nothing.
#[test]
fn defaults_are_what_the_table_says() {
    let mut tried = 0;
    for section in Section::all() {
        for key in section.keys {
            let Default::Value(value) = key.default else { continue };
            let Some(around) = around(section.id) else {
                panic!("nothing is known around `{}`", section.id)
            };
            let with = around.replace("{}", &format!("{}: {value}", key.name));
            let without = around.replace(", {}", "").replace("{}", "");
            assert_eq!(resolved(&with), resolved(&without), "{}.{}", section.id, key.name);
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn sections_have_names_of_their_own() {
    let mut ids: Vec<&str> = Section::all().iter().map(|section| section.id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for section in Section::all() {
        let mut names: Vec<&str> = section.names().collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", section.id);
    }
}

/// A file as an editor sees it, by the rules of YAML 1.2 for bare words.
fn instance(text: &str) -> serde_json::Value {
    fn of(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null | Value::Refused => json!(null),
            Value::List(items) => items.iter().map(of).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), of(&entry.value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Scalar(text) => match text.as_str() {
                "true" => json!(true),
                "false" => json!(false),
                text => text
                    .parse::<i64>()
                    .map(|number| json!(number))
                    .or_else(|_| text.parse::<f64>().map(|number| json!(number)))
                    .unwrap_or_else(|_| json!(text)),
            },
        }
    }
    let source = Source::new(Path::new("/devsup.yaml"), "devsup.yaml".to_owned(), text);
    let root = yaml::parse(&source, &mut Vec::new());
    root.map_or(json!(null), |root| of(&root))
}

/// Whether the schema lets a file pass, and why not.
fn judge(text: &str) -> Result<(), String> {
    let schema = serde_json::from_str(&schema().json()).expect("JSON");
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("devsup.schema.json", schema).expect("a resource");
    let index = compiler.compile("devsup.schema.json", &mut schemas).expect("a schema");
    schemas.validate(&instance(text), index).map_err(|error| error.to_string())
}

#[test]
fn the_schema_lets_good_files_pass() {
    for text in [
        include_str!("../../../tests/it/config/every_key.yaml"),
        include_str!("../../../examples/shop/devsup.yaml"),
        "services:\n  web:\n    command: x\n    environment:\n    depends_on:\n",
        "services: {web: {command: x, port: \"${PORT}\", replicas: $COUNT, tty: \"${TTY:-no}\"}}",
        "services: {web: {command: x, restart: no, stop_signal: 15, stop_grace_period: 5}}",
        "services: {web: {command: x, port: {base: 5000}, environment: [A=1, B]}}",
        "version: \"3\"\nprocesses: {web: {command: x, readiness_probe: {http_get: {port: 80}}}}",
        "x-base: &base {tty: true}\nservices: {web: {<<: *base, command: x, x-note: 1}}",
        "services: {web: {tags: [a]}}",
    ] {
        assert_eq!(judge(text), Ok(()), "{text}");
    }
}

#[test]
fn the_schema_underlines_bad_files() {
    for text in [
        "services: {web: {comand: x}}",
        "service: {web: {command: x}}",
        "services: {web: {command: x, port: many}}",
        "services: {web: {command: x, port: 70000}}",
        "services: {web: {command: x, replicas: -1}}",
        "services: {web: {command: x, depends_on: {db: {condition: healthy}}}}",
        "services: {web: {command: x, restart: sometimes}}",
        "services: {web: {command: x, stop_grace_period: soon}}",
        "services: {web: {command: x, healthcheck: {http: \"https://x\"}}}",
        "services: [web]",
        "shutdown: {grace: [1]}",
    ] {
        assert!(judge(text).is_err(), "{text}");
    }
}
