//! How lines look in a pipe.

use crate::harness::{Ended, Exit, Project, fenced, puppet};
use regex::Regex;

fn ends(project: Project) -> Ended {
    project.launch().ends_with(Exit::Ok).leaves_nothing()
}

#[test]
fn names_are_padded_to_one_width() {
    fenced(|| {
        let project = Project::new()
            .service("a", puppet().says("one").exits(0))
            .service("longer", puppet().exits(0))
            .depends_on_end("longer", "a");
        assert_eq!(ends(project).out(), "a      | one\n");
    });
}

#[test]
fn timestamps_come_first() {
    fenced(|| {
        let web = puppet().says("one").says("two").exits(0);
        let ended = ends(Project::new().service("web", web).flag("-T"));
        let pattern = r"^\d\d:\d\d:\d\d web \| one\n\d\d:\d\d:\d\d web \| two\n$";
        let pattern = Regex::new(pattern).expect("the pattern is sound");
        assert!(pattern.is_match(&ended.out()), "{}", ended.out());
        let log = ended.checkout().ledger_text("logs/web.log");
        assert!(log.lines().all(|line| !line.contains("web |")), "{log}");
    });
}

#[test]
fn names_can_be_left_out() {
    fenced(|| {
        let web = puppet().says("one").says("").says("two").exits(0);
        let ended = ends(Project::new().service("web", web).flag("--no-prefix"));
        assert_eq!(ended.out(), "one\n\ntwo\n");
    });
}

#[test]
fn colours_stay_away_from_pipes() {
    fenced(|| {
        let web = puppet().says("\x1b[32mgreen\x1b[0m and \x1b]0;a title\x07plain").exits(0);
        let ended = ends(Project::new().service("web", web));
        assert_eq!(ended.out(), "web | green and plain\n");
        assert!(!ended.err().contains('\x1b'));
    });
}

/// Into a pipe the bytes pass as they are: what reads there may know them.
#[test]
fn bytes_that_are_no_text_pass() {
    fenced(|| {
        let checkout = Project::new().command("web", "cat bytes").check_out();
        let bytes = b"caf\xc3\xa9 \xe2\x9c\x93\nlatin caf\xe9 \xff\xfe\ncut \xe2\x9c\n";
        std::fs::write(checkout.root().join("bytes"), bytes).expect("it can be written");
        let ended = checkout.launch().ends_with(Exit::Ok).leaves_nothing();
        let wanted =
            b"web | caf\xc3\xa9 \xe2\x9c\x93\nweb | latin caf\xe9 \xff\xfe\nweb | cut \xe2\x9c\n";
        assert_eq!(ended.out_bytes(), wanted);
        let log = std::fs::read(checkout.ledger("logs/web.log")).expect("it was written");
        let said: Vec<&[u8]> = log.split_inclusive(|&byte| byte == b'\n').collect();
        assert!(said[1].ends_with(b" stdout F latin caf\xe9 \xff\xfe\n"));
    });
}

/// Where the locale has no such signs there are others.
#[test]
fn words_are_plain_where_the_locale_is() {
    fenced(|| {
        let project = Project::new().env("LC_ALL", "C").service("web", puppet().exits(42));
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        assert!(ended.text().is_ascii(), "{}", ended.text());
        let _ = ended.says("x web failed: exit 42");
    });
}

#[test]
fn standard_error_is_named_in_the_log() {
    fenced(|| {
        let ended = ends(Project::new().service("web", puppet().complains("oh").exits(0)));
        let log = ended.checkout().ledger_text("logs/web.log");
        assert!(log.ends_with("Z stderr F oh\n"), "{log}");
    });
}

/// A second run goes on where the first has ended.
#[test]
fn logs_of_an_earlier_run_stay() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().says("hello").exits(0)).check_out();
        for _ in 0..2 {
            checkout.launch().ends_with(Exit::Ok).leaves_nothing();
        }
        assert_eq!(checkout.ledger_text("logs/web.log").matches(" F hello\n").count(), 2);
    });
}
