//! `up` in a terminal, and in a shell with job control.

use crate::harness::{CTRL_C, CTRL_Z, ENTER, Exit, Project, fenced, puppet};
use std::fs;

#[test]
fn colours_on_a_terminal_and_what_the_service_coloured() {
    fenced(|| {
        let web = puppet().says("\x1b[32mgreen\x1b[0m");
        let up = Project::new().service("web", web).up_in_terminal().sees("green");
        let ended = up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
        let raw = ended.out();
        let line = raw.lines().find(|line| line.contains("green")).expect("it is there");
        let (prefix, behind) = line.split_once("green").expect("it is there");
        assert!(prefix.contains("\x1b[32m"), "{line:?}");
        assert!(
            prefix.split_once("web").is_some_and(|parts| parts.0.contains("\x1b[")),
            "{line:?}"
        );
        assert!(behind.contains("\x1b[0m"), "{line:?}");
    });
}

#[test]
fn no_color_is_obeyed() {
    fenced(|| {
        let web = puppet().says("plain");
        let project = Project::new().env("NO_COLOR", "1").service("web", web);
        let up = project.up_in_terminal().sees("plain");
        let ended = up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
        let coloured = regex::Regex::new("\x1b\\[[0-9;]*[1-9][0-9;]*m").expect("it is sound");
        let raw = ended.out();
        assert!(!coloured.is_match(&raw), "{raw:?}");
    });
}

#[test]
fn a_service_gets_a_terminal_where_there_is_one() {
    fenced(|| {
        let web = puppet().prints_terminal();
        let up = Project::new().service("web", web.clone()).up_in_terminal().sees("terminal ");
        let ended = up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("terminal none");
        let up = Project::new().service("web", web).up().sees("terminal none");
        up.signal(nix::sys::signal::Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn services_hear_of_a_new_size() {
    fenced(|| {
        let up = Project::new().service("web", puppet().prints_sizes()).up_in_terminal();
        let up = up.sees("terminal 50x").resizes(33, 120).sees("terminal 33x");
        up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Enter draws a line with the time.
#[test]
fn enter_separates() {
    fenced(|| {
        let up = Project::new().service("web", puppet().says("before")).up_in_terminal();
        let up = up.sees("before").sees("Ctrl-C");
        let time = regex::Regex::new(r"\d\d:\d\d:\d\d").expect("the pattern is sound");
        let times = |text: &str| time.find_iter(text).count();
        let had = times(&up.text());
        let mut text = String::new();
        let up = up.presses(ENTER);
        crate::harness::wait::until_so("a time is shown", || {
            text = up.text();
            times(&text) > had
        });
        up.presses(CTRL_C).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Ctrl-Z stops the screen and gives the shell back; the services go on.
#[test]
fn suspended_and_resumed() {
    fenced(|| {
        let file = tempfile::TempDir::new().expect("a directory can be made");
        let counter = file.path().join("counter");
        let count = || fs::read_to_string(&counter).ok().and_then(|text| text.parse::<u64>().ok());
        let project = Project::new().service("web", puppet().counts(&counter));
        let checkout = project.check_out();
        let shell = checkout.shell().types("devsup up; echo statu's'=$?");
        checkout.wait_until_settled();
        let shell = shell.sees("Ctrl-C").presses(CTRL_Z).sees("Stopped").types("echo her'e'");
        let shell = shell.sees("here");
        let then = count().expect("it has counted");
        let shell = shell.waits_until("the service has gone on", || count() > Some(then + 20));
        let shell = shell.types("fg").continues("devsup").presses(CTRL_C);
        shell.outlives("devsup").types("exit").finish().leaves_nothing();
    });
}

#[test]
fn a_shell_gets_its_terminal_back_with_the_status() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let shell = checkout.shell().types("devsup up; echo statu's'=$?");
        checkout.wait_until_settled();
        let shell = shell.presses(CTRL_C).sees("status=0").types("stty -a; echo don'e'");
        let shell = shell.sees("done");
        let text = shell.text();
        let modes = text.rsplit_once("status=0").expect("it was said").1;
        assert!(modes.contains(" icanon") && modes.contains(" echo "), "{modes}");
        shell.types("exit").ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn in_the_background_of_a_shell() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let shell = checkout.shell().types("devsup up > stream 2>&1 &");
        checkout.wait_until_settled();
        let shell = shell.types("kill -INT %1; wait; echo don'e'").sees("done");
        shell.types("exit").finish().leaves_nothing();
    });
}

#[test]
fn a_closed_window_of_a_shell() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().forks(2).ignores("HUP")).check_out();
        let shell = checkout.shell().types("devsup up");
        checkout.wait_until_settled();
        let _ = shell.closes_terminal().finish();
        let gone = || !checkout.ledger("run.json").exists();
        crate::harness::wait::until_so("the supervisor is done", gone);
        checkout.wait_until_empty().leaves_nothing();
    });
}

/// A closed window takes a flooding service along as well: nobody reads any
/// more, and that must not hold up the stop.
#[test]
fn a_closed_window_while_it_floods() {
    fenced(|| {
        let up =
            Project::new().service("web", puppet().says("go").floods(200_000)).launch_in_terminal();
        let ended = up.sees("flood web 00001").closes_terminal().finish();
        let checkout = ended.checkout();
        let gone = || !checkout.ledger("run.json").exists();
        crate::harness::wait::until_so("the supervisor is done", gone);
        checkout.wait_until_empty().leaves_nothing();
    });
}

/// A screen that nobody reads never holds up the services.
#[test]
fn a_stalled_terminal_does_not_stall_services() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().floods(100_000)).check_out();
        let shell = checkout.shell().types("devsup up");
        let shell = shell.sees("flood web").presses("\x13");
        checkout.wait_until_settled();
        let shell = shell.presses("\x11").presses(CTRL_C).outlives("devsup");
        shell.types("exit").finish().leaves_nothing();
    });
}

/// What the screen could not show while it was stopped is counted and told;
/// the file has it all.
#[test]
fn what_was_skipped_while_suspended_is_told() {
    const LINES: usize = 100_000;
    fenced(|| {
        let directory = tempfile::TempDir::new().expect("a directory can be made");
        let go = directory.path().join("go");
        let web = puppet().says("ready").awaits(&go).floods(LINES);
        let checkout = Project::new().service("web", web).check_out();
        let shell = checkout.shell().types("devsup up").sees("ready").sees("Ctrl-C");
        let shell = shell.presses(CTRL_Z).sees("Stopped");
        fs::write(&go, "").expect("the file can be made");
        checkout.wait_until_settled();
        let shell = shell.types("fg").continues("devsup").sees("skipped").presses(CTRL_C);
        shell.outlives("devsup").types("exit").finish().leaves_nothing();
        let log = checkout.ledger_text("logs/web.log");
        assert!(log.contains(&crate::harness::record("web", LINES - 1)));
    });
}
