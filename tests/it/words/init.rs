//! `devsup init`.

use super::{Desk, desk};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Drafts, writes, and looks at what was written with devsup's own eyes.
fn drafted(desk: &Desk) -> String {
    let shown = desk.devsup(&["init", "--dry-run"]).well();
    assert!(!desk.path().join("devsup.yaml").exists(), "a dry run writes nothing");
    let said = desk.devsup(&["init"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("wrote `DIR/devsup.yaml` from "), "{}", said.err);
    assert_eq!(desk.clean(&desk.read("devsup.yaml")), shown);
    let check = desk.devsup(&["check"]);
    assert_eq!(check.code, Some(0), "{shown}{}", check.err);
    assert!(!check.err.contains("error"), "{}", check.err);
    shown
}

/// A program that can be named in a file.
fn with_programs(desk: Desk, names: &[&str]) -> Desk {
    for name in names {
        desk.write(name, "#!/bin/sh\n");
        let path = desk.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    desk
}

#[test]
fn from_nothing() {
    insta::assert_snapshot!(drafted(&desk()));
}

#[test]
fn from_a_procfile() {
    let desk = desk()
        .file("Procfile", "web: bin/web -p $PORT # the site\n\nworker: bin/work --queue \"a: b\"\n")
        .file("package.json", "{\"scripts\": {\"dev\": \"vite\"}}");
    insta::assert_snapshot!(drafted(&with_programs(desk, &["bin/web", "bin/work"])));
}

#[test]
fn from_scripts_and_containers() {
    let scripts = r#"{"scripts": {
        "dev": "concurrently npm:dev:api npm:dev:web", "dev:api": "tsx watch src/main.ts",
        "dev:web": "vite", "dev:build": "vite build", "start": "node .", "queue:worker": "node w.js",
        "worker:test": "vitest"
    }}"#;
    let desk = desk()
        .file("package.json", scripts)
        .file("compose.yaml", "services: {db: {image: postgres}, redis: {image: redis}}\n");
    insta::assert_snapshot!(drafted(&desk));
}

#[test]
fn one_script_is_one_service() {
    for (lock, manager) in [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("x", "npm")] {
        let scripts = r#"{"scripts": {"start": "node .", "build": "tsc"}}"#;
        let desk = desk().file("package.json", scripts).file(lock, "");
        let out = desk.devsup(&["init", "--dry-run"]).well();
        assert!(out.contains(&format!("command: [{manager}, run, start]")), "{out}");
        assert!(out.contains("  web:\n    # node .\n"), "{out}");
    }
    let said =
        desk().file("package.json", r#"{"packageManager": "bun@1.1.0", "scripts": {"dev": "x"}}"#);
    let out = said.devsup(&["init", "--dry-run"]).well();
    assert!(out.contains("command: [bun, run, dev]"), "{out}");
}

#[test]
fn from_containers_alone() {
    let desk = desk().file("docker-compose.yml", "services: {db: {image: postgres}}\n");
    insta::assert_snapshot!(drafted(&desk));
}

const PROCESS_COMPOSE: &str = r#"version: "0.5"
is_strict: true
log_level: debug
environment: ["LOG=debug", "RATE=5"]
processes:
  db:
    command: ./db --port $${DB_PORT}
    description: The database,
      in memory
    is_daemon: false
    readiness_probe:
      exec: {command: ./ready}
      initial_delay_seconds: 2
      period_seconds: 1
      failure_threshold: 4
    liveness_probe: {http_get: {port: 80}}
    shutdown: {command: ./stop, signal: 15, timeout_seconds: 9}
    availability: {restart: on_failure, backoff_seconds: 2, max_restarts: 5}
  api:
    entrypoint: [./api, --verbose]
    working_dir: "."
    environment: [PORT=8080, TOKEN=abc]
    depends_on: {db: {condition: process_healthy}, job: {condition: process_completed_successfully}}
    readiness_probe: {http_get: {host: 127.0.0.1, port: 8080, path: /up, status_code: 204}}
    availability: {restart: exit_on_failure}
    replicas: 2
    namespace: backend
    is_tty: true
    log_location: ./api.log
    launch_timeout_seconds: 12
    vars: {A: 1}
  job:
    command: "true"
    disabled: true
    ready_log_line: "done (really)"
    availability: {restart: "no"}
"#;

#[test]
fn from_process_compose() {
    let desk = desk().file("process-compose.yaml", PROCESS_COMPOSE);
    insta::assert_snapshot!(drafted(&with_programs(desk, &["db", "api", "ready", "stop"])));
}

/// A converted file resolves to what the original resolves to.
#[test]
fn a_converted_file_means_the_same() {
    let text = PROCESS_COMPOSE
        .replace("is_strict: true\nlog_level: debug\n", "")
        .replace("entrypoint: [./api, --verbose]", "command: [./api, --verbose]")
        .replace("$${DB_PORT}", "${DB_PORT}")
        .replace("    liveness_probe: {http_get: {port: 80}}\n", "")
        .replace("    availability: {restart: exit_on_failure}\n", "")
        .replace("    launch_timeout_seconds: 12\n    vars: {A: 1}\n", "")
        .replace("    description: The database,\n      in memory\n", "");
    let desk = desk().file("process-compose.yaml", text);
    let before = desk.devsup(&["config", "-f", "process-compose.yaml", "--json"]).well();
    let desk = with_programs(desk, &["db", "api", "ready", "stop"]);
    drafted(&desk);
    assert_eq!(desk.devsup(&["config", "--json"]).well(), before);
}

#[test]
fn nothing_is_ever_written_over() {
    for there in ["devsup.yaml", "devsup.yml"] {
        let desk = desk().file(there, "mine\n").file("Procfile", "web: true\n");
        let said = desk.devsup(&["init"]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
        assert!(said.err.contains(&format!("`DIR/{there}` is there already")), "{}", said.err);
        assert_eq!(desk.read(there), "mine\n");
        assert!(desk.devsup(&["init", "--dry-run"]).well().contains("web:"));
    }
    let desk = desk().file("Procfile", "web: true\n");
    std::os::unix::fs::symlink("/nowhere/at/all", desk.path().join("devsup.yaml")).expect("a link");
    assert_eq!(desk.devsup(&["init"]).code, Some(1));
    assert!(desk.devsup(&["init", "-f", "dev.yaml"]).err.contains("wrote `DIR/dev.yaml`"));
    assert_eq!(desk.devsup(&["init", "-f", "dev.yaml"]).code, Some(1));
}

#[test]
fn mistakes_of_the_source_are_shown_and_nothing_is_written() {
    let desk = desk().file("Procfile", "web: true\noops\n");
    let said = desk.devsup(&["init"]);
    assert_eq!(said.code, Some(4));
    assert!(said.err.contains("Procfile:2:1"), "{}", said.err);
    assert!(!desk.path().join("devsup.yaml").exists());
    let said = super::desk().file("package.json", "{").devsup(&["init"]);
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("`package.json` is no JSON"), "{}", said.err);
}
