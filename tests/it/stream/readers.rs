//! Those who read: who go away, who are slow, who are no terminal.

use crate::harness::wait::until_so;
use crate::harness::{Exit, Project, fenced, puppet, record};
use nix::sys::signal::Signal;

/// Far more than fits in what lies between a service and its reader.
const LINES: usize = 60_000;

/// The first lines of the flood of `web`, as they come.
fn shown(prefix: &str, lines: usize) -> String {
    let lines = (0..lines).map(|at| format!("{prefix}{}\n", record("web", at)));
    lines.collect::<Vec<_>>().concat()
}

#[test]
fn one_who_goes_away_ends_everything_quietly() {
    fenced(|| {
        let project = Project::new().grace_ms(300).service("web", puppet().floods(10_000_000));
        let checkout = project.service("other", puppet().ignores("TERM").forks(2)).check_out();
        let up = checkout.script("devsup up 2> ../err | head -n 5");
        let ended = up.ends_with(Exit::Ok).leaves_nothing();
        let wanted = shown("web   | ", 5);
        assert_eq!(ended.out(), wanted);
        let said = std::fs::read_to_string(checkout.beside("err")).expect("it was written");
        for word in ["roken pipe", "panicked", "can't be written"] {
            assert!(!said.contains(word), "{said}");
        }
    });
}

/// Also where the words go the same way.
#[test]
fn one_who_goes_away_with_words_and_lines() {
    fenced(|| {
        let project = Project::new().service("web", puppet().floods(10_000_000));
        let up = project.check_out().script("devsup up 2>&1 | head -n 5");
        let ended = up.ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(ended.out().lines().count(), 5);
    });
}

/// He reads nothing until he is told, and then gets everything.
#[test]
fn one_who_is_slow_loses_nothing() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().floods(LINES).exits(0)).check_out();
        let up = checkout.script("devsup up | (while [ ! -e ../go ]; do sleep 0.01; done; cat)");
        until_so("it floods", || !checkout.roles_that("born-recorded").is_empty());
        let log = checkout.ledger("logs/web.log");
        until_so("something was read", || log.metadata().is_ok_and(|meta| meta.len() > 1 << 20));
        assert!(checkout.process("web").lives(), "nobody held it up");
        std::fs::write(checkout.beside("go"), "").expect("it can be written");
        let ended = up.ends_with(Exit::Ok).leaves_nothing();
        let wanted = shown("web | ", LINES);
        assert!(ended.out() == wanted, "{} bytes instead of {}", ended.out().len(), wanted.len());
    });
}

/// The run is over when he begins to read, and was for longer than devsup waits
/// for a reader when somebody asks it to end.
#[test]
fn one_who_is_late_loses_nothing() {
    fenced(|| {
        const FEW: usize = 1_000;
        let checkout = Project::new().service("web", puppet().floods(FEW).exits(0)).check_out();
        let up = checkout
            .script("devsup up | (while [ ! -e ../go ]; do sleep 0.01; done; sleep 3; cat)");
        until_so("it has ended", || checkout.roles_that("settled") == ["web"]);
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        std::fs::write(checkout.beside("go"), "").expect("it can be written");
        let ended = up.ends_with(Exit::Ok).leaves_nothing();
        let wanted = shown("web | ", FEW);
        assert!(ended.out() == wanted, "{} bytes instead of {}", ended.out().len(), wanted.len());
    });
}

/// But who asks for the end does not wait for a reader who never reads.
#[test]
fn one_who_never_reads_holds_up_no_stop() {
    fenced(|| {
        let project = Project::new().service("web", puppet().floods(10_000_000));
        let checkout = project.check_out();
        let up = checkout.script("devsup up | (while [ ! -e ../go ]; do sleep 0.01; done)");
        let log = checkout.ledger("logs/web.log");
        until_so("something was read", || log.metadata().is_ok_and(|meta| meta.len() > 1 << 20));
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        until_so("devsup is gone", || up.helpers("devsup").is_empty());
        std::fs::write(checkout.beside("go"), "").expect("it can be written");
        up.finish().leaves_nothing();
    });
}

/// Whoever started devsup may have closed everything.
#[test]
fn nobody_at_all() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().says("hello")).check_out();
        let up = checkout.script("exec devsup up <&- >&- 2>&-");
        checkout.wait_until_settled();
        until_so("the line is in the log", || {
            checkout.ledger_text("logs/web.log").ends_with(" stdout F hello\n")
        });
        up.signal(Signal::SIGTERM).ends_with(Exit::Ok).leaves_nothing();
    });
}
