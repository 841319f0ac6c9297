//! The end, at every moment of a start and a restart.

use crate::harness::wait::until_so;
use crate::harness::{CTRL_C, Checkout, Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

/// Four ways that do not wait for everything to have settled.
const WAYS: [&str; 4] = ["INT", "TERM", "down", "down --force"];

/// Ends it in this way and looks that nothing is left and nothing was started
/// after.
fn ends(up: Running, way: &str) {
    let checkout = up.checkout().clone();
    let ended = match way {
        "INT" => up.signal(Signal::SIGINT),
        "TERM" => up.signal(Signal::SIGTERM),
        down => {
            let words: Vec<&str> = down.split(' ').collect();
            let _ = checkout.call(&words).ends_with(Exit::Ok);
            up
        }
    };
    let _ = ended.ends_with(Exit::Ok).leaves_nothing();
}

fn each_way(project: impl Fn() -> Project, then: impl Fn(&Checkout, Running) -> Running) {
    for way in WAYS {
        crate::harness::say(&format!("the end by {way}"));
        let checkout = project().check_out();
        let up = then(&checkout, checkout.launch());
        ends(up, way);
    }
}

#[test]
fn while_it_waits_for_its_restart() {
    fenced(|| {
        let project = || {
            let project = Project::new().service("web", puppet().exits(1));
            project.with("web", "restart: {policy: always, delay: 1h}")
        };
        each_way(project, |_, up| up.sees("it is started again in 1 h"));
    });
}

#[test]
fn while_it_waits_for_another() {
    fenced(|| {
        let project = || {
            let project = Project::new().service("web", puppet());
            let project = project.depends_when("web", "db", "service_healthy");
            let project = project.service("db", puppet().says("begun"));
            project.with("db", "healthcheck: {log: never}")
        };
        each_way(project, |_, up| up.sees("begun"));
    });
}

#[test]
fn while_its_probe_hangs_and_it_is_not_well_yet() {
    fenced(|| {
        let project = || {
            let probe = puppet().ignores("TERM").orphan(puppet().setsid().ignores("TERM"));
            Project::new().service("web", puppet()).probed_by("web", probe, "timeout: 1h")
        };
        each_way(project, |checkout, up| {
            checkout.wait_until_settled();
            up
        });
    });
}

/// While one start follows another without a pause.
#[test]
fn in_the_middle_of_a_crash_loop() {
    fenced(|| {
        let project = || {
            let web = puppet().child(puppet().setsid()).exits(1);
            let project = Project::new().service("web", web).service("other", puppet().exits(0));
            let project = project.with("web", "restart: {policy: always, delay: 0s}");
            project.with("other", "restart: {policy: always, delay: 0s}")
        };
        for starts in 1..6 {
            each_way(project, |checkout, up| {
                until_so("it was started so often", || checkout.processes("web").len() >= starts);
                up
            });
        }
    });
}

/// It is being stopped for its bad health and takes its time.
#[test]
fn while_an_unhealthy_one_is_being_stopped() {
    fenced(|| {
        let project = || {
            Project::new()
                .service("web", puppet().ignores("TERM"))
                .with("web", "stop_grace_period: 700ms")
                .with("web", "startup_timeout: 50ms")
                .with("web", "healthcheck: {test: 'false', start_interval: 10ms}")
                .with("web", "restart: {policy: always, delay: 0s}")
        };
        each_way(project, |_, up| up.sees("web is not healthy after 50 ms"));
    });
}

#[test]
fn by_keys_while_all_of_it_is_going_on() {
    fenced(|| {
        let checkout = Project::new()
            .service("loop", puppet().exits(1))
            .with("loop", "restart: {policy: always, delay: 1ms}")
            .service("web", puppet())
            .probed_by("web", puppet(), "timeout: 1h")
            .service("page", puppet())
            .depends_when("page", "web", "service_healthy")
            .check_out();
        let up = checkout.launch_in_terminal();
        until_so("the probe hangs", || {
            checkout.roles_that("settled").contains(&"web~probe".to_owned())
        });
        up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(checkout.processes("page"), []);
    });
}

/// The supervisor is killed between a crash and the restart.
#[test]
fn a_killed_supervisor_starts_nobody_again() {
    fenced(|| {
        let checkout = Project::new()
            .service("web", puppet().exits(1))
            .with("web", "restart: {policy: always, delay: 1ms}")
            .service("other", puppet())
            .check_out();
        let up = checkout.launch();
        until_so("it loops", || checkout.processes("web").len() > 3);
        let up = up.kills_supervisor();
        let _ = checkout.down(&[]);
        up.finish();
        checkout.wait_until_empty().leaves_nothing();
    });
}
