use super::*;
use crate::log::file::{Kind, LogFile, entries};
use crate::log::rotate::Rotation;
use proptest::prelude::*;
use std::fs;
use std::time::Instant;

const OUT: Kind = Kind { stderr: false, terminal: false, part: false };
const OUT_PART: Kind = Kind { part: true, ..OUT };
const ERR: Kind = Kind { stderr: true, ..OUT };
const ERR_PART: Kind = Kind { part: true, ..ERR };

struct Given {
    directory: tempfile::TempDir,
    log: LogFile,
    second: u32,
}

fn given(max_size: u64) -> Given {
    let directory = tempfile::tempdir().expect("a directory");
    let rotation = Rotation { max_size, max_files: 100 };
    Given { log: LogFile::new(directory.path().join("web.log"), rotation), directory, second: 0 }
}

impl Given {
    fn path(&self) -> &Path {
        self.log.path()
    }

    /// What the log writes, a second later each time.
    fn writes(&mut self, kind: Kind, bytes: &[u8]) {
        let stamp =
            format!("2001-02-03T10:{:02}:{:02}.000000000Z", self.second / 60, self.second % 60);
        self.second += 1;
        let mut all = Vec::new();
        entries(bytes, kind, &stamp, &mut all);
        self.log.append(&all, &stamp, Instant::now()).expect("it can be written");
    }

    fn raw(&self, name: &str, bytes: &[u8]) {
        let path = self.directory.path().join(name);
        fs::write(path, bytes).expect("a file");
    }

    fn reader(&self, from: &From<'_>) -> Reader {
        Reader::open(self.path(), from).expect("it can be opened")
    }

    fn all(&self) -> Vec<String> {
        rest(&mut self.reader(&ALL))
    }

    fn tail(&self, count: usize) -> Vec<String> {
        let from = From { tail: Some(count), ..ALL };
        rest(&mut self.reader(&from))
    }
}

const ALL: From<'static> = From { tail: None, since: None, is: &|_, _| true, live: false };

/// The lines there are now.
fn now(reader: &mut Reader) -> Vec<String> {
    let mut line = Line::default();
    let mut lines = Vec::new();
    while reader.next(&mut line).expect("it can be read") {
        lines.push(shown(&line));
    }
    lines
}

/// The same to the very end.
fn rest(reader: &mut Reader) -> Vec<String> {
    let mut lines = now(reader);
    let mut line = Line::default();
    while reader.finish(false, &mut line) {
        lines.push(shown(&line));
    }
    lines
}

fn shown(line: &Line) -> String {
    let sign = if line.stderr { "!" } else { "" };
    let more = if line.part { "+" } else { "" };
    format!("{sign}{}{more}", String::from_utf8_lossy(&line.text))
}

#[test]
fn lines_come_back_as_they_were_written_over_many_files() {
    let mut given = given(150);
    let mut expected = Vec::new();
    for number in 0..50 {
        given.writes(if number % 3 == 0 { ERR } else { OUT }, format!("{number}\n\n").as_bytes());
        let sign = if number % 3 == 0 { "!" } else { "" };
        expected.extend([format!("{sign}{number}"), sign.to_owned()]);
    }
    assert!(fs::read_dir(given.directory.path()).expect("a directory").count() > 10);
    assert_eq!(given.all(), expected);
}

#[test]
fn parts_are_joined_stream_by_stream_and_over_files() {
    let mut given = given(100);
    given.writes(OUT_PART, b"one-");
    given.writes(ERR_PART, b"two-");
    given.writes(OUT_PART, b"one-");
    given.writes(ERR, b"two\n");
    given.writes(OUT, b"one\nthree\n");
    assert_eq!(given.all(), ["!two-two", "one-one-one", "three"]);
    assert_eq!(given.tail(2), ["one-one-one", "three"]);
    assert_eq!(given.tail(3), ["!two-two", "one-one-one", "three"]);
}

#[test]
fn a_line_without_end_is_the_last_one() {
    let mut given = given(u64::MAX);
    given.writes(OUT, b"one\n");
    given.writes(OUT_PART, b"two-");
    given.writes(OUT_PART, b"two");
    assert_eq!(given.all(), ["one", "two-two"]);
    assert_eq!(given.tail(1), ["two-two"]);
    let mut reader = given.reader(&ALL);
    now(&mut reader);
    let mut line = Line::default();
    assert!(reader.finish(true, &mut line) && line.part, "it may go on");
}

#[test]
fn a_line_of_many_megabytes_comes_in_pieces() {
    let mut given = given(u64::MAX);
    let part = vec![b'x'; LINE_CAP];
    for _ in 0..100 {
        given.writes(OUT_PART, &part);
    }
    given.writes(OUT, b"end\nnext\n");
    let lines = given.all();
    let bytes: usize = lines.iter().map(|line| line.trim_end_matches('+').len()).sum();
    assert_eq!(bytes, 100 * LINE_CAP + "end".len() + "next".len());
    assert!(lines.len() > 5 && lines.iter().all(|line| line.len() < JOIN_CAP + 2 * LINE_CAP));
    assert!(lines.iter().rev().skip(2).all(|line| line.ends_with('+')));
    assert_eq!(given.tail(1), ["next"]);
}

#[test]
fn only_the_last_lines_are_shown_wherever_they_are() {
    let mut given = given(400);
    for number in 0..40 {
        given.writes(OUT, format!("{number}\n").as_bytes());
    }
    let all = given.all();
    for count in [0, 1, 5, 8, 9, 17, 39, 40, 41, usize::MAX] {
        assert_eq!(given.tail(count), all[all.len().saturating_sub(count)..], "{count}");
    }
}

