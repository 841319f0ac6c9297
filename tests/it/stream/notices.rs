//! What is said of a service that ended, and where.

use crate::harness::{Checkout, Ended, Exit, Project, Puppet, fenced, puppet, record};
use regex::Regex;

/// Lines and words in one stream, as a terminal would have them.
fn together(checkout: &Checkout, exit: Exit) -> Ended {
    checkout.script("exec devsup up 2>&1").ends_with(exit).leaves_nothing()
}

fn web(puppet: Puppet) -> Checkout {
    Project::new().service("web", puppet).check_out()
}

fn matches(text: &str, pattern: &str) {
    let regex = Regex::new(pattern).expect("the pattern is sound");
    assert!(regex.is_match(text), "`{pattern}` is not in:\n{text}");
}

/// One block: what happened, how long it had run, its last lines, what is next.
#[test]
fn a_crash_gets_one_block() {
    fenced(|| {
        let puppet = puppet().says("one").complains("two").exits(42);
        let ended = together(&web(puppet), Exit::Error);
        let said = ended.text();
        matches(
            &said,
            concat!(
                r"(?m)^✗ web failed: exit 42 after [\d.]+ m?s \(pid \d+\)\n",
                r"  its last lines:\n  │ one\n  │ two\n",
                r"  it is not restarted$"
            ),
        );
        let pid = ended.checkout().process("web").pid;
        let _ = ended.says(&format!("(pid {pid})"));
    });
}

#[test]
fn signals_are_decoded() {
    fenced(|| {
        for (signal, wanted) in [
            ("KILL", "killed by SIGKILL after"),
            ("TERM", "killed by SIGTERM after"),
            ("ABRT", "killed by SIGABRT after"),
            ("HUP", "killed by SIGHUP after"),
        ] {
            let ended = together(&web(puppet().dies(signal)), Exit::Error);
            let _ = ended.says(&format!("web failed: {wanted}"));
        }
    });
}

#[test]
fn odd_codes_are_explained() {
    fenced(|| {
        for (command, wanted) in [
            ("true && no-such-program", "exit 127 after"),
            ("true && no-such-program", "127 is the shell's: command not found"),
            ("true && ./devsup.yaml", "126 is the shell's: found, but not executable"),
        ] {
            let _ = together(&Project::new().command("web", command).check_out(), Exit::Error)
                .says(wanted);
        }
    });
}

/// A thousand lines are still in its pipe when it dies.
#[test]
fn the_last_lines_come_before_the_notice() {
    fenced(|| {
        const LINES: usize = 1_000;
        let flood = || puppet().floods(LINES).exits(42);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let project = names.iter().fold(Project::new(), |all, name| all.service(name, flood()));
        let said = together(&project.check_out(), Exit::Error).text();
        for name in names {
            let notice = said.find(&format!("✗ {name} failed: exit 42")).expect("it is told");
            let last = said.find(&format!("{name} | {}", record(name, LINES - 1)));
            assert!(last.expect("it is shown") < notice, "the end of {name} came too early");
            let behind = &said[notice..];
            assert!(!behind.contains(&format!("\n{name} | ")), "{name} spoke after its end");
            let quoted = |at| behind.contains(&format!("  │ {}\n", record(name, at)));
            assert!(quoted(LINES - 10) && quoted(LINES - 1), "the last lines of {name}");
            assert!(!quoted(LINES - 11), "more than the last lines");
        }
    });
}

/// A goodbye on the way out, too.
#[test]
fn what_it_says_when_it_is_asked_is_shown() {
    fenced(|| {
        let up = Project::new().service("web", puppet().polite("TERM", 10, 0)).up();
        let up = up.signal(nix::sys::signal::Signal::SIGINT);
        let ended = up.ends_with(Exit::Ok).leaves_nothing();
        assert!(ended.out().contains("web | web says goodbye\n"));
    });
}

/// The last line may have no end.
#[test]
fn an_unfinished_last_line_is_a_line() {
    fenced(|| {
        let ended = together(&web(puppet().says("one").writes("two").exits(42)), Exit::Error);
        let _ = ended.says_in_order(&["web | one\n", "web | two\n", "✗ web failed"]);
    });
}

#[test]
fn lines_go_to_stdout_and_words_to_stderr() {
    fenced(|| {
        let puppet = puppet().says("a line").complains("another").exits(42);
        let ended = Project::new().service("web", puppet).launch().ends_with(Exit::Error);
        let ended = ended.leaves_nothing();
        assert_eq!(ended.out(), "web | a line\nweb | another\n");
        let words = ended.err();
        for wanted in [" up in ", "web failed: exit 42", "0 processes"] {
            assert!(words.contains(wanted), "`{wanted}` is not in:\n{words}");
        }
    });
}

/// Colours are for readers; a quoted line has none.
#[test]
fn quoted_lines_are_plain() {
    fenced(|| {
        let puppet = puppet().says("\x1b[31mred\x1b[0m 10%\r90%").exits(42);
        let ended = together(&web(puppet), Exit::Error);
        assert!(
            ended.out().contains("  │ 90%\n") || ended.out().contains("  │ red 10%"),
            "{}",
            ended.out()
        );
        assert!(!ended.out().contains('\x1b'));
    });
}
