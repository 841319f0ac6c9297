//! A health check's command: where it runs, and that nothing stays of it.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, Way, fenced, puppet};
use nix::sys::signal::Signal;

const FAST: &str = "start_interval: 20ms, interval: 20ms";

/// `web`, whose check never ends by itself: it has a child in a session of its
/// own that ignores SIGTERM, and a daemon.
fn hanging(times: &str) -> Project {
    let child = puppet().ignores("TERM,INT,HUP").setsid();
    let probe = puppet().ignores("TERM").child(child).orphan(puppet().setsid());
    Project::new()
        .service("web", puppet())
        .service("other", puppet())
        .probed_by("web", probe, times)
}

fn alive(checkout: &Checkout) -> usize {
    let of_probe = |role: &&str| role.starts_with("web~probe");
    let roles = ["web~probe", "web~probe/1", "web~probe/2"];
    let all = roles.iter().filter(|role| of_probe(role)).flat_map(|role| checkout.processes(role));
    all.filter(|process| process.lives()).count()
}

#[test]
fn it_has_the_environment_and_the_directory_of_the_service() {
    fenced(|| {
        let project = Project::new()
            .service("web", puppet())
            .with("web", "working_dir: inner")
            .with("web", "port: 27417")
            .with("web", "environment: {COLOUR: blue}")
            .with("web", "restart: no")
            .with("web", "startup_timeout: 300ms")
            .with(
                "web",
                "healthcheck: {test: 'echo first; echo \"$COLOUR $PORT $DEVSUP_SERVICE $(basename \"$PWD\")\"; exit 9', start_interval: 20ms}",
            );
        let checkout = project.check_out();
        std::fs::create_dir(checkout.root().join("inner")).expect("a directory");
        let up = checkout.up().sees("(exit 9: blue 27417 web inner)");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Neither a signal to the service's group reaches it, nor the other way.
#[test]
fn it_has_a_group_and_a_session_of_its_own() {
    fenced(|| {
        let up = hanging("timeout: 1h").up();
        let look = |role: &str| up.checkout().process(role).look().expect("it lives");
        let (web, probe) = (look("web"), look("web~probe"));
        assert_eq!((probe.group, probe.session), (probe.process.pid, probe.process.pid));
        assert_ne!(web.session, probe.session);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// One at a time, whatever the first has left behind.
#[test]
fn it_is_killed_at_its_timeout_with_all_it_started() {
    fenced(|| {
        let checkout = hanging(&format!("timeout: 60ms, {FAST}")).check_out();
        let up = checkout.up();
        until_so("it was asked four times", || {
            // One and its two children.
            assert!(alive(&checkout) <= 3, "two at once");
            checkout.processes("web~probe").len() > 3
        });
        let first = checkout.processes("web~probe")[0];
        assert!(!first.lives());
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(ended.checkout().processes("web").len(), 1);
    });
}

/// Whatever it leaves behind when it ends by itself, well or not.
#[test]
fn what_it_leaves_behind_is_killed() {
    fenced(|| {
        for code in [0, 1] {
            let daemon = puppet().ignores("TERM").setsid();
            let checkout = Project::new()
                .service("web", puppet())
                .probed_by("web", puppet().orphan(daemon).exits(code), FAST)
                .check_out();
            let up = checkout.up();
            until_so("it was asked four times", || {
                let daemons = checkout.processes("web~probe/1");
                let living = daemons.iter().filter(|process| process.lives()).count();
                assert!(living <= 1, "they gather");
                checkout.processes("web~probe").len() > 3
            });
            up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        }
    });
}

#[test]
fn however_the_run_ends_it_ends_too() {
    fenced(|| Way::all_end(|| hanging("timeout: 1h")));
}

#[test]
fn it_ends_when_the_supervisor_is_killed() {
    fenced(|| {
        let up = hanging("timeout: 1h").up().kills_supervisor();
        let checkout = up.checkout().clone();
        let _ = checkout.down(&[]);
        up.finish();
        checkout.wait_until_empty().leaves_nothing();
    });
}

#[test]
fn it_is_found_when_all_of_devsup_is_killed() {
    fenced(|| {
        let up = hanging("timeout: 1h").up().kills_all_of_devsup();
        let checkout = up.checkout().clone();
        assert!(alive(&checkout) > 0, "somebody killed it before");
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        up.finish();
        checkout.wait_until_empty().leaves_nothing();
    });
}

#[test]
fn it_ends_when_its_service_does() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let daemon = puppet().ignores("TERM").setsid();
        let checkout = Project::new()
            .service("other", puppet())
            .service("web", puppet().awaits(&go).exits(3))
            .with("web", "restart: no")
            .probed_by("web", puppet().orphan(daemon), "timeout: 1h")
            .check_out();
        let up = checkout.launch();
        until_so("the probe hangs", || {
            checkout.roles_that("settled").contains(&"web~probe".to_owned())
        });
        until_so("both of it live", || alive(&checkout) == 2);
        std::fs::write(&go, "").expect("it can be written");
        let up = up
            .sees("web failed: exit 3")
            .waits_until("the probe is gone", || alive(&checkout) == 0);
        assert!(checkout.process("other").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Nothing of what it prints, and nothing of it at all while all is well.
#[test]
fn it_makes_no_noise() {
    fenced(|| {
        let noise = puppet().says("I noise").complains("and noise").exits(0);
        let project = Project::new().service("web", puppet().says("hello"));
        let checkout = project.probed_by("web", noise, FAST).check_out();
        let up = checkout.launch().sees(" up in ");
        until_so("it was asked ten times", || checkout.processes("web~probe").len() > 9);
        let said = up.text();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let ended = ended.never_says("noise").never_says("probe");
        assert!(said.lines().filter(|line| line.contains("web")).count() <= 2, "{said}");
        let log = std::fs::read_to_string(checkout.ledger("logs/web.log")).expect("a log");
        assert_eq!(log.lines().count(), 1, "{log}");
        assert_eq!(ended.text().matches("hello").count(), 1);
    });
}

#[test]
fn one_that_can_t_be_started_is_a_bad_answer() {
    fenced(|| {
        let project = Project::new()
            .service("web", puppet())
            .with("web", "healthcheck: {test: [CMD, no-such-probe], start_interval: 20ms}")
            .with("web", "startup_timeout: 200ms")
            .with("web", "restart: no");
        let up = project.up().sees("web is not healthy after 200 ms");
        let up = up.sees("can't be started: command not found: `no-such-probe`");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
