//! `devsup config` and `devsup schema`.

use super::{Desk, desk, repository};
use devsup::config::{Request, Shown, load, show};
use devsup::model::{Origin, Project, ProjectKind};
use std::fs;
use std::path::{Path, PathBuf};

/// What a project is, whichever file it was read from.
fn essence(start_dir: PathBuf, files: Vec<PathBuf>) -> Project {
    let loaded = load(&Request { start_dir, files, ..Request::default() });
    let mut project = loaded.unwrap_or_else(|failure| panic!("{failure:?}")).project;
    project.files.clear();
    project.kind = ProjectKind::Yaml;
    for variable in project.services.iter_mut().flat_map(|service| &mut service.environment) {
        variable.origin = Origin::CommandLine;
        variable.overrode.clear();
    }
    project
}

/// What is printed is read again as the same, as YAML and as JSON.
fn survives(directory: &Path) {
    let how = Shown { secrets: true, profiles: &[] };
    let first = essence(directory.to_owned(), Vec::new());
    let tree = show(&first, how);
    for (name, text) in [("again.yaml", tree.yaml()), ("again.json", tree.json())] {
        fs::write(directory.join(name), &text).expect("a file");
        let again = essence(directory.to_owned(), vec![name.into()]);
        assert_eq!(first, again, "{text}");
    }
}

#[test]
fn what_is_printed_means_the_same() {
    let odd = r#"services:
  odd:
    command: [echo, "$$HOME", "a b", "${FROM} #x", "'\"\\", "8080", "no", "-", "{a: b}"]
    environment: {A: "$${B}", EMPTY: "", LINES: "a\n b\n\n", NUMBER: 010, TEXT: "~", é: ü}
    stop_command: "kill $$ && echo \"$X\""
    startup_timeout: 1.25
    stop_grace_period: 1h1m1s
    restart: {policy: always, backoff: 1.5, delay: 250ms}
    log: {max_size: 1000}
  lines:
    command: |
      set -e
      exec ./server --port "$PORT"
    port: {base: 4000}
    profiles: [full]
    healthcheck: {tcp: "[::1]:80"}
"#;
    for desk in [
        desk()
            .file("docker-compose.yml", "services: {redis: {image: redis}}\n")
            .file(".env", "FROM=env\n")
            .file("devsup.yaml", include_str!("../config/every_key.yaml")),
        desk().file(".env", "FROM='$x'\n").file("devsup.yaml", odd),
        desk().file("Procfile", "web: bin/web -p $PORT\nworker: bin/worker | tee x\n"),
        desk().file("devsup.yaml", "name: a$$b\ncompose: {}\n").file("compose.yaml", ""),
    ] {
        survives(&desk.path());
    }
}

fn shop() -> Desk {
    desk()
        .file(".env", "LOG_LEVEL=debug\nDB_PASSWORD=hunter22\n")
        .file(
            "devsup.yaml",
            "services:\n  api:\n    command: [./api, \"--db=postgres://me:${DB_PASSWORD}@db\"]\n    environment: {PIN: {value: \"1234567\", secret: true}}\n    port: 8080\n    depends_on: [db]\n  db: {command: ./db $DB_PASSWORD}\n",
        )
}

#[test]
fn the_resolved_project_is_shown() {
    insta::assert_snapshot!(shop().devsup(&["config"]).well());
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    for arguments in [&["config"][..], &["config", "--json"], &["up", "--dry-run"]] {
        let out = shop().devsup(arguments).well();
        assert!(!out.contains("hunter22") && !out.contains("1234567"), "{out}");
        assert!(out.contains("********"), "{out}");
    }
    let out = shop().devsup(&["config", "--show-secrets"]).well();
    assert!(out.contains("me:hunter22@db") && out.contains("1234567"), "{out}");
}

#[test]
fn names_and_nothing() {
    assert_eq!(shop().devsup(&["config", "--services"]).well(), "api\ndb\n");
    let quiet = shop().devsup(&["config", "-q"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str(), quiet.code), ("", "", Some(0)));
    let bad = desk().file("devsup.yaml", "services: {web: {comand: x}}\n");
    let said = bad.devsup(&["config", "-q"]);
    assert_eq!((said.out.as_str(), said.code), ("", Some(4)));
    assert!(said.err.contains("did you mean `command`?"), "{}", said.err);
}

#[test]
fn json_is_the_same_for_programs() {
    let out = shop().devsup(&["config", "--json"]).well();
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&json["version"], &json["services"]["api"]["port"]), (&1.into(), &8080.into()));
    assert_eq!(json["services"]["api"]["environment"]["LOG_LEVEL"], "debug");
    assert_eq!(json["services"]["db"]["stop_grace_period"], "3s");
}

/// Every example prints, and is read again.
#[test]
fn examples_survive_too() {
    for example in fs::read_dir(repository().join("examples")).expect("examples") {
        let directory = example.expect("an example").path();
        let there = |name: &str| directory.join(name).is_file();
        if !["devsup.yaml", "devsup.yml", "Procfile.dev", "Procfile"].iter().any(|name| there(name))
        {
            continue;
        }
        let first = essence(directory.clone(), Vec::new());
        let text = show(&first, Shown { secrets: true, profiles: &[] }).yaml();
        let desk = desk().file("again.yaml", text);
        let mut again = essence(desk.path(), vec!["again.yaml".into()]);
        again.root.clone_from(&first.root);
        assert_eq!(first, again, "{}", directory.display());
    }
}
