//! The supervisor becomes another program in its own place.

use super::waits_for;
use crate::harness::wait::until_so;
use crate::harness::{CTRL_C, Checkout, Exit, Project, Running, fenced, puppet, record};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const LINES: usize = 60_000;

fn reloads(up: Running) -> Running {
    let _ = up.checkout().call(&["reload"]).ends_with(Exit::Ok).says("goes on as pid");
    up.sees("goes on where devsup")
}

#[test]
fn everything_goes_on_in_the_same_process() {
    fenced(|| {
        let project = Project::new()
            .service("web", puppet().forks(2).orphan(puppet().setsid().clears_env()))
            .service("term", puppet().prints_sizes())
            .with("term", "tty: true")
            .service("once", puppet().exits(0));
        let up = project.launch().sees("once completed").sees(" up in ");
        waits_for(up.checkout(), "settled", "web/3");
        let (before, supervisor) = (up.checkout().events().len(), up.supervisor());
        let up = reloads(reloads(up));
        assert_eq!(up.supervisor(), supervisor);
        assert_eq!(up.checkout().events().len(), before, "something was started or asked");
        assert_eq!(up.text().matches(" up in ").count(), 1, "the summary is not told again");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn no_line_is_lost_or_doubled() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let (go, later) = (directory.path().join("go"), directory.path().join("later"));
        let half = puppet().writes("half ").awaits(&later).says("whole");
        let up = Project::new()
            .service("web", puppet().awaits(&go).floods(LINES))
            .service("half", half)
            .launch()
            .sees(" up in ")
            .sees("half ");
        std::fs::write(&go, "").expect("a file");
        let mut up = up;
        while !up.checkout().roles_that("settled").contains(&"web".to_owned()) {
            up = reloads(up);
        }
        std::fs::write(&later, "").expect("a file");
        let last = record("web", LINES - 1);
        let up = up.sees("half whole").waits_until("all is said", || true).sees(&last);
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        all_in_order(&ended.text());
        let shown = ended.checkout().call(&["logs", "web", "half"]).ends_with(Exit::Ok);
        all_in_order(&shown.text());
        assert_eq!(shown.text().matches("half whole").count(), 1);
        ended.leaves_nothing();
    });
}

fn all_in_order(text: &str) {
    let mut lines = text.lines().filter(|line| line.contains("flood web"));
    for number in 0..LINES {
        let line = lines.next().unwrap_or_else(|| panic!("line {number} is missing"));
        assert!(line.contains(&record("web", number)), "{line} instead of {number}");
    }
    assert_eq!(lines.next(), None);
}

/// Counts of restarts go on, and the new program starts what comes next.
#[test]
fn restarts_go_on() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let go = directory.path().join("go");
        let web = puppet().awaits(&go).exits(3);
        let project = Project::new().service("web", web).service("other", puppet());
        let restart = "restart: {policy: on-failure, max: 2, delay: 1ms}";
        let up = reloads(project.with("web", restart).launch().sees(" up in "));
        std::fs::write(&go, "").expect("a file");
        let up = reloads(up.sees("(1 of 2)")).sees("2 restarts did not help");
        waits_for(up.checkout(), "settled", "other");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        assert_eq!(ended.text().matches("(1 of 2)").count(), 1);
        ended.leaves_nothing();
    });
}

#[test]
fn keys_and_deaths_are_still_noticed() {
    fenced(|| {
        let web = || Project::new().service("web", puppet().forks(1));
        let up = reloads(web().up_in_terminal()).presses(CTRL_C);
        up.ends_with(Exit::Ok).leaves_nothing();
        let up = reloads(web().up()).kills_supervisor();
        up.ends_with(Exit::Error).leaves_nothing();
        let up = reloads(web().up());
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

/// A program that can't be executed, or can't read the letter, changes nothing.
#[test]
fn what_can_not_be_executed_changes_nothing() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let checkout = up.checkout().clone();
        checkout.write_script("later", "no program", 0o644);
        let program = checkout.root().join("later").display().to_string();
        let wish =
            |form: u32| format!(r#"{{"program": "{program}", "devsup": "9.9.9", "form": {form}}}"#);
        let answer = asks(&checkout, &wish(9999));
        assert!(answer.contains("devsup 9.9.9 can't go on with this run"), "{answer}");
        let answer = asks(&checkout, &wish(1));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let up = reloads(up.sees("not reloaded, everything goes on as before"));
        assert!(checkout.process("web").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

fn asks(checkout: &Checkout, body: &str) -> String {
    let book: serde_json::Value =
        serde_json::from_str(&checkout.ledger_text("run.json")).expect("a ledger");
    let socket = book["socket"].as_str().expect("a socket");
    let mut stream = UnixStream::connect(socket).expect("somebody listens");
    let length = body.len();
    let request = format!(
        "POST /v1/reload HTTP/1.1\r\nhost: devsup\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn nothing_to_reload() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["reload"]).ends_with(Exit::NotRunning).says("nothing runs here");
        until_so("nothing was made", || !checkout.ledger("run.json").exists());
    });
}
