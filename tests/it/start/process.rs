//! What a service's process is born with, read from the kernel.

use crate::harness::process::{Entry, table};
use crate::harness::wait::{until, until_so};
use crate::harness::{Checkout, Exit, Project, Running, fenced, puppet};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;

/// A program that changes nothing of what it was given.
const SLEEP: &str = "sleep 4711";

fn checkout() -> Checkout {
    Project::new().command("web", "[sleep, '4711']").check_out()
}

/// The process of the service, once it is what it shall be.
fn sleeper() -> Entry {
    until("it sleeps", || table().into_iter().find(|entry| entry.command == SLEEP))
}

/// A file of the service's `/proc`.
fn about(entry: &Entry, file: &str) -> String {
    let bytes = fs::read(format!("/proc/{}/{file}", entry.process.pid));
    String::from_utf8_lossy(&bytes.expect("it is readable")).into_owned()
}

/// The soft limit of that name, as the kernel shows it.
fn soft_limit(entry: &Entry, name: &str) -> String {
    let limits = about(entry, "limits");
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
    line.split_whitespace().next().unwrap_or_default().to_owned()
}

/// What each open descriptor is.
fn descriptors(entry: &Entry) -> Vec<(i32, String)> {
    let directory = format!("/proc/{}/fd", entry.process.pid);
    let mut all: Vec<(i32, String)> = fs::read_dir(directory)
        .expect("it is readable")
        .flatten()
        .filter_map(|found| {
            let number = found.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(found.path()).ok()?.display().to_string()))
        })
        .collect();
    all.sort();
    all
}

fn stop(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

/// Nothing pending, blocked, ignored or caught, but for the two numbers that
/// the C library keeps to itself and sets as it likes.
fn has_clean_signals(entry: &Entry) {
    const INTERNAL: u64 = 0b11 << 31;
    let status = about(entry, "status");
    for set in ["SigPnd", "SigBlk", "SigIgn", "SigCgt"] {
        let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(":\t"));
        let signals = u64::from_str_radix(line.expect("it is there"), 16);
        let signals = signals.expect("it is a number") & !INTERNAL;
        assert_eq!(signals, 0, "{set} is not empty:\n{status}");
    }
}

/// Standard streams and the lock, and nothing else once the program has begun:
/// the loader and the C library open files of their own for a moment.
fn has_clean_descriptors(entry: &Entry) {
    until_so("nothing else is open", || descriptors(entry).len() <= 4);
    let all = descriptors(entry);
    let [(0, input), (1, out), (2, error), (100.., lock)] = all.as_slice() else {
        panic!("these are open: {all:?}");
    };
    for pipe in [input, out, error] {
        assert!(pipe.starts_with("pipe:"), "{all:?}");
    }
    assert!(out != error && input != out, "{all:?}");
    assert!(lock.ends_with("/shop/.pids/web.lock"), "{all:?}");
}

#[test]
fn it_leads_a_session_of_its_own() {
    fenced(|| {
        let up = checkout().launch();
        let entry = sleeper();
        let pid = entry.process.pid;
        assert_eq!((entry.session, entry.group), (pid, pid));
        stop(up);
    });
}

/// Variable, limit and lock; and a child has them all.
#[test]
fn it_and_its_children_carry_the_markers() {
    fenced(|| {
        let checkout = Project::new().command("web", "sh -c 'sleep 4711 & wait'").check_out();
        let up = checkout.launch();
        let entry = sleeper();
        let record: Value =
            serde_json::from_str(&checkout.ledger_text("run.json")).expect("it is JSON");
        let run = record["run"].as_str().expect("it is a text");
        let variables = about(&entry, "environ");
        assert!(variables.split('\0').any(|one| one == format!("DEVSUP_RUN_ID={run}")));
        assert_eq!(soft_limit(&entry, "Max file locks"), record["marker"].to_string());
        let lock = checkout.ledger("web.lock");
        assert!(descriptors(&entry).iter().any(|(_, file)| *file == lock.display().to_string()));
        let file = fs::File::open(&lock).expect("it is there");
        assert!(Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err(), "nobody holds it");
        stop(up);
    });
}

