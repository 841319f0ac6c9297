//! `devsup env`.

use super::{Desk, desk};
use std::process::Command;

fn shop() -> Desk {
    desk()
        .file(".env", "LOG_LEVEL=info\nGREETING=its\nNOTE=\"two\\nlines $$(rm -rf x)\"\nAPI_TOKEN=abcdef\nLOCAL=1\n")
        .file("api.env", "LOG_LEVEL=trace\n")
        .file(
            "devsup.yaml",
            "environment: {LOG_LEVEL: debug}\nservices:\n  api:\n    command: ./api\n    port: 8080\n    env_file: api.env\n    environment: {GREETING: \"it's $$5\", AUTH: \"Bearer ${API_TOKEN}\"}\n  web: {command: ./web, replicas: 2, port: 9000, environment: [odd.name=1]}\n",
        )
        .variable("LOCAL", "shell")
}

#[test]
fn what_all_services_have() {
    insta::assert_snapshot!(shop().devsup(&["env"]).well());
}

#[test]
fn what_one_service_has_and_why() {
    let said = shop().devsup(&["env", "api", "--explain"]);
    insta::assert_snapshot!(format!("{}----\n{}", said.out, said.err));
}

#[test]
fn each_copy_has_its_own() {
    let first = shop().devsup(&["env", "web"]).well();
    let second = shop().devsup(&["env", "web.2"]).well();
    assert!(first.contains("export PORT=9000\n") && first.contains("export PS=web.1\n"), "{first}");
    assert!(second.contains("export PORT=9001\n"), "{second}");
    assert!(second.contains("export DEVSUP_INSTANCE=web.2\n"), "{second}");
    assert!(second.contains("# no shell can set `odd.name`\n"), "{second}");
    let said = shop().devsup(&["env", "web.3"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}

/// A shell that reads the output has exactly the values.
#[test]
fn a_shell_reads_it() {
    let desk = shop();
    let out = desk.devsup(&["env", "api", "--show-secrets"]).well();
    let script = format!("{out}\nprintf '%s|' \"$GREETING\" \"$NOTE\" \"$AUTH\" \"$WEB_PORT\"");
    for shell in ["sh", "bash"] {
        let done = Command::new(shell).args(["-c", &script]).output().expect("a shell");
        let read = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(read, "it's $5|two\nlines $(rm -rf x)|Bearer abcdef|9000|", "{out}");
    }
}

#[test]
fn secrets_are_masked_and_that_is_said() {
    let said = shop().devsup(&["env", "api"]);
    assert!(!said.out.contains("abcdef"), "{}", said.out);
    assert!(said.out.contains("export AUTH='Bearer ********'\n"), "{}", said.out);
    assert!(said.err.contains("1 secret is masked; `--show-secrets` prints them"), "{}", said.err);
}

#[test]
fn json_says_who_set_what() {
    let out = shop().devsup(&["env", "api", "--json"]).well();
    let rows: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(rows["version"], 1);
    let row = rows["variables"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["name"] == "LOG_LEVEL"));
    let row = row.expect("a variable");
    assert_eq!((&row["value"], &row["set_by"]["line"]), (&"trace".into(), &1.into()));
    assert_eq!(row["overrode"].as_array().map(Vec::len), Some(2));
}

#[test]
fn narrow_terminals_get_lines_instead_of_columns() {
    let desk = shop();
    let narrow = super::terminal(&desk, &["env", "api", "--explain"], 40);
    assert!(narrow.contains("  set by: devsup.yaml:7"), "{narrow}");
    assert!(narrow.lines().all(|line| !line.starts_with("VARIABLE")), "{narrow}");
}
