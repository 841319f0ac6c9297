//! The verbs that look at a run and act on it.

use super::socket::ends;
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use serde_json::Value;

fn up() -> Checkout {
    let checkout = Project::new()
        .service("db", puppet())
        .with("db", "port: 5433")
        .service("web", puppet().forks(2))
        .depends("web", "db")
        .with("web", "tags: [front]")
        .check_out();
    let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
    checkout.wait_until_settled();
    checkout
}

fn ps(checkout: &Checkout, name: &str) -> Value {
    let ended = checkout.call(&["ps", "--json", name]).ends_with(Exit::Ok);
    let all: Value = serde_json::from_str(&ended.out()).expect("it is JSON");
    assert_eq!(all["version"], 1);
    all["services"][0].clone()
}

#[test]
fn ps_says_what_runs() {
    fenced(|| {
        let checkout = up();
        for verb in ["ps", "list", "ls", "status"] {
            let table = checkout.call(&[verb]).ends_with(Exit::Ok);
            let _ = table.says("NAME").says("running").says("5433");
        }
        assert_eq!(checkout.call(&["ps", "-q"]).out(), "db\nweb\n");
        assert_eq!(checkout.call(&["ps", "-q", "web"]).out(), "web\n");
        let web = ps(&checkout, "web");
        assert_eq!((&web["state"], &web["ready"]), (&"running".into(), &true.into()));
        assert_eq!(web["pid"], checkout.process("web").pid);
        let _ =
            checkout.call(&["ps", "nope"]).ends_with(Exit::Usage).says("there are `db` and `web`");
        let all = checkout.call(&["ps", "--all"]).ends_with(Exit::Ok);
        let _ = all.says("shop").says("5433");
        assert_eq!(checkout.call(&["port", "db"]).out(), "5433\n");
        ends(&checkout);
    });
}

#[test]
fn one_service_is_stopped_and_started() {
    fenced(|| {
        let checkout = up();
        let (db, web) = (checkout.process("db"), checkout.process("web"));
        let _ = checkout.call(&["stop", "web"]).ends_with(Exit::Ok).says("web  stopped");
        assert!(db.lives() && !web.lives() && !checkout.process("web/1").lives());
        let _ = checkout.call(&["start", "web"]).ends_with(Exit::Ok).says("web  running");
        assert_eq!(ps(&checkout, "web")["starts"], 2);
        let _ = checkout.call(&["restart", "db"]).ends_with(Exit::Ok);
        assert!(!db.lives());
        assert_eq!(ps(&checkout, "db")["state"], "running");
        ends(&checkout);
    });
}

/// All are stopped by hand: the run stays, and what a service depends on is
/// started with it.
#[test]
fn start_brings_up_what_a_service_depends_on() {
    fenced(|| {
        let checkout = up();
        let _ = checkout.call(&["stop", "web", "db"]).ends_with(Exit::Ok);
        assert_eq!(checkout.puppets_alive(), 0);
        let _ = checkout.call(&["start", "web"]).ends_with(Exit::Ok);
        assert_eq!(ps(&checkout, "db")["state"], "running");
        ends(&checkout);
    });
}

#[test]
fn a_signal_goes_to_the_service() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().polite("USR1", 0, 7)).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        checkout.wait_until_settled();
        // One more that keeps the run.
        let _ = checkout.call(&["kill", "-s", "nope", "web"]).ends_with(Exit::Usage);
        let _ = checkout.call(&["kill", "-s", "USR1", "web"]).ends_with(Exit::Ok).says("SIGUSR1");
        until_so("it has ended by it", || {
            checkout.ledger_text("logs/.devsup.log").contains("web failed: exit 7")
        });
        until_so("so has the run", || !checkout.ledger("run.json").exists());
        checkout.leaves_nothing();
    });
}

#[test]
fn events_say_what_happened() {
    fenced(|| {
        let checkout = up();
        let _ = checkout.call(&["stop", "web"]).ends_with(Exit::Ok);
        let events = checkout.call(&["events", "--json"]).ends_with(Exit::Ok);
        let events: Vec<Value> =
            events.out().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of_web = events.iter().filter(|event| event["instance"] == "web");
        let states: Vec<&str> = of_web.filter_map(|event| event["state"].as_str()).collect();
        assert_eq!(states.first(), Some(&"starting"));
        assert_eq!(states.last(), Some(&"stopped"));
        let last = events.last().and_then(|event| event["cursor"].as_str()).expect("a cursor");
        assert_eq!(checkout.call(&["events", "--since", last]).ends_with(Exit::Ok).out(), "");
        ends(&checkout);
    });
}

#[test]
fn nothing_runs() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        for words in [
            &["ps"][..],
            &["start", "web"],
            &["stop", "web"],
            &["restart", "web"],
            &["wait"],
            &["events"],
            &["port"],
        ] {
            let _ = checkout.call(words).ends_with(Exit::NotRunning).says("nothing runs here");
        }
        // What is gone already counts as killed.
        let _ = checkout.call(&["kill", "web"]).ends_with(Exit::Ok).says("0 processes");
        assert_eq!(checkout.call(&["ps", "--all", "-q"]).ends_with(Exit::Ok).out(), "");
    });
}

/// A run in the foreground is asked in the same way.
#[test]
fn a_run_in_the_foreground_is_steered_too() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).service("db", puppet()).up();
        let checkout = up.checkout().clone();
        let _ = checkout.call(&["restart", "web"]).ends_with(Exit::Ok).says("web  running");
        let _ = checkout.call(&["stop", "web", "db"]).ends_with(Exit::Ok);
        let _ = checkout.call(&["start", "db"]).ends_with(Exit::Ok);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}
