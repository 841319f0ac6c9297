//! When it is asked, and what becomes of late answers.

use crate::harness::wait::until_so;
use crate::harness::{Exit, Project, fenced, free_port, puppet};
use nix::sys::signal::Signal;

/// Asked again and again until it is well, then as seldom as declared.
#[test]
fn fast_while_starting_and_slow_after() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let times = "start_interval: 15ms, interval: 1h";
        let project = Project::new()
            .service("calm", puppet())
            .probed_by("calm", puppet().execs(&format!("/bin/test:-e:{}", go.display())), times)
            .service("busy", puppet())
            .probed_by("busy", puppet().exits(0), "start_interval: 15ms, interval: 15ms");
        let checkout = project.check_out();
        let asked = |of: &str| checkout.processes(&format!("{of}~probe")).len();
        let up = checkout.launch();
        until_so("it is asked fast", || asked("calm") > 4);
        std::fs::write(&go, "").expect("it can be written");
        let up = up.sees("calm  running    pid ").sees("  healthy");
        let (calm, busy) = (asked("calm"), asked("busy"));
        until_so("the other one is asked often", || asked("busy") > busy + 10);
        assert_eq!(asked("calm"), calm, "it is asked on and on");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The deadline ends it although no probe timed out, and says the last answer.
#[test]
fn it_has_so_long_to_become_healthy() {
    fenced(|| {
        let port = free_port();
        let project = Project::new()
            .service("db", puppet().says("slow as ever"))
            .with("db", &format!("healthcheck: {{tcp: {port}, start_interval: 50ms}}"))
            .with("db", "startup_timeout: 300ms")
            .with("db", "restart: {policy: on-failure, max: 1, delay: 20ms}")
            .service("web", puppet())
            .depends_when("web", "db", "service_healthy");
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        assert_eq!(ended.checkout().processes("db").len(), 2);
        assert_eq!(ended.checkout().processes("web"), []);
        let _ = ended.says_in_order(&[
            "db is not healthy after 300 ms (connection refused); it is started again in 20 ms (1 of 1)",
            "db is not healthy after 300 ms (connection refused); stopping it (a restart did not help)",
            "web is not started: it depends on db, which failed (web -> db)",
        ]);
    });
}

/// A long `start_period` is no less than the deadline.
#[test]
fn whoever_declares_a_long_start_gets_it() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let db = puppet().naps(600).touches(&go);
        let project = Project::new().service("db", db).with("db", "startup_timeout: 100ms").with(
            "db",
            &format!(
                "healthcheck: {{test: \"test -e {}\", start_period: 1h, start_interval: 20ms}}",
                go.display()
            ),
        );
        let up = project.up().sees(" up in ").sees("healthy");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("not healthy");
    });
}

/// Without a policy bad health is said and nothing is done.
#[test]
fn bad_health_without_a_restart_is_said_once() {
    fenced(|| {
        let flag = std::env::temp_dir().join("flag");
        let path = flag.display();
        let project = Project::new()
            .service("db", puppet())
            .with("db", "restart: no")
            .with("db", "startup_timeout: 200ms")
            .with(
                "db",
                &format!("healthcheck: {{test: \"ls {path}\", interval: 20ms, retries: 2, start_interval: 20ms}}"),
            );
        let checkout = project.check_out();
        let up = checkout.launch().sees("db is not healthy after 200 ms (exit ");
        std::fs::write(&flag, "").expect("it can be written");
        let up = up.sees("db is healthy now (exit 0, ");
        std::fs::remove_file(&flag).expect("it is there");
        let up = up.sees("db is unhealthy (exit 2: ls: ").sees("); it is left running");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(checkout.processes("db").len(), 1);
        assert_eq!(ended.text().matches("is not healthy").count(), 1);
    });
}
