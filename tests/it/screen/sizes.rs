//! The size of the terminal, and whether services have one.

use crate::harness::wait::until_so;
use crate::harness::{CTRL_C, ENTER, Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

/// What stands before each line of `web`.
const PREFIX: u16 = 6;

fn stop(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn services_hear_of_a_new_size() {
    fenced(|| {
        let up = Project::new().service("web", puppet().prints_sizes()).up_in_terminal();
        let up = up.sees(&format!("web | terminal 50x{}", 200 - PREFIX));
        let up = up.resizes(30, 100).sees(&format!("web | terminal 30x{}", 100 - PREFIX));
        stop(up.resizes(40, 120).sees(&format!("web | terminal 40x{}", 120 - PREFIX)));
    });
}

#[test]
fn services_have_a_terminal_where_devsup_has_one() {
    fenced(|| {
        let project = || Project::new().service("web", puppet().prints_terminal());
        stop(project().up_in_terminal().sees(&format!("web | terminal 50x{}", 200 - PREFIX)));
        stop(project().up().sees("web | terminal none"));
        stop(project().with("web", "tty: true").up().sees("web | terminal 24x"));
        stop(project().with("web", "tty: false").up_in_terminal().sees("web | terminal none"));
        let whole = project().flag("--no-prefix").up_in_terminal();
        stop(whole.sees("terminal 50x200"));
    });
}

/// Names take half of it; everything still works.
#[test]
fn a_narrow_terminal() {
    fenced(|| {
        let project =
            Project::new().service("a-rather-long-name", puppet().says("hello").prints_terminal());
        let checkout = project.check_out();
        let shell = checkout.shell().types("stty cols 20 rows 5; devsup up").sees(" up in ");
        checkout.wait_until_settled();
        let shell =
            shell.sees("a-rather-long-name | hello").sees("a-rather-long-name | terminal 5x20");
        let shell = shell.presses(ENTER).sees("──── ");
        let shell = shell.presses(CTRL_C).sees("0 containers left");
        // What is typed before belongs to whoever reads the terminal then.
        until_so("the shell has its terminal again", || shell.text().ends_with("shell> "));
        let shell = shell.types("exit 7");
        let ended = shell.ends_with(Exit::Code(7)).leaves_nothing();
        let said = ended.text();
        let separator = said.lines().find(|line| line.contains("──── ")).expect("it was drawn");
        let width = separator.trim_end().chars().count();
        assert!(width <= 20, "{width} columns: {separator:?}");
    });
}

/// Even where it says that it has no size at all.
#[test]
fn a_terminal_of_no_size() {
    fenced(|| {
        let project = Project::new().service("web", puppet().says("hello").prints_terminal());
        let up = project.up_in_terminal().resizes(0, 0).presses(ENTER).sees("──── ");
        stop(up.sees("web | hello"));
    });
}

#[test]
fn the_separator_follows_the_width() {
    fenced(|| {
        let up = Project::new().service("web", puppet().prints_sizes()).up_in_terminal();
        let up = up.resizes(24, 40).sees(&format!("terminal 24x{}", 40 - PREFIX));
        let up = up.presses(ENTER).sees("──── ");
        let said = up.text();
        let separator = said.lines().find(|line| line.contains("──── ")).expect("it was drawn");
        assert_eq!(separator.trim_end().chars().count(), 40);
        stop(up);
    });
}

/// What tells of a wait is written over, which works only where it has not
/// wrapped, and not at all on a terminal that can't go back.
#[test]
fn a_wait_fits_the_terminal_that_shows_it() {
    fenced(|| {
        for (call, over) in [("devsup down", true), ("TERM=dumb devsup down", false)] {
            let web = puppet().ignores("TERM");
            let up = Project::new().grace_ms(1500).service("web", web).up();
            let shell = up.checkout().shell().types("stty cols 40 rows 9");
            let shell = shell.types(call).sees("containers left");
            let said = shell.text();
            assert_eq!(shell.raw().contains("\x1b[1A\x1b[J"), over, "{said:?}");
            let waits: Vec<&str> =
                said.split(['\r', '\n']).filter(|line| line.contains(" s left")).collect();
            assert!(!waits.is_empty(), "{said:?}");
            assert!(!over || waits.iter().all(|line| line.chars().count() < 40), "{waits:?}");
            let _ = shell.types("exit").finish();
            up.ends_with(Exit::Ok).leaves_nothing();
        }
    });
}
