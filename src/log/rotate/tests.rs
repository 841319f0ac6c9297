use super::*;
use crate::log::file::{Kind, LogFile, entries};
use proptest::prelude::*;
use std::time::Instant;

const STAMP: &str = "2026-11-21T10:00:00.000000001Z";
const WHOLE: Kind = Kind { stderr: false, terminal: false, part: false };

/// A log in a directory of its own.
struct Given {
    directory: tempfile::TempDir,
    log: LogFile,
}

fn given(max_size: u64, max_files: u32) -> Given {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("web.log");
    Given { log: LogFile::new(path, Rotation { max_size, max_files }), directory }
}

impl Given {
    fn lines(&mut self, lines: &str) {
        let mut bytes = Vec::new();
        entries(lines.as_bytes(), WHOLE, STAMP, &mut bytes);
        self.log.append(&bytes, STAMP, Instant::now()).expect("it can be written");
    }

    /// The lines of a file, without their heads; `None` if there is none.
    fn text(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.directory.path().join(name)).ok()?;
        assert!(text.is_empty() || text.ends_with('\n'), "`{name}` ends inside a line");
        let lines = text.lines().map(|line| line.strip_prefix(STAMP).expect("a whole entry"));
        Some(lines.map(|line| line.replacen(" stdout F ", "", 1) + " ").collect())
    }

    fn files(&self) -> usize {
        fs::read_dir(self.directory.path()).expect("a directory").count()
    }
}

#[test]
fn the_oldest_lines_go_when_all_files_are_full() {
    // An entry of one letter is 42 bytes long: two of them fit.
    let mut given = given(90, 3);
    for letter in ["a\n", "b\n", "c\nd\n", "e\n", "f\n", "g\n", "h\n", "i\n"] {
        given.lines(letter);
    }
    assert_eq!(given.text("web.log").as_deref(), Some("i "));
    assert_eq!(given.text("web.log.1").as_deref(), Some("g h "));
    assert_eq!(given.text("web.log.2").as_deref(), Some("e f "));
    assert_eq!(given.files(), 3);
}

#[test]
fn many_lines_at_once_fill_many_files() {
    let mut given = given(90, 10);
    given.lines("a\nb\nc\nd\ne\n");
    assert_eq!(given.text("web.log").as_deref(), Some("e "));
    assert_eq!(given.text("web.log.1").as_deref(), Some("c d "));
    assert_eq!(given.text("web.log.2").as_deref(), Some("a b "));
}

#[test]
fn a_line_longer_than_a_file_stays_whole() {
    let mut given = given(60, 10);
    let long = "x".repeat(500);
    given.lines(&format!("a\n{long}\nb\n"));
    assert_eq!(given.text("web.log").as_deref(), Some("b "));
    assert_eq!(given.text("web.log.1"), Some(long + " "));
    assert_eq!(given.text("web.log.2").as_deref(), Some("a "));
}

#[test]
fn a_single_file_begins_anew() {
    let mut given = given(90, 1);
    given.lines("a\nb\nc\n");
    assert_eq!(given.text("web.log").as_deref(), Some("c "));
    assert_eq!(given.files(), 1);
}

#[test]
fn files_beyond_a_smaller_limit_go() {
    let mut given = given(90, 2);
    for number in 1..6 {
        let old = given.directory.path().join(format!("web.log.{number}"));
        fs::write(old, "").expect("a file");
    }
    given.lines("a\nb\nc\n");
    assert_eq!(given.text("web.log").as_deref(), Some("c "));
    assert_eq!(given.text("web.log.1").as_deref(), Some("a b "));
    assert_eq!(given.files(), 2);
}

#[test]
fn a_log_goes_on_where_an_earlier_run_left_it() {
    let mut given = given(90, 3);
    given.lines("a\n");
    let path = given.log.path().to_owned();
    given.log = LogFile::new(path, Rotation { max_size: 90, max_files: 3 });
    given.lines("b\n");
    given.lines("c\n");
    assert_eq!(given.text("web.log").as_deref(), Some("c "));
    assert_eq!(given.text("web.log.1").as_deref(), Some("a b "));
}

#[test]
fn a_gap_in_the_numbers_is_filled() {
    let mut given = given(90, 5);
    for number in ["1", "3", "4"] {
        let old = given.directory.path().join(format!("web.log.{number}"));
        fs::write(old, format!("{STAMP} stdout F old{number}\n")).expect("a file");
    }
    given.lines("a\nb\nc\n");
    assert_eq!(given.text("web.log.1").as_deref(), Some("a b "));
    assert_eq!(given.text("web.log.2").as_deref(), Some("old1 "));
    assert_eq!(given.text("web.log.3").as_deref(), Some("old3 "));
    assert_eq!(given.text("web.log.4").as_deref(), Some("old4 "));
}

#[test]
fn a_directory_in_the_way_costs_no_line() {
    let mut given = given(90, 2);
    fs::create_dir(given.directory.path().join("web.log.1")).expect("a directory");
    given.lines("a\nb\nc\n");
    assert_eq!(given.text("web.log").as_deref(), Some("a b c "));
}

#[test]
fn two_writers_of_one_file_rotate_it_once() {
    let mut one = given(90, 3);
    let rotation = Rotation { max_size: 90, max_files: 3 };
    let mut other = LogFile::new(one.log.path().to_owned(), rotation);
    let mut line = Vec::new();
    entries(b"x\n", WHOLE, STAMP, &mut line);
    one.lines("a\nb\n");
    other.append(&line, STAMP, Instant::now()).expect("it can be written");
    one.lines("c\n");
    other.append(&line, STAMP, Instant::now()).expect("it can be written");
    let all: Vec<_> = ["web.log.2", "web.log.1", "web.log"].map(|name| one.text(name)).into();
    assert_eq!(all.into_iter().flatten().collect::<String>(), "a b x c x ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_cut_or_lost_or_moved(
        sizes in prop::collection::vec(prop::collection::vec(0usize..90, 1..8), 1..30),
        max_size in 1u64..300,
    ) {
        let mut given = given(max_size, 10_000);
        let mut all = String::new();
        for batch in sizes {
            let lines: String = batch.iter().map(|&size| "y".repeat(size) + "\n").collect();
            given.lines(&lines);
            all.push_str(&lines.replace('\n', " "));
        }
        let older = (1..).map_while(|number| given.text(&format!("web.log.{number}")));
        let older: Vec<String> = older.collect();
        let kept: String = older.into_iter().rev().chain(given.text("web.log")).collect();
        prop_assert_eq!(kept, all);
    }
}
