//! The next `up` goes on with what the guards have kept.

use super::{guard_of, orphaned, staying, waits_for};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, fenced, puppet, record};
use nix::sys::signal::Signal;

const LINES: usize = 2000;

fn run_of(checkout: &Checkout) -> String {
    let text = checkout.ledger_text("run.json");
    let book: serde_json::Value = serde_json::from_str(&text).expect("a ledger");
    book["run"].to_string()
}

#[test]
fn services_go_on_untouched_under_another_supervisor() {
    fenced(|| {
        let web = puppet().forks(2).orphan(puppet().setsid().clears_env());
        let project = staying().service("web", web).service("term", puppet());
        let up = project.with("term", "tty: true").up();
        let run = run_of(up.checkout());
        let before = up.checkout().events().len();
        let checkout = orphaned(up);
        let up = checkout.launch().sees("web, term go on").sees(" up in ");
        assert_eq!(run_of(&checkout), run);
        assert_eq!(checkout.events().len(), before, "something was started or asked");
        up.must_live();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = ended.says("web (pid ").leaves_nothing();
    });
}

/// Once more, and the guards of a second dead supervisor keep as well.
#[test]
fn again_and_again() {
    fenced(|| {
        let mut up = staying().service("web", puppet().polite("TERM", 0, 0).forks(1)).up();
        for _ in 0..3 {
            let checkout = orphaned(up);
            up = checkout.launch().sees("web goes on").sees(" up in ");
        }
        let checkout = up.checkout().clone();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        assert!(checkout.roles_that("asked").contains(&"web".to_owned()));
    });
}

#[test]
fn no_line_is_lost_or_doubled_by_those_who_take_over() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let (go, later) = (directory.path().join("go"), directory.path().join("later"));
        let web = puppet().awaits(&go).writes("half ").awaits(&later).says("whole").floods(LINES);
        let up = staying().service("web", web).launch();
        waits_for(up.checkout(), "born-recorded", "web");
        let checkout = orphaned(up.sees(" up in "));
        std::fs::write(&go, "").expect("a file");
        let log = || checkout.ledger_text("logs/web.log");
        let up = checkout.launch().sees("web goes on");
        std::fs::write(&later, "").expect("a file");
        waits_for(&checkout, "settled", "web");
        until_so("the last line is written", || log().contains(&record("web", LINES - 1)));
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let shown = checkout.call(&["logs", "web"]).ends_with(Exit::Ok);
        let lines: Vec<String> = shown
            .out()
            .lines()
            .filter_map(|line| Some(line.split_once("| ")?.1.to_owned()))
            .collect();
        let own = |line: &&String| line.starts_with("devsup: ");
        assert_eq!(lines.iter().filter(own).count(), 1);
        let rest: Vec<&String> = lines.iter().filter(|line| !own(line)).collect();
        assert_eq!(rest[0], "half whole");
        let expected: Vec<String> =
            (0..LINES).map(|at| record("web", at).trim_end().to_owned()).collect();
        assert!(rest[1..].iter().map(|line| line.trim_end()).eq(expected), "lost or doubled");
    });
}

/// Without its guard a service is swept and started afresh; its neighbour, which
/// has all marks of the same run, is not touched.
#[test]
fn a_service_without_a_guard_starts_afresh() {
    fenced(|| {
        let lost = puppet().orphan(puppet().setsid().clears_env());
        let kept = puppet().forks(3).child(puppet().hops(2));
        let up = staying().service("lost", lost).service("kept", kept).up();
        let (lost, kept) = (up.checkout().process("lost"), up.checkout().process("kept"));
        let guard = guard_of(up.checkout(), "lost");
        let checkout = orphaned(up);
        guard.signal(Signal::SIGKILL);
        let up = checkout.launch().sees("kept goes on").sees(" up in ");
        assert!(!lost.lives() && kept.lives());
        until_so("lost runs again", || checkout.process("lost") != lost);
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// What ended meanwhile is told with its exit, and started again; what had
/// completed before is not.
#[test]
fn what_ended_alone_is_told_and_what_had_completed_stays_so() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let go = directory.path().join("go");
        let project = staying()
            .service("web", puppet())
            .service("once", puppet().exits(0))
            .service("short", puppet().awaits(&go).exits(3));
        let up = project.launch().sees("once completed").sees(" up in ");
        waits_for(up.checkout(), "settled", "web");
        let checkout = orphaned(up);
        std::fs::write(&go, "").expect("a file");
        until_so("the exit is recorded", || checkout.ledger("short.exit").exists());
        std::fs::remove_file(&go).expect("it is there");
        let up = checkout.launch().sees("short ended (exit 3)").sees("web goes on").sees(" up in ");
        let born = checkout.roles_that("born-recorded");
        let times = |role: &str| born.iter().filter(|one| *one == role).count();
        until_so("it is born again", || {
            checkout.roles_that("born-recorded").iter().filter(|one| *one == "short").count() == 2
        });
        assert_eq!((times("once"), times("web")), (1, 1));
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_service_that_is_no_longer_declared_is_stopped() {
    fenced(|| {
        let up = staying().service("web", puppet()).service("old", puppet().forks(1)).up();
        let checkout = orphaned(up);
        let file = checkout.root().join("devsup.yaml");
        let text = std::fs::read_to_string(&file).expect("a config");
        std::fs::write(&file, text.split("  old:").next().expect("a half")).expect("a config");
        let up = checkout.launch().sees("old (pid ").sees("web goes on").sees(" up in ");
        assert!(!checkout.process("old").lives() && checkout.process("web").lives());
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
