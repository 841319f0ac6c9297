//! `up` on a project that runs.

use super::socket::ends;
use crate::harness::wait::until_so;
use crate::harness::{CTRL_C, Checkout, Exit, Project, fenced, puppet, say};
use nix::sys::signal::Signal;

fn write(checkout: &Checkout, services: &str) {
    checkout.write("devsup.yaml", &format!("services:\n{services}"));
}

fn starts(checkout: &Checkout, name: &str) -> u64 {
    let ps = checkout.call(&["ps", "--json", name]).ends_with(Exit::Ok);
    let ps: serde_json::Value = serde_json::from_str(&ps.out()).expect("JSON");
    ps["services"][0]["starts"].as_u64().expect("a number")
}

/// Three services that rest, written down by hand so that they can be changed.
fn up() -> Checkout {
    let checkout = Project::new().command("db", "sleep 1000").check_out();
    write(
        &checkout,
        "  db: {command: sleep 1000}\n  web: {command: sleep 1001}\n  old: {command: sleep 1002}\n",
    );
    let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
    checkout
}

const CHANGED: &str = "  db: {command: sleep 1000, restart: always, tags: [x]}
  web: {command: sleep 1003, environment: {A: b}}
  new: {command: sleep 1004, depends_on: [web]}
";

#[test]
fn what_changed_is_started_anew_and_only_that() {
    fenced(|| {
        let checkout = up();
        write(&checkout, CHANGED);
        let would = checkout.call(&["up", "--dry-run"]).ends_with(Exit::Ok);
        let _ = would.says("db   up to date").says("old  would be stopped");
        assert_eq!(starts(&checkout, "web"), 1);
        let done = checkout.call(&["up", "-d", "--wait"]).ends_with(Exit::Ok);
        let _ = done
            .says("db   up to date")
            .says("web  started anew: command, environment changed")
            .says("new  started")
            .says("old  stopped: it is not declared any more");
        assert_eq!(["db", "web", "new"].map(|name| starts(&checkout, name)), [1, 2, 1]);
        until_so("the old one is gone", || checkout.call(&["ps", "-q"]).out() == "db\nweb\nnew\n");
        let again = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        let _ = again.says("web  up to date").never_says("started");
        assert_eq!(starts(&checkout, "web"), 2);
        ends(&checkout);
    });
}

/// Only the named ones are looked at; others keep what they have until they
/// are meant too.
#[test]
fn only_what_was_named_is_brought_up_to_date() {
    fenced(|| {
        let checkout = up();
        write(&checkout, CHANGED);
        let _ = checkout.call(&["up", "-d", "db"]).ends_with(Exit::Ok).says("db   up to date");
        assert_eq!(starts(&checkout, "web"), 1);
        assert!(checkout.call(&["ps", "-q"]).out().contains("old"));
        let _ = checkout.call(&["up", "-d", "web"]).ends_with(Exit::Ok).says("web  started anew");
        assert_eq!(starts(&checkout, "web"), 2);
        ends(&checkout);
    });
}

/// Also those that run and are declared no more, or never were by that name.
#[test]
fn names_of_what_runs_are_completed() {
    fenced(|| {
        let checkout = up();
        write(&checkout, "  db: {command: sleep 1000}\n  web: {command: sleep 1001}\n");
        let _ = checkout.call(&["up", "-d", "-m", "web=2", "web"]).ends_with(Exit::Ok);
        let mut asks = checkout.devsup(&["--", "devsup", "restart", ""]);
        asks.env("DEVSUP_COMPLETE", "fish").env("_CLAP_IFS", "\n");
        let out = asks.output().expect("it can be called").stdout;
        let out = String::from_utf8_lossy(&out);
        let names: Vec<&str> =
            out.lines().filter_map(|line| line.split('\t').next()).take(5).collect();
        assert_eq!(names, ["db", "web", "old", "web.1", "web.2"], "{out}");
        ends(&checkout);
    });
}

#[test]
fn what_is_down_is_started_again() {
    fenced(|| {
        let checkout = up();
        let _ = checkout.call(&["stop", "web"]).ends_with(Exit::Ok);
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok).says("web  started");
        assert_eq!(starts(&checkout, "web"), 2);
        assert_eq!(starts(&checkout, "db"), 1);
        ends(&checkout);
    });
}

#[test]
fn copies_come_and_go() {
    fenced(|| {
        let checkout = up();
        let more = checkout.call(&["up", "-d", "-m", "web=3"]).ends_with(Exit::Ok);
        let _ = more.says("web.3  started").says("web    stopped");
        until_so("there are three", || {
            checkout.call(&["ps", "-q"]).out() == "db\nold\nweb.1\nweb.2\nweb.3\n"
        });
        let _ = checkout.call(&["up", "-d", "-m", "web=2"]).ends_with(Exit::Ok);
        until_so("there are two", || {
            checkout.call(&["ps", "-q"]).out() == "db\nold\nweb.1\nweb.2\n"
        });
        ends(&checkout);
    });
}

#[test]
fn a_config_with_mistakes_changes_nothing() {
    fenced(|| {
        let checkout = up();
        write(&checkout, "  db: {comand: x}\n");
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Config);
        assert_eq!(starts(&checkout, "web"), 1);
        ends(&checkout);
    });
}

/// A foreground `up` of a run that goes on shows its output, and Ctrl-C leaves.
#[test]
fn an_attached_up_shows_what_happens_and_leaves() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let web = puppet().says("earlier").awaits(&go).says("later").forks(1);
        let checkout = Project::new().service("web", web).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        until_so("it has begun", || checkout.ledger_text("logs/web.log").contains("earlier"));
        let up = checkout.launch_in_terminal().sees("web  up to date");
        std::fs::write(&go, "").expect("it can be written");
        let up = up.sees("web    | later");
        assert!(!up.text().contains("earlier"));
        checkout.process("web").signal(Signal::SIGKILL);
        let up = up.sees("devsup | ✗ web failed: killed by SIGKILL");
        let up = up.ends_with(Exit::Ok).says("the run is over");
        say(&up.text());
        checkout.leaves_nothing();
    });
}

#[test]
fn ctrl_c_of_an_attached_up_only_leaves() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        checkout.wait_until_settled();
        let up = checkout.launch_in_terminal().sees("web  up to date").presses(CTRL_C);
        let _ = up.ends_with(Exit::Ok).says("left; the services go on");
        assert!(checkout.process("web").lives());
        ends(&checkout);
    });
}
