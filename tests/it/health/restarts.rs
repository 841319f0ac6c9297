//! Who is started again after its end, how often, and what is said.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, Puppet, Running, fenced, free_port, puppet};
use nix::sys::signal::Signal;
use std::fs;

fn policy(policy: &str, web: Puppet) -> Checkout {
    let project = Project::new().service("other", puppet()).service("web", web);
    project.with("web", &format!("restart: {policy}")).check_out()
}

fn starts(checkout: &Checkout) -> usize {
    checkout.processes("web").len()
}

fn stops(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn without_a_policy_nobody_is_started_again() {
    fenced(|| {
        let checkout = policy("no", puppet().exits(3));
        let up = checkout.launch().sees("web failed: exit 3");
        let up = up.sees("it is not restarted; the others go on");
        assert_eq!(starts(&checkout), 1);
        stops(up);
    });
}

#[test]
fn always_means_after_a_good_end_too() {
    fenced(|| {
        for name in ["always", "unless-stopped"] {
            let rule = format!("{{policy: {name}, delay: 5ms}}");
            let checkout = policy(&rule, puppet().exits(0));
            let up = checkout.launch();
            until_so("it was started four times", || starts(&checkout) > 3);
            let up = up.sees("web ended: exit 0 after ").sees("it is started again in ");
            stops(up);
        }
    });
}

#[test]
fn on_failure_means_after_a_bad_end_alone() {
    fenced(|| {
        let checkout = policy("{policy: on-failure, delay: 5ms}", puppet().exits(0));
        let up = checkout.launch().sees("web completed: exit 0");
        assert_eq!(starts(&checkout), 1);
        stops(up);
        let checkout = policy("{policy: on-failure, delay: 5ms}", puppet().dies("ABRT"));
        let up = checkout.launch();
        until_so("it was started four times", || starts(&checkout) > 3);
        stops(up.sees("web crashed: killed by SIGABRT").sees("it called abort()"));
    });
}

/// Three restarts, then `failed` with the last error, in these words.
#[test]
fn a_crash_loop_comes_to_its_end() {
    fenced(|| {
        let rule = "{policy: on-failure, max: 3, delay: 10ms, backoff: 2}";
        let project = Project::new().service("web", puppet().says("no database").exits(3));
        let project = project.with("web", &format!("restart: {rule}"));
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        assert_eq!(starts(ended.checkout()), 4);
        let _ = ended.says_in_order(&[
            "web crashed: exit 3 after ",
            "no database",
            "it is started again in 10 ms (1 of 3)",
            "web crashed: exit 3 after ",
            "it is started again in 20 ms (2 of 3)",
            "it is started again in 40 ms (3 of 3)",
            "web failed: exit 3 after ",
            "no database",
            "it is not restarted (3 restarts did not help)",
        ]);
    });
}

#[test]
fn the_short_form_has_its_number() {
    fenced(|| {
        // The pause of the short form is five seconds, and nobody waits for it.
        let checkout = policy("on-failure:2", puppet().exits(3));
        let up = checkout.launch().sees("it is started again in 5 s (1 of 2)");
        assert_eq!(starts(&checkout), 1);
        stops(up);
    });
}

/// Who ran for the window between two crashes is not in a loop.
#[test]
fn a_run_as_long_as_the_window_forgives() {
    fenced(|| {
        let rule = "{policy: on-failure, max: 1, delay: 5ms, window: 50ms}";
        let checkout = policy(rule, puppet().naps(80).exits(3));
        let up = checkout.launch();
        until_so("it was started five times", || starts(&checkout) > 4);
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.says("(1 of 1)").never_says("web failed");
    });
}

/// It stops answering; the third bad answer is one too many.
#[test]
fn unhealthy_after_its_retries_it_is_restarted_within_the_caps() {
    fenced(|| {
        let (port, page) = (free_port(), std::env::temp_dir().join("page"));
        let good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        fs::write(&page, good).expect("it can be written");
        let project = Project::new()
            .service("other", puppet())
            .service("web", puppet().serves(port, &page))
            .with("web", "restart: {policy: on-failure, max: 1, delay: 10ms}")
            .with("web", &format!("healthcheck: {{http: \"http://127.0.0.1:{port}\", interval: 20ms, start_interval: 20ms, retries: 3, timeout: 100ms}}"))
            .with("web", "startup_timeout: 20s");
        let checkout = project.check_out();
        let up = checkout.launch().sees(" up in ");
        fs::write(&page, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n").expect("written");
        let up = up.sees("web is unhealthy (HTTP 500); it is started again in 10 ms (1 of 1)");
        until_so("it was started again", || starts(&checkout) == 2);
        fs::write(&page, good).expect("written");
        let up = up.sees("web is healthy ");
        fs::write(&page, "hang").expect("written");
        let up = up.sees(
            "web is unhealthy (timed out after 100 ms); stopping it (a restart did not help)",
        );
        let up = up.sees("web failed: unhealthy, and stopped after ");
        assert_eq!(starts(&checkout), 2);
        assert!(checkout.process("other").lives());
        stops(up);
    });
}

/// The tree of the one before is gone before the next one begins.
#[test]
fn never_two_at_once() {
    fenced(|| {
        let daemon = puppet().ignores("TERM").setsid();
        let web = puppet().orphan(daemon.clone()).child(daemon).exits(1);
        let checkout = Project::new()
            .grace_ms(20)
            .service("web", web)
            .with("web", "restart: {policy: always, delay: 0s}")
            .check_out();
        let up = checkout.launch();
        until_so("it was started four times", || {
            let living = checkout.processes("web/1").into_iter().filter(|one| one.lives()).count();
            assert!(living <= 1, "the one before lives on");
            starts(&checkout) > 3
        });
        stops(up);
    });
}

/// What is gone for good is no crash: a command that is not there.
#[test]
fn what_can_t_be_started_is_not_tried_again() {
    fenced(|| {
        let project = Project::new().command("web", "no-such-program");
        let project = project.with("web", "restart: {policy: always, delay: 1ms}");
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        assert_eq!(ended.text().matches("web can't start").count(), 1);
    });
}

/// A restart is no exit: these two wait until it is given up.
#[test]
fn one_that_is_restarted_does_not_abort() {
    fenced(|| {
        for flag in ["--abort-on-exit", "--abort-on-failure"] {
            let ended = Project::new()
                .service("other", puppet())
                .service("web", puppet().exits(42))
                .with("web", "restart: {policy: on-failure, max: 2, delay: 5ms}")
                .flag(flag)
                .launch()
                .ends_with(Exit::Code(42))
                .leaves_nothing()
                .says("all others are stopped, as asked");
            assert_eq!(starts(ended.checkout()), 3, "{flag}");
        }
    });
}

/// The audit has every start and every end.
#[test]
fn the_history_has_every_start_and_every_end() {
    fenced(|| {
        let project = Project::new().service("web", puppet().exits(3));
        let project = project.with("web", "restart: {policy: on-failure, max: 2, delay: 5ms}");
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        let checkout = ended.checkout();
        let history = checkout.ledger_text("history.jsonl");
        let lines = |what: &str| {
            let mark = format!("\"event\":\"{what}\",\"service\":\"web\",\"pid\":");
            let marked =
                history.lines().filter_map(|line| Some(line.split_once(&mark)?.1.to_owned()));
            marked.collect::<Vec<_>>()
        };
        let pids = || checkout.processes("web").into_iter().map(|process| process.pid);
        let started: Vec<String> = pids().map(|pid| format!("{pid}}}")).collect();
        let exited: Vec<String> =
            pids().map(|pid| format!("{pid},\"outcome\":{{\"exited\":3}}}}")).collect();
        assert_eq!((lines("started"), lines("exited")), (started, exited), "{history}");
    });
}
