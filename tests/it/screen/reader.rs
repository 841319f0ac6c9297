//! A reader that stalls, that goes away in the middle of a flood, and a shell
//! that wants its terminal back.

use crate::harness::{CTRL_C, CTRL_Z, Exit, Project, fenced, puppet};
use std::fs;

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
fn a_closed_window_while_it_floods() {
    fenced(|| {
        let up = Project::new()
            .service("web", puppet().says("go").floods(200_000))
            .check_out()
            .launch_in_terminal();
        let ended = up.sees("flood web 00001").closes_terminal().finish();
        let checkout = ended.checkout();
        let gone = || !checkout.ledger("run.json").exists();
        crate::harness::wait::until_so("the supervisor is done", gone);
        checkout.wait_until_empty().leaves_nothing();
    });
}

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
