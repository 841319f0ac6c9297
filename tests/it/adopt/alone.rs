//! Guards without a supervisor.

use super::{orphaned, staying, waits_for};
use crate::harness::wait::until_so;
use crate::harness::{Exit, Project, fenced, puppet, record};
use std::path::Path;

/// More than pipes and terminals hold.
const LINES: usize = 5000;

/// Whoever asks is told that there is something, and what to do.
#[test]
fn who_asks_for_a_supervisor_that_is_gone_is_told_who_goes_on() {
    fenced(|| {
        let up = staying().service("web", puppet()).service("db", puppet()).up();
        let checkout = orphaned(up);
        for words in [&["ps"][..], &["wait"], &["restart", "web"]] {
            let said = checkout.call(words).ends_with(Exit::NotRunning);
            let _ = said.says("the supervisor is gone").says("`web` and `db` go on without it");
        }
        let job = ["job", "start", "--name", "lint", "--", "sleep", "1000"];
        let _ = checkout.call(&job).ends_with(Exit::Ok);
        let said = checkout.call(&["ps"]).ends_with(Exit::NotRunning).says("lint");
        let _ = said.says("`web` and `db` go on without it");
        let _ = checkout.down(&[]).ends_with(Exit::Ok).leaves_nothing();
        let _ = checkout.call(&["ps"]).ends_with(Exit::NotRunning).says("nothing runs here");
    });
}

#[test]
fn a_service_writes_on_without_a_supervisor() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let go = directory.path().join("go");
        let web = || puppet().awaits(&go).floods(LINES);
        let project = staying().service("pipes", web()).service("term", web());
        let up = project.with("term", "tty: true").launch();
        for role in ["pipes", "term"] {
            waits_for(up.checkout(), "born-recorded", role);
        }
        let checkout = orphaned(up.sees(" up in "));
        std::fs::write(&go, "").expect("a file");
        for role in ["pipes", "term"] {
            waits_for(&checkout, "settled", role);
            has_all_lines(role, &checkout.ledger(&format!("logs/{role}.log")));
        }
        let _ = checkout.down(&[]).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Every line is there, once and in order, and so is a word about the gap.
fn has_all_lines(role: &str, log: &Path) {
    let text = || std::fs::read_to_string(log).unwrap_or_default();
    let last = record(role, LINES - 1);
    until_so("the last line is written", || text().contains(&last));
    let text = text();
    assert_eq!(text.matches("devsup: the supervisor is gone").count(), 1);
    let mut rest = text.as_str();
    for number in 0..LINES {
        let line = record(role, number);
        let (_, behind) = rest.split_once(&line).unwrap_or_else(|| panic!("`{line}` is missing"));
        rest = behind;
    }
}

/// A service that says a lot when it is asked to stop comes to its end.
#[test]
fn a_stop_without_a_supervisor_is_not_held_up_by_full_pipes() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let done = directory.path().join("done");
        let project = Project::new().grace_ms(30_000).command("web", "[sh, ./web.sh]");
        let checkout = project.check_out();
        let last_words = "head -c 300000 /dev/zero | tr '\\0' x; echo";
        let script = format!(
            "trap '{}; touch {}; exit 3' TERM\necho ready\nwhile :; do sleep 0.01; done\n",
            last_words.replace('\'', "'\\''"),
            done.display()
        );
        checkout.write("web.sh", &script);
        let up = checkout.launch().sees("ready");
        let checkout = orphaned(up);
        until_so("the service has said all", || done.exists());
        until_so("its end is recorded", || checkout.ledger("web.exit").exists());
        assert!(checkout.ledger_text("web.exit").ends_with(" exit 3\n"));
        let _ = checkout.down(&[]).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn what_stays_is_stopped_by_a_down_without_a_supervisor() {
    fenced(|| {
        let web = puppet().forks(2).orphan(puppet().setsid());
        let up = staying().service("web", web).service("stubborn", puppet().ignores("TERM")).up();
        let checkout = orphaned(up);
        assert_eq!(checkout.puppets_alive(), 5);
        let _ = checkout.down(&["-t", "300ms"]).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// A supervisor that is killed in the middle of a stop leaves a stop that ends.
#[test]
fn a_stop_that_has_begun_goes_on() {
    fenced(|| {
        let web = puppet().polite("TERM", 60_000, 0).forks(1);
        let up = staying().service("web", web).up().signal(nix::sys::signal::Signal::SIGINT);
        waits_for(up.checkout(), "asked", "web");
        let checkout = orphaned(up);
        checkout.wait_until_empty();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The front tells what has become of the services.
#[test]
fn the_front_says_that_they_stay() {
    fenced(|| {
        let up = staying().service("web", puppet()).up().kills_supervisor();
        let ended = up.ends_with(Exit::Error).says("its services go on").says("`devsup up`");
        let checkout = ended.checkout();
        assert_eq!(checkout.puppets_alive(), 1);
        let _ = checkout.down(&[]).ends_with(Exit::Ok).leaves_nothing();
    });
}
