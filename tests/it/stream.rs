//! The stream into a pipe: nothing torn, nothing lost, nothing mixed.

use crate::harness::{Ended, Exit, Project, fenced, puppet, record};
use nix::sys::signal::Signal;
use std::fs;

/// Its lines, as one service's part of the stream.
fn lines_of<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(" | "));
    lines.filter(|parts| parts.0.trim() == name).map(|parts| parts.1).collect()
}

fn ended(project: Project) -> Ended {
    project.launch().ends_with(Exit::Ok).leaves_nothing()
}

#[test]
fn names_stand_before_the_lines_and_are_padded() {
    fenced(|| {
        let project = Project::new()
            .service("a", puppet().says("short").exits(0))
            .service("longer", puppet().says("long").complains("loud").exits(0));
        let out = ended(project).out();
        for line in ["a      | short", "longer | long", "longer | loud"] {
            assert!(out.lines().any(|one| one == line), "`{line}` is not in:\n{out}");
        }
    });
}

#[test]
fn without_prefix() {
    fenced(|| {
        let project =
            Project::new().flag("--no-prefix").service("web", puppet().says("bare").exits(0));
        assert!(ended(project).out().lines().any(|line| line == "bare"));
    });
}

#[test]
fn with_time() {
    fenced(|| {
        let project = Project::new().flag("-T").service("web", puppet().says("timed").exits(0));
        let timed =
            regex::Regex::new(r"(?m)\d\d:\d\d:\d\d.* timed$").expect("the pattern is sound");
        assert!(timed.is_match(&ended(project).out()));
    });
}

#[test]
fn a_line_without_its_end_is_shown_whole_and_alone() {
    fenced(|| {
        let up = Project::new()
            .service("ask", puppet().writes("password: "))
            .service("web", puppet().says("something else"))
            .up()
            .sees("password:")
            .sees("something else");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let mixed = ended
            .text()
            .lines()
            .any(|line| line.contains("password:") && line.contains("something else"));
        assert!(!mixed);
    });
}

#[test]
fn a_last_line_without_its_end_comes_before_the_notice() {
    fenced(|| {
        let web = puppet().says("first").writes("last words").exits(3);
        let up = Project::new().service("web", web).launch();
        let ended = up.ends_with(Exit::Error).leaves_nothing();
        let out = ended.text();
        assert_eq!(lines_of(&out, "web").first(), Some(&"first"));
        let _ = ended.says_in_order(&["first", "last words", "exit 3"]);
    });
}

#[test]
fn carriage_returns_collapse_to_what_is_last() {
    fenced(|| {
        let web = puppet().says("10%\r50%\r100%").exits(0);
        let out = ended(Project::new().service("web", web)).out();
        assert_eq!(lines_of(&out, "web"), ["100%"]);
    });
}

#[test]
fn colours_never_leak_into_the_next_line() {
    fenced(|| {
        let web = puppet().says("\x1b[31mred and open").says("plain").exits(0);
        let project = Project::new().flag("--color always").service("web", web);
        let out = ended(project).out();
        let red = out.lines().find(|line| line.contains("red and open")).expect("it is there");
        let behind = red.split_once("red and open").expect("it is there").1;
        assert!(red.contains("\x1b[31m") && behind.contains("\x1b[0m"), "{red:?}");
    });
}

#[test]
fn no_colours_into_a_pipe() {
    fenced(|| {
        let web = puppet().says("\x1b[31mred\x1b[0m").exits(0);
        let out = ended(Project::new().service("web", web)).out();
        assert!(!out.contains('\x1b'), "{out:?}");
    });
}

#[test]
fn eight_floods_arrive_whole_in_the_pipe_and_in_the_files() {
    const LINES: usize = 5000;
    fenced(|| {
        let mut project = Project::new();
        let names: Vec<String> = (0..8).map(|number| format!("s{number}")).collect();
        for name in &names {
            project = project.service(name, puppet().floods(LINES).exits(0));
        }
        let ended = ended(project);
        let out = ended.out();
        for name in &names {
            let said = lines_of(&out, name);
            assert_eq!(said.len(), LINES, "`{name}` has lost or torn lines");
            for (at, line) in said.iter().enumerate() {
                assert_eq!(*line, record(name, at));
            }
            let log = fs::read_to_string(ended.checkout().ledger(&format!("logs/{name}.log")));
            let log = log.expect("the log stays");
            let logged: Vec<&str> = log
                .lines()
                .filter_map(|line| line.split_once(" stdout F "))
                .map(|parts| parts.1)
                .collect();
            assert_eq!(logged.len(), LINES, "the log of `{name}` is not complete");
            assert!(logged.iter().enumerate().all(|(at, line)| *line == record(name, at)));
        }
    });
}

/// The reader of a pipe that is slow slows the services; it loses nothing.
#[test]
fn a_reader_that_waits_loses_nothing() {
    const LINES: usize = 20_000;
    fenced(|| {
        let project = Project::new().service("web", puppet().floods(LINES).exits(0));
        let checkout = project.check_out();
        // Reads nothing until the file is there.
        let slow = "mkfifo gate; devsup up --no-prefix 2>words | (read go < gate; cat > got)";
        let shell = checkout.shell().types(&format!("{slow}; echo don'e'"));
        let shell = shell
            .waits_until("the service runs", || !checkout.roles_that("born-recorded").is_empty());
        assert!(checkout.roles_that("settled").is_empty(), "it was not slowed");
        fs::write(checkout.root().join("gate"), "go\n").expect("the gate can be written");
        let shell = shell.sees("done");
        let got = fs::read_to_string(checkout.root().join("got")).expect("it was written");
        let got: Vec<&str> = got.lines().filter(|line| line.starts_with("flood ")).collect();
        assert_eq!(got.len(), LINES);
        shell.types("exit").ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn head_ends_it_quietly() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet().floods(20_000)).check_out();
        let shell = checkout.shell().types("devsup up | head -n 3 > got; echo don'e'").sees("done");
        assert_eq!(
            fs::read_to_string(checkout.root().join("got")).map(|got| got.lines().count()).ok(),
            Some(3)
        );
        let text = shell.text();
        assert!(!text.contains("panicked") && !text.contains("Broken pipe"), "{text}");
        shell.types("exit").finish().leaves_nothing();
    });
}

#[test]
fn goodbyes_come_before_the_verdict() {
    fenced(|| {
        let up = Project::new().service("web", puppet().polite("TERM", 0, 0)).up();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let log = ended.checkout().ledger_text("logs/web.log");
        assert!(log.contains("web says goodbye"));
        let _ = ended.says_in_order(&["web says goodbye", "0 processes"]);
    });
}

#[test]
fn long_lines_are_capped_and_complete_in_the_file() {
    fenced(|| {
        let long = "x".repeat(40_000);
        let web = puppet().says(&long).says("after it").exits(0);
        let ended = ended(Project::new().service("web", web));
        let file = ended.checkout().ledger_text("logs/web.log");
        let kept: usize = file.lines().map(|line| line.matches('x').count()).sum();
        assert_eq!(kept, long.len());
        let _ = ended.says("after it");
    });
}