#[test]
fn only_lines_that_are_wanted_count_for_the_tail() {
    let mut given = given(400);
    for number in 0..40 {
        given.writes(OUT, format!("{number}\n").as_bytes());
    }
    let from = From { tail: Some(2), is: &|_, text| text.ends_with(b"7"), ..ALL };
    let lines = rest(&mut given.reader(&from));
    assert_eq!((lines.first().map(String::as_str), lines.len()), (Some("27"), 13));
    let since = Some(Stamp::of("2001-02-03T10:00:38Z".parse().expect("a time")));
    let from = From { tail: Some(10), since, ..ALL };
    assert_eq!(rest(&mut given.reader(&from)), ["38", "39"]);
}

#[test]
fn torn_ends_and_foreign_lines_are_text() {
    let given = given(u64::MAX);
    given.raw("web.log.1", b"2001-02-03T10:00:00.000000000Z stdout F tor");
    given.raw("web.log", b"\xff\xfe\x00\n\n2001-02-03T10:00:01.000000000Z stderr F x\nno end");
    let expected = ["tor", "\u{fffd}\u{fffd}\u{0}", "", "!x", "no end"];
    assert_eq!(given.all(), expected);
    assert_eq!(given.tail(4), expected[1..]);
    let live = From { tail: Some(2), live: true, ..ALL };
    assert_eq!(now(&mut given.reader(&live)), expected[2..4]);
}

#[test]
fn following_goes_over_rotations() {
    let mut given = given(150);
    let mut reader = given.reader(&ALL);
    assert_eq!(now(&mut reader), [""; 0]);
    let mut expected = Vec::new();
    let mut seen = Vec::new();
    for step in 0..30 {
        for number in 0..step {
            given.writes(OUT, format!("{step}.{number}\n").as_bytes());
            expected.push(format!("{step}.{number}"));
        }
        reader.refresh().expect("it can be looked at");
        seen.extend(now(&mut reader));
    }
    assert_eq!(seen, expected);
    assert!(!reader.lost());
}

#[test]
fn following_says_when_files_have_gone_too_soon() {
    let mut given = given(150);
    given.writes(OUT, b"one\n");
    let mut reader = given.reader(&ALL);
    assert_eq!(now(&mut reader), ["one"]);
    fs::remove_file(given.path()).expect("a file");
    given.raw("web.log.1", b"2001-02-03T10:00:00.000000000Z stdout F two\n");
    given.raw("web.log", b"2001-02-03T10:00:00.000000000Z stdout F three\n");
    reader.refresh().expect("it can be looked at");
    assert_eq!(now(&mut reader), ["two", "three"]);
    assert!(reader.lost() && !reader.lost());
}

#[test]
fn following_bears_a_file_that_shrinks() {
    let given = given(u64::MAX);
    given.raw("web.log", b"one\ntwo\nunfin");
    let mut reader = given.reader(&ALL);
    assert_eq!(now(&mut reader), ["one", "two"]);
    given.raw("web.log", b"one\ntwo\n");
    reader.refresh().expect("it can be looked at");
    given.raw("web.log", b"one\ntwo\nthree\n");
    assert_eq!(now(&mut reader), ["three"], "an unfinished line was taken back");
    given.raw("web.log", b"new\n");
    reader.refresh().expect("it can be looked at");
    assert_eq!(now(&mut reader), ["new"], "the file was emptied");
}

#[test]
fn links_and_directories_are_no_logs() {
    let given = given(u64::MAX);
    given.raw("other", b"secret\n");
    std::os::unix::fs::symlink("other", given.path()).expect("a link");
    assert!(Reader::open(given.path(), &ALL).is_err());
}

/// Pieces of which files are made that hit every case.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let head = b"2001-02-03T10:00:00.000000000Z ";
    let fixed: Vec<&[u8]> =
        vec![head, b"stdout ", b"stderr ", b"F ", b"P ", b"\n", b"\n\n", b"x\n", b" ", b"2026-13-"];
    prop_oneof![
        prop::sample::select(fixed).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..20),
        (0usize..3).prop_map(|times| vec![b'y'; times * 50_000]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_from_both_ends(
        old in prop::collection::vec(piece(), 0..30),
        new in prop::collection::vec(piece(), 0..30),
        count in 0usize..20,
        live in any::<bool>(),
    ) {
        let given = given(u64::MAX);
        given.raw("web.log.1", &old.concat());
        given.raw("web.log", &new.concat());
        rest(&mut given.reader(&From { live, ..ALL }));
        rest(&mut given.reader(&From { tail: Some(count), live, ..ALL }));
    }

    #[test]
    fn the_tail_is_the_end_of_all(
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0usize..30), 1..60),
        max_size in 50u64..2000,
        count in 0usize..70,
    ) {
        let mut given = given(max_size);
        for (number, (stderr, part, size)) in steps.into_iter().enumerate() {
            let text = format!("{number}{}", "z".repeat(size));
            let kind = Kind { stderr, part, terminal: false };
            let end = if part { "" } else { "\n" };
            given.writes(kind, format!("{text}{end}").as_bytes());
        }
        given.writes(OUT, b"end\n");
        given.writes(ERR, b"end\n");
        let all = given.all();
        prop_assert_eq!(&given.tail(count)[..], &all[all.len().saturating_sub(count)..]);
    }
}
