//! Every kind of mistake, and exactly what is said about it.

use super::given;
use std::fmt::Write as _;

/// Renders each case of a table under its name and compares all of it.
fn table(name: &str, cases: &[(&str, &str, &str)]) {
    let mut text = String::new();
    for (name, file, content) in cases {
        let said = given().file(file, content).said();
        let said = if said.is_empty() { "(nothing)\n".to_owned() } else { said };
        let _ = write!(text, "######## {name}\n{said}\n");
    }
    insta::assert_snapshot!(name, text);
}

const Y: &str = "devsup.yaml";
const P: &str = "Procfile";

#[test]
fn of_syntax() {
    table(
        "of_syntax",
        &[
            ("empty file", Y, ""),
            ("only a comment", Y, "# nothing yet\n"),
            ("only a marker", Y, "---\n"),
            ("no map", Y, "- a\n- b\n"),
            ("text", Y, "hello\n"),
            ("tab as indentation", Y, "services:\n\tweb:\n\t\tcommand: x\n"),
            ("unclosed quote", Y, "services:\n  web:\n    command: \"x\n"),
            ("unclosed bracket", Y, "services:\n  web: {command: [a, b}\n"),
            ("bad indentation", Y, "services:\n  web:\n    command: x\n   tty: auto\n"),
            ("two keys in a line", Y, "services: web: command\n"),
            ("two documents", Y, "name: a\n---\nname: b\n"),
            ("duplicate key", Y, "name: a\nservices: {web: {command: x}}\nname: b\n"),
            ("duplicate service", Y, "services:\n  web: {command: a}\n  \"web\": {command: b}\n"),
            ("unknown anchor", Y, "services:\n  web: *base\n"),
            ("anchor inside itself", Y, "services: &a\n  web: *a\n"),
            ("merge of text", Y, "services:\n  web:\n    <<: base\n    command: x\n"),
            ("unknown tag", Y, "services:\n  web:\n    command: !env X\n"),
            ("map as key", Y, "services:\n  {a: b}: {command: x}\n"),
            ("unknown escape", Y, "name: \"a\\qb\"\n"),
            ("nul in text", Y, "name: \"a\\0b\"\nservices: {web: {command: x}}\n"),
        ],
    );
}

#[test]
fn of_keys() {
    table(
        "of_keys",
        &[
            (
                "several at once",
                Y,
                "nam: shop\nservices:\n  web:\n    comand: x\n    port: many\n    replicas: -1\n",
            ),
            ("no command", Y, "services:\n  web:\n"),
            ("empty command", Y, "services:\n  web: {command: \"\"}\n  api: {command: []}\n"),
            ("text as service", Y, "services:\n  web: ./server\n"),
            ("list of services", Y, "services:\n  - web\n"),
            ("bad name", Y, "services:\n  a/b: {command: x}\n  -c: {command: x}\n"),
            ("names differ in case", Y, "services:\n  web: {command: x}\n  Web: {command: x}\n"),
            (
                "name of an instance",
                Y,
                "services:\n  web: {command: x, replicas: 2}\n  web.2: {command: x}\n",
            ),
            ("the same key twice", Y, "services:\n  web: {command: x, cwd: a, dir: b}\n"),
            (
                "keys of containers",
                Y,
                "services:\n  db:\n    image: postgres\n    ports: [\"5432:5432\"]\n    volumes: [data:/x]\nvolumes: {data: {}}\n",
            ),
            (
                "keys of other tools",
                Y,
                "services:\n  web: {command: x, entrypoint: y, extends: z, deploy: {replicas: 2}}\nlog_level: debug\n",
            ),
            (
                "extensions are welcome",
                Y,
                "x-base: &base {tty: true}\nservices:\n  web: {<<: *base, command: x, x-note: y}\n",
            ),
            (
                "unknown key in a base",
                Y,
                "x-base: &base {tyt: true}\nservices:\n  web: {<<: *base, command: x}\n  api: {<<: *base, command: x}\n",
            ),
        ],
    );
}

