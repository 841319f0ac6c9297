//! Many services that write as fast as they can, in pieces that end anywhere:
//! nothing is lost, torn, merged or out of order.

use crate::harness::{Checkout, Exit, Project, fenced, puppet, record};
use std::fs;

const SERVICES: [&str; 8] = ["a", "bb", "c", "d", "e", "f", "g", "h"];
const LINES: usize = 5_000;

fn project() -> Project {
    let flood = || puppet().floods(LINES).exits(0);
    SERVICES.iter().fold(Project::new(), |project, name| project.service(name, flood()))
}

/// Every line is the next one of the service it is said to be of.
fn is_whole(text: &str) {
    let mut next = [0; SERVICES.len()];
    for line in text.lines() {
        let (name, said) = line.split_once(" | ").unwrap_or_else(|| panic!("torn: {line:?}"));
        let padded = format!("{:2}", name.trim_end());
        assert_eq!(name, padded, "the names are padded to one width");
        let at = SERVICES.iter().position(|service| *service == name.trim_end());
        let at = at.unwrap_or_else(|| panic!("nobody is called {name:?}"));
        assert_eq!(said, record(SERVICES[at], next[at]), "after {} lines", next[at]);
        next[at] += 1;
    }
    assert_eq!(next, [LINES; SERVICES.len()]);
    assert!(text.ends_with('\n'));
}

/// The log of each has all its lines, each with its time, in the form that
/// the tools for container logs read.
fn logs_are_whole(checkout: &Checkout) {
    for name in SERVICES {
        let log = checkout.ledger_text(&format!("logs/{name}.log"));
        for (at, line) in log.lines().enumerate() {
            let [stamp, stream, tag, said] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
                panic!("torn: {line:?}");
            };
            is_stamp(stamp);
            assert_eq!((stream, tag), ("stdout", "F"));
            assert_eq!(said, record(name, at));
        }
        assert_eq!(log.lines().count(), LINES);
    }
}

/// `2026-11-21T10:00:00.123456789Z`
fn is_stamp(stamp: &str) {
    let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000000Z", "{stamp}");
}

#[test]
fn into_a_pipe() {
    fenced(|| {
        let ended = project().launch().ends_with(Exit::Ok).leaves_nothing();
        is_whole(&ended.out());
        logs_are_whole(ended.checkout());
    });
}

#[test]
fn into_a_file() {
    fenced(|| {
        let checkout = project().check_out();
        checkout.script("exec devsup up > ../out").ends_with(Exit::Ok).leaves_nothing();
        is_whole(&fs::read_to_string(checkout.beside("out")).expect("it was written"));
        logs_are_whole(&checkout);
    });
}

/// The log is complete whatever the stream leaves out.
#[test]
fn without_names() {
    fenced(|| {
        let ended = project().flag("--no-prefix").launch().ends_with(Exit::Ok).leaves_nothing();
        let out = ended.out();
        for name in SERVICES {
            let begin = format!("flood {name} ");
            let said: Vec<&str> = out.lines().filter(|line| line.starts_with(&begin)).collect();
            let wanted: Vec<String> = (0..LINES).map(|at| record(name, at)).collect();
            assert_eq!(said, wanted);
        }
        assert_eq!(out.lines().count(), LINES * SERVICES.len());
        logs_are_whole(ended.checkout());
    });
}

/// Both streams of each, and a terminal that some of them have.
#[test]
fn of_services_on_terminals() {
    fenced(|| {
        let project =
            SERVICES.iter().step_by(2).fold(project(), |all, name| all.with(name, "tty: true"));
        let ended = project.launch().ends_with(Exit::Ok).leaves_nothing();
        is_whole(&ended.out());
        logs_are_whole(ended.checkout());
    });
}

/// A line that is over the cap is cut, in the log so that it can be put
/// together again.
#[test]
fn of_one_endless_line() {
    fenced(|| {
        let long = "x".repeat(300_000);
        let checkout = Project::new().command("web", "cat long; echo; echo short").check_out();
        checkout.write("long", &long);
        let ended = checkout.launch().ends_with(Exit::Ok).leaves_nothing();
        let entries = checkout.ledger_text("logs/web.log");
        let mut whole = String::new();
        let lines: Vec<&str> = entries.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let [stamp, stream, tag, said] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
                panic!("torn");
            };
            is_stamp(stamp);
            assert_eq!(stream, "stdout");
            let last_part = at == lines.len() - 2;
            assert_eq!(tag, if last_part || said == "short" { "F" } else { "P" });
            whole.push_str(said);
        }
        assert!(whole == format!("{long}short"), "{} bytes", whole.len());
        let shown = ended.out();
        assert_eq!(shown.matches('x').count(), long.len());
        assert!(shown.ends_with("\nweb | short\n"));
    });
}
