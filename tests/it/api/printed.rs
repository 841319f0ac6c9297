//! What `--json` prints and the API does not have is described by the
//! `--help` of the verb, name for name, and says its version.

use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use serde_json::Value;

/// Each with the place of an object in it whose names are described too.
const PRINTED: [(&[&str], &str); 6] = [
    (&["env", "web"], "/variables/0"),
    (&["env", "web"], "/variables/0/set_by"),
    (&["port"], ""),
    (&["doctor"], ""),
    (&["job", "ls"], "/jobs/0"),
    (&["job", "kill", "--all", "--dry-run"], "/jobs/0"),
];

fn json(checkout: &Checkout, words: &[&str]) -> Value {
    let printed = checkout.call(&[words, &["--json"]].concat()).out();
    let value: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(value["version"], 1, "{words:?} says its version: {printed}");
    value
}

fn help(checkout: &Checkout, words: &[&str]) -> String {
    let verb = words.iter().take_while(|word| !word.starts_with('-') && **word != "web");
    let verb: Vec<&str> = verb.copied().chain(["--help"]).collect();
    checkout.call(&verb).ends_with(Exit::Ok).out()
}

fn is_described(value: &Value, help: &str, but: &[&str]) {
    let words: Vec<&str> = help.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for name in value.as_object().expect("an object").keys() {
        let known = words.contains(&name.as_str()) || but.contains(&name.as_str());
        assert!(known, "`{name}` is described in\n{help}");
    }
}

#[test]
fn what_the_api_has_not_is_described_by_the_help() {
    fenced(|| {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let checkout = Project::new()
            .service("web", puppet())
            .with("web", "port: {expect: 18473, bump: true}")
            .with("web", "environment: {LEVEL: debug}")
            .service("db", puppet())
            .with("db", &format!("port: {port}"))
            .with("db", "autostart: false")
            .check_out();
        // Ports are looked at only while nothing runs.
        let doctor = json(&checkout, &["doctor"]);
        is_described(&doctor["findings"][0], &help(&checkout, &["doctor"]), &[]);
        let _ = checkout.call(&["up", "-d", "web"]).ends_with(Exit::Ok);
        let started = checkout.call(&["job", "start", "--", "sleep", "1000"]).ends_with(Exit::Ok);
        for (words, place) in PRINTED {
            let (value, help) = (json(&checkout, words), help(&checkout, words));
            is_described(&value, &help, &[]);
            is_described(value.pointer(place).expect("it is there"), &help, &["web"]);
        }
        // Its help sends to that of `job ls`.
        let job = json(&checkout, &["job", "show", started.out().trim()]);
        is_described(&job, &help(&checkout, &["job", "ls"]), &["output"]);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// `version` stands before the keys of the file, which can be read again.
#[test]
fn the_json_of_config_is_a_config() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let first = checkout.call(&["config", "--json"]).ends_with(Exit::Ok).out();
        assert_eq!(json(&checkout, &["config"])["services"]["web"]["tty"], "auto");
        checkout.write("again.yaml", &first);
        let again = checkout.call(&["config", "-f", "again.yaml", "--json"]).ends_with(Exit::Ok);
        assert_eq!(again.out(), first);
    });
}
