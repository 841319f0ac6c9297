//! When there are colours, and that none of them spreads.

use crate::harness::{Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;
use regex::Regex;

const ESCAPE: char = '\x1b';

fn project() -> Project {
    let web = puppet().says("\x1b[31mred").says("plain again");
    Project::new().service("web", web).service("other", puppet().says("hello"))
}

fn stop(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn a_terminal_has_them_one_a_service() {
    fenced(|| {
        let up =
            project().up_in_terminal().sees("web   | plain").sees("other | hello").sees(" up in ");
        let said = up.raw();
        let colour_of = |name: &str| {
            let pattern = format!("\x1b\\[([0-9;]+)m{name} *\\|\x1b\\[0m ");
            let found = Regex::new(&pattern).expect("the pattern is sound").captures(&said);
            found.unwrap_or_else(|| panic!("`{name}` has no colour in {said:?}"))[1].to_owned()
        };
        assert_ne!(colour_of("web"), colour_of("other"));
        assert!(said.contains("\x1b[32m✓\x1b[0m"), "{said:?}");
        stop(up);
    });
}

/// The service left it on: it is off at the end of the line, and on again
/// behind the name in the next one, since it is the service's.
#[test]
fn one_that_is_left_on_does_not_leak() {
    fenced(|| {
        let up = project().up_in_terminal().sees("web   | plain").sees("other | hello");
        let said = up.raw();
        let of_web: Vec<&str> = said.lines().filter(|line| line.contains("web   |")).collect();
        let [first, second] = of_web[..] else { panic!("{of_web:?}") };
        assert!(first.contains("\x1b[31mred\x1b[0m"), "{first:?}");
        assert!(second.contains("\x1b[31mplain again\x1b[0m"), "{second:?}");
        let other = said.lines().find(|line| line.contains("other |")).expect("it was said");
        assert!(!other.contains("\x1b[31m"), "{other:?}");
        for line in said.lines() {
            let last = line.rfind(ESCAPE).map_or("", |at| &line[at..]);
            assert!(last.is_empty() || last.starts_with("\x1b[0m"), "left on: {line:?}");
        }
        stop(up);
    });
}

#[test]
fn no_color_and_never_switch_them_off() {
    fenced(|| {
        for project in [project().env("NO_COLOR", "1"), project().flag("--color never")] {
            let up = project.up_in_terminal().sees("web   | plain again").sees(" up in ");
            assert!(!up.raw().contains(ESCAPE), "{:?}", up.raw());
            stop(up);
        }
    });
}

#[test]
fn always_forces_them_into_a_pipe() {
    fenced(|| {
        for project in [project().flag("--color always"), project().env("CLICOLOR_FORCE", "1")] {
            let up = project.up().sees("web   | plain").sees(" up in ");
            let said = up.raw();
            assert!(
                said.contains("m\x1b[31mred\x1b[0m\n") || said.contains(" \x1b[31mred\x1b[0m\n"),
                "{said:?}"
            );
            assert!(said.contains("web   |\x1b[0m "), "{said:?}");
            stop(up);
        }
    });
}

#[test]
fn a_dumb_terminal_has_none() {
    fenced(|| {
        let up = project().env("TERM", "dumb").up_in_terminal().sees("web   | plain again");
        assert!(!up.raw().contains(ESCAPE), "{:?}", up.raw());
        stop(up);
    });
}
