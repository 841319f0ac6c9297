use super::*;
use crate::log::Rotation;
use std::os::unix::fs::PermissionsExt;

const STAMP: &str = "2026-11-21T10:00:00.123456789Z";
const OUT: Kind = Kind { stderr: false, terminal: false, part: false };

fn made(bytes: &[u8], kind: Kind) -> String {
    let mut to = Vec::new();
    entries(bytes, kind, STAMP, &mut to);
    String::from_utf8_lossy(&to).into_owned()
}

fn content(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn each_line_is_an_entry_with_its_time_and_stream() {
    assert_eq!(made(b"one\n\n", OUT), format!("{STAMP} stdout F one\n{STAMP} stdout F \n"));
    let err = Kind { stderr: true, ..OUT };
    assert_eq!(
        made(b"\x1b[31mred\x1b[0m\n", err),
        format!("{STAMP} stderr F \x1b[31mred\x1b[0m\n")
    );
}

#[test]
fn a_part_of_a_line_says_so() {
    let part = Kind { part: true, ..OUT };
    assert_eq!(made(b"begun", part), format!("{STAMP} stdout P begun\n"));
}

#[test]
fn only_a_terminal_s_own_carriage_return_is_left_out() {
    let terminal = Kind { terminal: true, ..OUT };
    assert_eq!(made(b"1%\r2%\r\n", terminal), format!("{STAMP} stdout F 1%\r2%\n"));
    assert_eq!(made(b"dos\r\n", OUT), format!("{STAMP} stdout F dos\r\n"));
}

#[test]
fn a_log_goes_on_where_an_earlier_run_was_cut_off_and_is_for_its_owner_alone() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    std::fs::write(&path, "cut o").expect("a file");
    let mut log = LogFile::new(path.clone(), Rotation::NEVER);
    log.append(b"whole\n", STAMP, Instant::now()).expect("a write");
    log.rest();
    log.append(b"next\n", STAMP, Instant::now()).expect("a write");
    assert_eq!(content(&path), "cut o\nwhole\nnext\n");
    let mode = path.metadata().expect("metadata").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn somebody_else_s_file_behind_a_link_is_not_written() {
    let place = tempfile::tempdir().expect("a directory");
    let (path, theirs) = (place.path().join("web.log"), place.path().join("theirs"));
    std::fs::write(&theirs, "").expect("a file");
    std::os::unix::fs::symlink(&theirs, &path).expect("a link");
    assert!(LogFile::new(path, Rotation::NEVER).append(b"x\n", STAMP, Instant::now()).is_err());
    assert_eq!(content(&theirs), "");
}

/// A directory in the place of the log is an error that can be taken away.
#[test]
fn what_could_not_be_written_is_told_once_and_counted_in_its_place() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    std::fs::create_dir(&path).expect("a directory");
    let mut log = LogFile::new(path.clone(), Rotation::NEVER);
    let start = Instant::now();
    assert!(log.append(b"1\n2\n", STAMP, start).is_err());
    assert!(log.append(b"3\n", STAMP, start).is_ok(), "told only once");
    assert!(log.append(b"4\n", STAMP, start + RETRY).is_ok(), "nor when it fails again");
    std::fs::remove_dir(&path).expect("removed");
    log.append(b"5\n", STAMP, start + RETRY).expect("left alone for a while");
    assert!(!path.exists());
    log.append(b"6\n", STAMP, start + 2 * RETRY).expect("writable again");
    log.append(b"7\n", STAMP, start + 2 * RETRY).expect("and goes on");
    assert_eq!(
        content(&path),
        format!("{STAMP} stderr F devsup: 5 lines are missing here\n6\n7\n")
    );
    std::fs::remove_file(&path).expect("removed");
    log.rest();
    std::fs::create_dir(&path).expect("a directory");
    assert!(log.append(b"8\n", STAMP, start + 2 * RETRY).is_err(), "a new failure is told again");
}

#[test]
fn a_full_disk_leaves_a_note_once_there_is_room() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    let full = File::options().append(true).open("/dev/full").expect("a full device");
    let mut log = LogFile::new(path.clone(), Rotation::NEVER);
    log.file = Some(full);
    let start = Instant::now();
    let error = log.append(b"1\n2\n3\n", STAMP, start).expect_err("no room");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    log.rest();
    log.append(b"4\n", STAMP, start + RETRY).expect("room");
    assert_eq!(content(&path), format!("{STAMP} stderr F devsup: 3 lines are missing here\n4\n"));
}

/// A pipe that is full in the middle of an entry stands for a disk that is.
#[test]
fn an_entry_that_was_cut_off_is_not_the_start_of_the_next_one() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("web.log");
    let (_reader, writer) = io::pipe().expect("a pipe");
    descriptor::set_nonblocking(&writer).expect("a flag");
    let mut log = LogFile::new(path.clone(), Rotation::NEVER);
    log.file = Some(std::os::fd::OwnedFd::from(writer).into());
    let start = Instant::now();
    let entries = b"1234567\n".repeat(10_000);
    assert!(log.append(&entries[1..], STAMP, start).is_err());
    log.file = Some(File::create(&path).expect("a file"));
    log.append(b"next\n", STAMP, start + RETRY).expect("a write");
    let missing = 10_000 - 64 * 1024 / 8;
    assert_eq!(
        content(&path),
        format!("\n{STAMP} stderr F devsup: {missing} lines are missing here\nnext\n")
    );
}
