//! What `check` says beyond what loading says.

use super::given;
use devsup::config::{Diagnostic, check, render};
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_cannot_start_is_said() {
    let given = given()
        .file("bin/server", "#!/bin/sh\n")
        .file("plain", "")
        .directory("sub")
        .system("PATH", "/nowhere:/bin")
        .yaml(
            "services:\n  good: {command: ./bin/server}\n  shell: {command: \"true && nope\"}\n  found: {command: A=1 ls -l}\n  missing: {command: no-such-program -v}\n  typo: {command: [./bin/sever]}\n  plain: {command: ./plain}\n  below: {command: ../bin/server, working_dir: sub}\n  nowhere: {command: ls, working_dir: gone}\n  file: {command: ls, working_dir: plain}\n  home: {command: ls, working_dir: ~/x}\n  logs: {command: ls, log: {file: gone/x.log}}\n  one: {command: ls, port: 80, autostart: false}\n  two: {command: ls, port: 80, autostart: false}\n  own: {command: server, environment: {PATH: bin}}\n  queue: {command: \"PATH=/bin docker run redis\"}\n  named: {command: \"true; docker run --label devsup.run=$DEVSUP_RUN_ID redis\"}\n",
        );
    let server = given.path().join("bin/server");
    std::fs::set_permissions(server, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let loaded = given.load().expect("a project");
    let real = given.path().canonicalize().expect("a directory").display().to_string();
    let said = render(&loaded.check(), false, 100);
    insta::assert_snapshot!(said.replace(&real, "DIR"));
    let words = |all: Vec<Diagnostic>| all.into_iter().map(|said| said.message);
    assert!(words(check(&loaded.project)).eq(words(loaded.check())));
}

#[test]
fn a_service_that_compose_has_too_is_said() {
    let given = given()
        .file("compose.yaml", "services: {db: {image: db}, cache: {image: cache}}\n")
        .yaml("services: {db: {command: x}}\ncompose: {}\n");
    let warnings = given.load().expect("a project").warnings;
    let said: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(said, ["`db` is in the compose file too: only this one is started"]);
}