/// Only what the service is born of: a shell or an editor is nobody's stray.
#[test]
fn devsup_itself_carries_no_marker() {
    fenced(|| {
        let up = checkout().launch();
        let marked = soft_limit(&sleeper(), "Max file locks");
        for name in ["devsup-super", "devsup-forker"] {
            let helpers = up.helpers(name);
            assert!(!helpers.is_empty(), "there is no {name}");
            for process in helpers {
                let entry = process.look().expect("it lives");
                assert_ne!(soft_limit(&entry, "Max file locks"), marked, "{name} is marked");
            }
        }
        stop(up);
    });
}

#[test]
fn its_signals_are_as_new_whatever_devsup_was_given() {
    fenced(|| {
        let checkout = checkout();
        let up = checkout
            .script("exec env --block-signal=USR1,TERM --ignore-signal=USR2,PIPE,CHLD devsup up");
        has_clean_signals(&sleeper());
        let up = up.sees(" up in ");
        stop(up);
    });
}

#[test]
fn nothing_is_open_but_its_streams_and_the_lock() {
    fenced(|| {
        let up = checkout().script("exec 7</dev/null 9>/dev/null; exec devsup up");
        has_clean_descriptors(&sleeper());
        stop(up);
    });
}

#[test]
fn its_limit_of_open_files_is_the_one_outside() {
    fenced(|| {
        let up = checkout().script("ulimit -Sn 200; exec devsup up");
        assert_eq!(soft_limit(&sleeper(), "Max open files"), "200");
        stop(up);
    });
}

/// A forker that was killed is replaced, and its successor does as well.
#[test]
fn a_second_forker_starts_them_as_the_first_did() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let checkout = Project::new()
            .service("migrate", puppet().awaits(&go).exits(0))
            .command("web", "[sleep, '4711']")
            .depends_on_end("web", "migrate")
            .check_out();
        let up = checkout.script("ulimit -Sn 200; exec devsup up");
        until_so("it migrates", || !checkout.roles_that("born-recorded").is_empty());
        let first = up.helpers("devsup-forker");
        for forker in &first {
            forker.signal(Signal::SIGKILL);
        }
        until_so("there is another", || {
            let now = up.helpers("devsup-forker");
            !now.is_empty() && now != first
        });
        fs::write(&go, "").expect("it can be written");
        let entry = sleeper();
        has_clean_signals(&entry);
        has_clean_descriptors(&entry);
        assert_eq!(soft_limit(&entry, "Max open files"), "200");
        stop(up);
    });
}

/// Programs that end when their input ends go on, and nobody types into them.
#[test]
fn its_input_stays_open_and_silent() {
    fenced(|| {
        let checkout = Project::new()
            .command("web", "sh -c 'cat; echo the input ended'")
            .service("other", puppet().naps(100).says("long enough"))
            .check_out();
        checkout.write("input", "a line for devsup\n");
        let up = checkout.script("exec devsup up < input").sees("long enough");
        assert!(table().iter().any(|entry| entry.command == "cat"), "it has ended");
        assert!(!up.text().contains("a line for devsup"));
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("the input ended");
    });
}

#[test]
fn it_starts_where_it_was_told_to() {
    fenced(|| {
        let project = Project::new().command("web", "[sleep, '4711']");
        let checkout = project.with("web", "working_dir: below").check_out();
        let below = checkout.root().join("below");
        fs::create_dir(&below).expect("it can be made");
        let up = checkout.launch();
        let directory = format!("/proc/{}/cwd", sleeper().process.pid);
        assert_eq!(fs::read_link(directory).expect("it is readable"), below);
        stop(up);
    });
}

/// No shell stays between the service and its guard.
#[test]
fn a_simple_command_line_leaves_no_shell_behind() {
    fenced(|| {
        let checkout = Project::new().command("web", "LATE=yes sleep 4711 > /dev/null").check_out();
        let up = checkout.launch();
        let entry = sleeper();
        assert_eq!(entry.session, entry.process.pid);
        assert!(about(&entry, "environ").contains("LATE=yes"));
        stop(up);
    });
}
