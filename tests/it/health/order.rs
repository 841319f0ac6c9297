//! Who waits for whom, and in what condition.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, Puppet, Running, fenced, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};

fn flag(name: &str) -> PathBuf {
    let flag = std::env::temp_dir().join(name);
    let _ = fs::remove_file(&flag);
    flag
}

fn put(flag: &Path) {
    fs::write(flag, "").expect("it can be written");
}

fn stops(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

/// A line of output makes it healthy.
fn healthy_by_line(project: Project, name: &str) -> Project {
    project.with(name, "healthcheck: {log: '^ready$'}")
}

/// `web` depends on `db` and begins when that one has done its last word, and
/// not before.
fn begins_with(condition: &str, db: impl Fn(Puppet) -> Puppet, checked: bool) {
    let go = flag("go");
    let project = Project::new()
        .service("web", puppet())
        .depends_when("web", "db", condition)
        .service("db", db(puppet().says("waiting").awaits(&go)));
    let project = if checked { healthy_by_line(project, "db") } else { project };
    let checkout = project.check_out();
    let up = checkout.launch().sees("waiting");
    assert_eq!(checkout.processes("web"), [], "{condition}");
    put(&go);
    checkout.wait_until_settled();
    stops(up);
}

#[test]
fn every_condition_in_both_vocabularies() {
    fenced(|| {
        for condition in ["service_healthy", "process_healthy", "process_log_ready"] {
            begins_with(condition, |db| db.says("ready"), true);
        }
        for condition in ["service_completed_successfully", "process_completed_successfully"] {
            begins_with(condition, |db| db.exits(0), false);
        }
        for condition in ["service_completed", "process_completed"] {
            begins_with(condition, |db| db.exits(7), false);
            begins_with(condition, |db| db.exits(0), false);
        }
    });
}

#[test]
fn started_is_enough_where_no_more_is_asked() {
    fenced(|| {
        for condition in ["service_started", "process_started"] {
            let project = Project::new()
                .service("web", puppet())
                .depends_when("web", "db", condition)
                .service("db", puppet());
            stops(healthy_by_line(project, "db").up());
        }
    });
}

/// All copies of it have to be healthy.
#[test]
fn every_copy_is_awaited() {
    fenced(|| {
        let (first, second) = (flag("db.1"), flag("db.2"));
        let line = |flag: &Path, at: u8| {
            format!(
                "if [ $DEVSUP_INSTANCE = db.{at} ]; then until [ -e {} ]; do sleep 0.01; done; fi",
                flag.display()
            )
        };
        let checkout = Project::new()
            .service("web", puppet())
            .depends_when("web", "db", "service_healthy")
            .command(
                "db",
                &format!("'{}; {}; echo ready; exec sleep 600'", line(&first, 1), line(&second, 2)),
            )
            .with("db", "replicas: 2")
            .with("db", "healthcheck: {log: '^ready$'}")
            .check_out();
        let up = checkout.launch();
        put(&first);
        let up = up.sees("db.1 | ready");
        assert_eq!(checkout.processes("web"), []);
        put(&second);
        checkout.wait_until_settled();
        stops(up);
    });
}

/// The cause first, then whom it takes along, each with the way to it.
#[test]
fn a_failed_dependency_fails_its_dependents_with_the_path() {
    fenced(|| {
        let project = Project::new()
            .service("page", puppet())
            .depends("page", "api")
            .service("api", puppet())
            .depends_when("api", "db", "service_healthy")
            .service("db", puppet().naps(30).exits(3))
            .with("db", "restart: no")
            .with("db", "healthcheck: {log: never}")
            .service("optional", puppet())
            .with("optional", "depends_on: {db: {condition: service_healthy, required: false}}");
        let up = project.check_out().launch().sees("optional  running").sees("3 failed");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(ended.checkout().processes("api"), []);
        let _ = ended.says_in_order(&[
            "db failed: exit 3",
            "api is not started: it depends on db, which failed (api -> db)",
            "page is not started: it depends on db, which failed (page -> api -> db)",
        ]);
    });
}

/// `db` ends when it is told and is started again; `web` depends on it.
fn two(edge: &str, go: &Path) -> Checkout {
    let project = Project::new()
        .service("web", puppet())
        .with("web", &format!("depends_on: {{db: {edge}}}"))
        .service("db", puppet().says("ready").awaits(go).exits(1))
        .with("db", "restart: {policy: always, delay: 10ms}");
    healthy_by_line(project, "db").check_out()
}

fn crashes_once(checkout: &Checkout, go: &Path) {
    put(go);
    until_so("it was started again", || checkout.processes("db").len() > 1);
    let _ = fs::remove_file(go);
}

#[test]
fn a_dependent_survives_the_restart_of_what_it_depends_on() {
    fenced(|| {
        let go = flag("go");
        let checkout = two("{condition: service_healthy}", &go);
        let up = checkout.launch().sees(" up in ");
        crashes_once(&checkout, &go);
        let up = up.sees("db is healthy ");
        assert_eq!(checkout.processes("web").len(), 1);
        assert!(checkout.process("web").lives());
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("web is restarted");
    });
}

#[test]
fn a_dependent_that_asked_for_it_is_restarted_too_and_waits() {
    fenced(|| {
        let go = flag("go");
        let checkout = two("{condition: service_healthy, restart: true}", &go);
        let up = checkout.launch().sees(" up in ");
        put(&go);
        let up = up.sees("web is restarted, because db is");
        let _ = fs::remove_file(&go);
        until_so("it was started again", || checkout.processes("web").len() > 1);
        let events = checkout.events();
        let last = |role: &str| {
            events.iter().rposition(|event| event.role == role && event.what.starts_with("born"))
        };
        assert!(last("db") < last("web"), "{events:?}");
        stops(up.waits_until("it lives", || checkout.process("web").lives()));
    });
}

/// A circle is a mistake of the file, with its way round.
#[test]
fn a_circle_is_named() {
    fenced(|| {
        let project = Project::new().service("web", puppet()).depends("web", "api");
        let project = project.service("api", puppet()).depends("api", "db");
        let project = project.service("db", puppet()).depends("db", "web");
        let ended = project.launch().ends_with(Exit::Config).leaves_nothing();
        let text = ended.text();
        assert!(text.contains("web -> api -> db -> web"), "{text}");
    });
}

/// After five seconds it is said once who is awaited, and why.
#[test]
fn a_start_that_takes_long_says_who_is_awaited() {
    fenced(|| {
        let project = Project::new()
            .service("web", puppet())
            .depends_when("web", "db", "service_healthy")
            .service("db", puppet())
            .with("db", "healthcheck: {test: 'echo no such table; exit 1'}");
        let up = project.launch().sees("still starting after 5.");
        let up = up.sees("web waits for db (not healthy yet)");
        let up = up.sees("db is not healthy yet (exit 1: no such table)");
        stops(up);
    });
}
