//! Who is started before whom, and the table of what runs.

use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;
use regex::Regex;

/// Where in the registry this role first did that.
fn at(checkout: &Checkout, what: &str, role: &str) -> usize {
    let events = checkout.events();
    let found = events.iter().position(|event| event.what == what && event.role == role);
    found.unwrap_or_else(|| panic!("`{role}` never was `{what}`: {events:?}"))
}

/// In a namespace of its own the pids tell who was forked first.
#[test]
fn what_is_depended_on_is_started_first() {
    fenced(|| {
        let up = Project::new()
            .service("page", puppet())
            .depends("page", "api")
            .service("api", puppet())
            .depends("api", "db")
            .service("db", puppet())
            .up();
        let pids = ["db", "api", "page"].map(|role| up.checkout().process(role).pid);
        assert!(pids.is_sorted(), "{pids:?}");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_one_shot_is_waited_for_to_its_end() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let checkout = Project::new()
            .service("web", puppet())
            .depends_on_end("web", "migrate")
            .service("migrate", puppet().says("migrating").awaits(&go).exits(0))
            .check_out();
        let up = checkout.launch().sees("migrating");
        assert_eq!(checkout.roles_that("born-recorded"), ["migrate"]);
        std::fs::write(&go, "").expect("it can be written");
        checkout.wait_until_settled();
        assert!(at(&checkout, "settled", "migrate") < at(&checkout, "born-recorded", "web"));
        up.sees("migrate completed: exit 0")
            .sees(" up in ")
            .signal(Signal::SIGINT)
            .ends_with(Exit::Ok)
            .leaves_nothing();
    });
}

#[test]
fn nobody_starts_behind_a_one_shot_that_fails() {
    fenced(|| {
        let ended = Project::new()
            .service("web", puppet())
            .depends_on_end("web", "migrate")
            .service("migrate", puppet().says("no such table").exits(42))
            .launch()
            .ends_with(Exit::Error)
            .leaves_nothing()
            .says("migrate failed: exit 42")
            .says("web is not started: it depends on migrate, which failed (web -> migrate)");
        assert_eq!(ended.checkout().roles_that("born-recorded"), ["migrate"]);
    });
}

/// A one-shot that is over was started, too.
#[test]
fn one_that_completed_has_started() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let checkout = Project::new()
            .service("seed", puppet().exits(0))
            .service("wait", puppet().awaits(&go).exits(0))
            .depends_on_end("wait", "seed")
            .service("web", puppet())
            .with("web", "depends_on: {seed: {condition: service_started}, wait: {condition: service_completed_successfully}}")
            .check_out();
        let up = checkout.launch().sees("seed completed");
        std::fs::write(&go, "").expect("it can be written");
        checkout.wait_until_settled();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_circle_starts_nobody() {
    fenced(|| {
        let project = Project::new().service("web", puppet()).depends("web", "api");
        let ended = project.service("api", puppet()).depends("api", "web").launch();
        let ended = ended.ends_with(Exit::Config).leaves_nothing();
        assert_eq!(ended.checkout().events(), []);
    });
}

#[test]
fn the_summary_names_service_pid_and_port() {
    fenced(|| {
        let up = Project::new()
            .service("web", puppet())
            .with("web", "port: 27410")
            .service("worker", puppet())
            .service("seed", puppet().exits(0))
            .service("late", puppet())
            .depends_on_end("late", "seed")
            .up()
            .sees(" up in ")
            .sees("late    running");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let checkout = ended.checkout().clone();
        let pid = |role: &str| checkout.process(role).pid;
        let _ = ended
            .says("shop: 3 services are up in ")
            .says("(Ctrl-C stops everything)")
            .says(&format!("\n  web     running    pid {}  http://localhost:27410\n", pid("web")))
            .says(&format!("\n  worker  running    pid {}\n", pid("worker")))
            .says(&format!("\n  late    running    pid {}\n", pid("late")))
            .says("\n  seed    completed  exit 0 after ");
    });
}

#[test]
fn the_summary_of_a_procfile_tells_the_ports_that_were_given() {
    fenced(|| {
        let project = Project::new().procfile().service("web", puppet());
        let up = project.service("worker", puppet()).up().sees(" up in ").sees("PORT=5100");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let line = Regex::new(r"(?m)^  worker  running    pid \d+  PORT=5100$");
        assert!(line.expect("the pattern is sound").is_match(&ended.text()));
    });
}

#[test]
fn a_dry_run_tells_the_order_and_starts_nobody() {
    fenced(|| {
        let checkout = Project::new()
            .service("web", puppet())
            .depends_on_end("web", "migrate")
            .command("migrate", "./migrate")
            .check_out();
        let ended = checkout.call(&["up", "--dry-run"]).ends_with(Exit::Ok);
        let ended =
            ended.says_in_order(&["migrate", "./migrate", "web", "after: migrate completed"]);
        assert_eq!(ended.err(), "");
        assert_eq!(checkout.events(), []);
        assert!(!checkout.ledger("").exists(), "it made records");
    });
}