#[test]
fn of_values() {
    table(
        "of_values",
        &[
            (
                "ports",
                Y,
                "services:\n  a: {command: x, port: 22:22}\n  b: {command: x, port: 08080}\n  c: {command: x, port: 0}\n  d: {command: x, port: 70000}\n  e: {command: x, port: {bump: true}}\n  f: {command: x, port: 8080.0}\n",
            ),
            (
                "durations",
                Y,
                "services:\n  a: {command: x, stop_grace_period: 3 lightyears}\n  b: {command: x, stop_grace_period: -1s}\n  c: {command: x, startup_timeout: 99999h}\n",
            ),
            ("signal", Y, "services:\n  a: {command: x, stop_signal: SIGFOO}\n"),
            ("tty", Y, "services:\n  a: {command: x, tty: maybe}\n"),
            ("switch", Y, "services:\n  a: {command: x, autostart: sometimes, forking: [yes]}\n"),
            (
                "restart",
                Y,
                "services:\n  a: {command: x, restart: sometimes}\n  b: {command: x, restart: always:3}\n  c: {command: x, restart: on-failure:many}\n  d: {command: x, restart: {max: 3}}\n  e: {command: x, restart: {policy: always, backoff: 0.5}}\n",
            ),
            (
                "restart of process-compose",
                Y,
                "processes:\n  a: {command: x, availability: {restart: exit_on_failure, exit_on_end: true}}\n",
            ),
            (
                "health checks",
                Y,
                "services:\n  a: {command: x, healthcheck: {tcp: 1, unix: /x}}\n  b: {command: x, healthcheck: {http: \"https://x\"}}\n  c: {command: x, healthcheck: {http: x}}\n  d: {command: x, healthcheck: {log: \"(\"}}\n  e: {command: x, healthcheck: {test: []}}\n  f: {command: x, healthcheck: {tcp: \"http://x:1\"}}\n",
            ),
            (
                "a health check without a probe",
                Y,
                "services:\n  a: {command: x, healthcheck: {interval: 1s}}\n",
            ),
            (
                "patterns",
                Y,
                "services: {a: {command: x}}\nshutdown: {patterns: [\"a(\", \"\"], protect: [{a: b}]}\n",
            ),
            (
                "log",
                Y,
                "services:\n  a: {command: x, log: {max_size: big, max_files: 0, fil: y}}\n",
            ),
            (
                "environment",
                Y,
                "services:\n  a: {command: x, environment: {DEVSUP_X: 1, \"a b\": 1, LIST: [1]}}\n  b: {command: x, environment: [\"=x\", {A: b}, \"C=${D:?set it}\"]}\n  c: {command: x, environment: text}\n",
            ),
            (
                "references",
                Y,
                "name: ${NAME:?name the project}\nservices:\n  a: {command: [\"${X\", \"${}\"]}\n  b: {command: [\"$Y\", \"${Z!}\"]}\n",
            ),
            ("a doubled dollar", Y, "services:\n  a: {command: echo $$HOME}\n"),
            (
                "env files",
                Y,
                "env_file: [missing.env, {path: other.env, required: false}, {required: true}]\nservices:\n  a: {command: x, env_file: also-missing.env}\n",
            ),
            ("compose", Y, "services: {a: {command: x}}\ncompose: {file: nope.yml, dwn: {}}\n"),
            ("compose, not found", Y, "services: {a: {command: x}}\ncompose: {start: false}\n"),
            ("control characters", Y, "services:\n  a: {command: x, tty: \"\\e[31mred\\e[0m\"}\n"),
        ],
    );
}

#[test]
fn between_services() {
    table(
        "between_services",
        &[
            (
                "unknown service",
                Y,
                "services:\n  api: {command: x, depends_on: [bd]}\n  db: {command: x}\n",
            ),
            (
                "unknown service, nothing near",
                Y,
                "services:\n  api: {command: x, depends_on: [somewhere]}\n",
            ),
            (
                "unknown but not required",
                Y,
                "services:\n  api: {command: x, depends_on: {cache: {required: false}}}\n",
            ),
            (
                "twice",
                Y,
                "services:\n  api: {command: x, depends_on: [db, db]}\n  db: {command: x}\n",
            ),
            (
                "condition",
                Y,
                "services:\n  api:\n    command: x\n    depends_on:\n      db: {condition: service_helthy}\n      mq: service_started\n  db: {command: x}\n  mq: {command: x}\n",
            ),
            (
                "healthy without a check",
                Y,
                "services:\n  api: {command: x, depends_on: {db: {condition: service_healthy}}}\n  db: {command: x}\n",
            ),
            ("itself", Y, "services:\n  api: {command: x, depends_on: [api]}\n"),
            (
                "two cycles",
                Y,
                "services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [c]}\n  c: {command: x, depends_on: [a]}\n  d: {command: x, depends_on: [e]}\n  e: {command: x, depends_on: [d]}\n",
            ),
            (
                "profile not asked for",
                Y,
                "services:\n  api: {command: x, depends_on: [db]}\n  db: {command: x, profiles: [full]}\n",
            ),
            (
                "port twice",
                Y,
                "services:\n  api: {command: x, port: 8080}\n  web: {command: x, port: 8079, replicas: 2}\n",
            ),
            ("port too high", Y, "services:\n  api: {command: x, port: 65535, replicas: 2}\n"),
        ],
    );
}

