use super::*;
use std::fs;

struct Given {
    directory: tempfile::TempDir,
}

fn given(files: &[(&str, &[&str])]) -> Given {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, lines) in files {
        let entries: Vec<String> = lines.iter().map(|line| format!("{}\n", entry(line))).collect();
        fs::write(directory.path().join(name), entries.concat()).expect("a file");
    }
    Given { directory }
}

/// `05 text` is what was written five seconds after ten o'clock.
fn entry(line: &str) -> String {
    let (second, text) = line.split_once(' ').expect("a second");
    format!("2001-02-03T10:00:{second}.000000000Z stdout F {text}")
}

fn at(second: u8) -> Option<Stamp> {
    Some(Stamp::of(format!("2001-02-03T10:00:{second:02}Z").parse().expect("a time")))
}

impl Given {
    fn logs(&self, names: &[&str], query: Query) -> Logs {
        let mut logs = Logs::new(query, false);
        for name in names {
            logs.add(&self.directory.path().join(name)).expect("it can be opened");
        }
        logs
    }

    fn ask(&self, query: Query) -> Vec<String> {
        all(&mut self.logs(&["web", "db"], query))
    }
}

fn all(logs: &mut Logs) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some((source, line)) = logs.next().expect("it can be read") {
        lines.push(format!("{source} {}", String::from_utf8_lossy(&line.text)));
    }
    lines
}

fn two() -> Given {
    given(&[
        ("web", &["01 a", "03 \x1b[31mc\x1b[0m", "05 e"]),
        ("db.1", &["02 b"]),
        ("db", &["04 d", "06 f"]),
    ])
}

#[test]
fn sources_are_merged_in_the_order_of_their_times() {
    let lines = two().ask(Query::default());
    assert_eq!(lines, ["0 a", "1 b", "0 \u{1b}[31mc\u{1b}[0m", "1 d", "0 e", "1 f"]);
}

#[test]
fn a_clock_that_was_set_back_moves_no_line() {
    let given = given(&[("web", &["05 a", "01 b", "06 c"]), ("db", &["04 x", "07 y"])]);
    assert_eq!(given.ask(Query::default()), ["1 x", "0 a", "0 b", "0 c", "1 y"]);
}

#[test]
fn lines_are_chosen_by_time_number_and_text() {
    let given = two();
    let since = Query { since: at(4), ..Query::default() };
    assert_eq!(given.ask(since), ["1 d", "0 e", "1 f"]);
    let between = Query { since: at(2), until: at(4), ..Query::default() };
    assert_eq!(given.ask(between).len(), 3);
    let tail = Query { tail: Some(1), ..Query::default() };
    assert_eq!(given.ask(tail), ["0 e", "1 f"]);
    let tail = Query { tail: Some(1), until: at(4), ..Query::default() };
    assert_eq!(given.ask(tail), ["0 \u{1b}[31mc\u{1b}[0m", "1 d"]);
    let grep = Regex::new("^[bc]$").ok();
    let grep = Query { grep, tail: Some(1), ..Query::default() };
    assert_eq!(given.ask(grep), ["1 b", "0 \u{1b}[31mc\u{1b}[0m"]);
}

#[test]
fn what_is_added_while_following_is_new_in_full() {
    let given = two();
    let mut logs = given.logs(&["web"], Query { tail: Some(1), ..Query::default() });
    assert_eq!(all(&mut logs), ["0 e"]);
    assert_eq!(logs.refresh().expect("it can be looked at"), [0; 0]);
    logs.add(&given.directory.path().join("db")).expect("it can be opened");
    assert_eq!(all(&mut logs), ["1 b", "1 d", "1 f"]);
}

#[test]
fn what_has_no_end_comes_at_the_end() {
    let given = two();
    let part = entry("09 more").replace(" F ", " P ");
    fs::write(given.directory.path().join("web"), format!("{part}\n")).expect("a file");
    let mut logs = given.logs(&["web", "db"], Query::default());
    assert_eq!(all(&mut logs).len(), 3);
    let last = logs.finish(false).map(|(source, line)| (source, line.text.clone()));
    assert_eq!(last, Some((0, b"more".to_vec())));
    assert!(logs.finish(false).is_none());
}
