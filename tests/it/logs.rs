//! `devsup logs`, while a project runs and afterwards.

use crate::harness::{Checkout, Exit, Project, fenced};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;

/// Writes to both streams, and then rests.
const WEB: &str = "sh -c 'echo one; echo two >&2; exec sleep 1000'";
/// Writes 500 numbered lines when there is a file `go`, and then rests.
const COUNTER: &str = "sh -c 'echo ready; until [ -e go ]; do sleep 0.01; done; i=0; \
     while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; echo done; exec sleep 1000'";

fn go(checkout: &Checkout) {
    fs::write(checkout.root().join("go"), "").expect("a file");
}

fn lines(checkout: &Checkout, arguments: &[&str]) -> Vec<String> {
    let ended = checkout.call(&[&["logs"], arguments].concat()).ends_with(Exit::Ok);
    ended.out().lines().map(str::to_owned).collect()
}

#[test]
fn shows_what_was_written_during_a_run_and_after_it() {
    fenced(|| {
        let up = Project::new().command("web", WEB).command("queue", "echo three").launch();
        let up = up.sees("web   | one").sees("web   | two").sees("queue | three");
        let checkout = up.checkout().clone();
        for _ in 0..2 {
            let mut all = lines(&checkout, &[]);
            all.sort();
            assert_eq!(all, ["queue | three", "web   | one", "web   | two"]);
            assert_eq!(lines(&checkout, &["web", "--no-prefix", "-n", "1"]), ["two"]);
            assert_eq!(lines(&checkout, &["--grep", "^t.o$"]), ["web   | two"]);
            assert_eq!(lines(&checkout, &["--until", "2001-01-01"]), [""; 0]);
            assert_eq!(lines(&checkout, &["--since", "1d"]).len(), 3);
            let _ = checkout.down(&[]);
        }
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn json_tells_streams_services_and_copies_apart() {
    fenced(|| {
        let up = Project::new().command("web", WEB).with("web", "replicas: 2").launch();
        let up = up.sees("web.1 | two").sees("web.2 | two");
        let checkout = up.checkout().clone();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let said = lines(&checkout, &["--json", "web.2"]);
        let said: Vec<Value> =
            said.iter().map(|line| serde_json::from_str(line).expect("an object")).collect();
        let field = |name: &str| said.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
        assert_eq!(field("version"), [1, 1]);
        assert_eq!(field("service"), ["web", "web"]);
        assert_eq!(field("instance"), ["web.2", "web.2"]);
        assert_eq!(field("stream"), ["stdout", "stderr"]);
        assert_eq!(field("line"), ["one", "two"]);
        assert_eq!(field("partial"), [false, false]);
        assert!(field("time").iter().all(|time| time.as_str().is_some_and(|t| t.ends_with('Z'))));
        assert_eq!(lines(&checkout, &["web"]).len(), 4, "the service means all its copies");
    });
}

#[test]
fn follows_over_rotations_and_ends_with_the_run() {
    fenced(|| {
        let rules = "log: {max_size: 1k, max_files: 100}";
        let project = Project::new().command("web", COUNTER).with("web", rules);
        let up = project.launch().sees("web | ready");
        let checkout = up.checkout().clone();
        let follower = checkout.start(&["logs", "-f", "--no-prefix"]).sees("ready");
        go(&checkout);
        let follower = follower.sees("done");
        let rotated = fs::read_dir(checkout.ledger("logs")).expect("a directory").count();
        assert!(rotated > 15, "500 lines make more than {rotated} files of 1 kB");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let seen = follower.ends_with(Exit::Ok).out();
        let seen: Vec<&str> = seen.lines().collect();
        let numbered: Vec<String> = (1..=500).map(|number| format!("line {number}")).collect();
        assert_eq!(seen[1..501], numbered);
        assert_eq!((seen[0], seen[501], seen.len()), ("ready", "done", 502));
    });
}

#[test]
fn a_follower_sees_services_that_start_later_and_ends_well_at_ctrl_c() {
    fenced(|| {
        let late = "sh -c 'until [ -e go ]; do sleep 0.01; done; echo late'";
        let project = Project::new().command("web", WEB).command("late", late);
        let up = project.launch().sees("one");
        let follower = up.checkout().start(&["logs", "-f"]).sees("one");
        go(up.checkout());
        let follower = follower.sees("late | late").signal(Signal::SIGINT);
        let _ = follower.ends_with(Exit::Ok);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn old_lines_go_with_the_oldest_file() {
    fenced(|| {
        let rules = "log: {max_size: 1k, max_files: 3}";
        let up = Project::new().command("web", COUNTER).with("web", rules).launch();
        let checkout = up.checkout().clone();
        go(&checkout);
        let up = up.sees("done");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let logs = fs::read_dir(checkout.ledger("logs")).expect("a directory").flatten();
        let sizes: Vec<u64> = logs.map(|file| file.metadata().map_or(0, |m| m.len())).collect();
        assert!(sizes.len() == 3 && sizes.iter().all(|&size| size <= 1024), "{sizes:?}");
        let kept = lines(&checkout, &["--no-prefix"]);
        let (last, numbered) = kept.split_last().expect("there are lines");
        assert_eq!(last, "done");
        let first = 501 - numbered.len();
        let expected: Vec<String> = (first..=500).map(|number| format!("line {number}")).collect();
        assert_eq!(numbered, expected, "the rest is there without a gap");
    });
}

#[test]
fn unknown_names_and_missing_logs_are_said() {
    fenced(|| {
        let checkout = Project::new().command("web", WEB).command("db", WEB).check_out();
        let ended = checkout.call(&["logs", "db"]).ends_with(Exit::Ok);
        let _ = ended.says("nothing was logged here yet");
        let up = checkout.launch().sees("web | one");
        let ended = checkout.call(&["logs", "wbe"]).ends_with(Exit::Usage);
        let _ = ended.says("there is no service `wbe`; did you mean `web`?");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        fs::remove_file(checkout.root().join("devsup.yaml")).expect("a file");
        assert_eq!(lines(&checkout, &["web"]).len(), 2, "the files tell by themselves");
        let ended = checkout.call(&["logs", "-n", "x"]).ends_with(Exit::Usage);
        let _ = ended.says("write a number of lines, or `all`");
        fs::remove_dir_all(checkout.root().join(".pids")).expect("a directory");
        let _ = checkout.call(&["logs"]).ends_with(Exit::Config).says("there is no config file");
    });
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    fenced(|| {
        let checkout = Project::new().command("web", WEB).check_out();
        let entry = "2001-02-03T10:00:00.000000000Z stdout F text\n".repeat(100_000);
        fs::create_dir_all(checkout.ledger("logs")).expect("a directory");
        checkout.write_ledger("logs/web.log", &entry);
        let mut shell = checkout.devsup(&[]);
        let program = shell.get_program().to_string_lossy().into_owned();
        shell = std::process::Command::new("sh");
        checkout.prepare(&mut shell);
        let line = format!("{{ {program} logs; echo status $? >&2; }} | head -n 1");
        let done = shell.args(["-c", &line]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&done.stderr), "status 0\n");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "web | text\n");
    });
}