#[test]
fn of_procfiles() {
    table(
        "of_procfiles",
        &[
            ("empty", P, ""),
            ("no colon", P, "web: ./server\nworker ./work\n"),
            ("no command", P, "web:\nworker: \n"),
            ("no name", P, ": ./server\n"),
            ("bad names", P, "a/b: x\nwéb: x\n-web: x\n.web: x\n"),
            ("duplicate", P, "web: a\nworker: b\nweb: c\n"),
            ("continued line", P, "web: ./server \\\n  --port 1\n"),
            ("nul", P, "web: a\0b\n"),
            ("control characters", P, "we\x1b[31mb: x\n\x1b]0;title\x07\n"),
        ],
    );
}

#[test]
fn of_env_files() {
    let said = given().procfile("web: x\n").file(
        ".env",
        "A=1\nB: 2\nC D\n=x\nexport E=3\nF=\"open\nG='x' y\nH=${I:?say it}\nJ=$K\nDEVSUP_L=1\nM\nN-O=1\nP=${\n",
    );
    insta::assert_snapshot!(said.said());
}

#[test]
fn of_encodings() {
    let mut text = String::new();
    for (name, file, content) in [
        ("not UTF-8, yaml", Y, b"name: caf\xe9\n".as_slice()),
        ("not UTF-8, procfile", P, b"web: x\nworker: \xff\xfe\n".as_slice()),
        ("UTF-16", Y, b"\xff\xfen\0a\0".as_slice()),
    ] {
        let said = given().file(file, content).said();
        let _ = write!(text, "######## {name}\n{said}\n");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn of_the_command_line() {
    let mut text = String::new();
    let services = "services:\n  web: {command: x}\n  api: {command: x, profiles: [full]}\n";
    for (name, given) in [
        ("nothing there", given()),
        ("no such directory", given().from("nowhere")),
        ("no such file", given().asks(|asks| asks.files = vec!["nope.yaml".into()])),
        (
            "a directory",
            given().directory("x.yaml").asks(|asks| asks.files = vec!["x.yaml".into()]),
        ),
        (
            "no such env file",
            given().yaml(services).asks(|asks| asks.env_files = vec!["x.env".into()]),
        ),
        (
            "unknown in the formation",
            given().yaml(services).asks(|asks| asks.formation = vec![("wbe".into(), 2)]),
        ),
        ("unknown profile", given().yaml(services).asks(|asks| asks.profiles = vec!["ful".into()])),
        ("two candidates", given().yaml(services).procfile("web: x\n")),
        (
            "base too high",
            given().procfile("a: x\nb: x\n").asks(|asks| asks.port_base = Some(65500)),
        ),
        ("base is no port", given().procfile("a: x\n").system("PORT", "many")),
    ] {
        let said = given.said();
        let _ = write!(text, "######## {name}\n{said}\n");
    }
    insta::assert_snapshot!(text);
}

/// Aliases of aliases are followed to a point.
#[test]
fn of_aliases_without_measure() {
    let nine = |level: usize| vec![format!("*a{level}"); 9].join(", ");
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 0..9 {
        let _ = writeln!(text, "a{}: &a{} [{}]", level + 1, level + 1, nine(level));
    }
    insta::assert_snapshot!(given().yaml(&text).said());
}

/// Both files are read to the end, whatever is wrong with the first.
#[test]
fn of_two_files_come_in_one_report() {
    let said = given()
        .yaml("services:\n  web: {comand: x}\n  api: {command: x}\n")
        .file("devsup.local.yaml", "services:\n  api: {prot: 1}\n  wbe: {port: 1}\n");
    insta::assert_snapshot!(said.said());
}
