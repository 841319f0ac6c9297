//! How a job lives, and what is kept of it.

use super::{bare, process, show, start, status, wait};
use crate::harness::wait::until_so;
use crate::harness::{Exit, fenced};
use nix::sys::signal::Signal;
use std::fs;

#[test]
fn one_that_ends_well_keeps_its_output() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--name", "build", "--", "sh", "-c", "echo one; echo two >&2"]);
        assert_eq!(wait(&checkout, &id), 0);
        let job = show(&checkout, &id);
        assert_eq!(job["status"], "completed");
        assert_eq!((&job["name"], &job["exit_code"]), (&"build".into(), &0.into()));
        assert_eq!(job["output"], "one\ntwo");
        let logs = checkout.call(&["job", "logs", &id]).ends_with(Exit::Ok);
        assert_eq!(logs.out(), "one\ntwo\n");
        checkout.leaves_nothing();
    });
}

#[test]
fn its_status_is_passed_on() {
    fenced(|| {
        let checkout = bare();
        let seven = start(&checkout, &["exit 7 # in a shell"]);
        let killed = start(&checkout, &["--", "sh", "-c", "kill -KILL $$"]);
        assert_eq!((wait(&checkout, &seven), wait(&checkout, &killed)), (7, 137));
        assert_eq!(
            (status(&checkout, &seven), status(&checkout, &killed)),
            ("failed".into(), "failed".into())
        );
        assert_eq!(show(&checkout, &killed)["signal"], "SIGKILL");
        checkout.leaves_nothing();
    });
}

#[test]
fn one_that_cannot_start_says_why() {
    fenced(|| {
        let checkout = bare();
        let ended = checkout.call(&["job", "start", "--", "no-such-program"]);
        let ended = ended.ends_with(Exit::Error).says("command not found: `no-such-program`");
        let id = ended.out().trim().to_owned();
        assert_eq!(status(&checkout, &id), "failed");
        let list = checkout.call(&["job", "ls"]).ends_with(Exit::Ok);
        let _ = list.says("command not found");
        checkout.leaves_nothing();
    });
}

/// The whole tree is the job: what it leaves behind is ended with it.
#[test]
fn what_it_leaves_behind_is_ended() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["(setsid sleep 1000 &) ; echo done"]);
        assert_eq!(wait(&checkout, &id), 0);
        checkout.leaves_nothing();
    });
}

#[test]
fn its_environment_and_directory_are_as_asked() {
    fenced(|| {
        let checkout = bare();
        fs::create_dir(checkout.root().join("sub")).expect("a directory");
        let line = "echo $GREETING $DEVSUP_JOB_ID; pwd";
        let id = start(&checkout, &["--cwd", "sub", "--env", "GREETING=hello", line]);
        wait(&checkout, &id);
        let output = show(&checkout, &id)["output"].as_str().unwrap_or_default().to_owned();
        assert!(output.starts_with(&format!("hello {id}\n")), "{output}");
        assert!(output.ends_with("/shop/sub"), "{output}");
        checkout.leaves_nothing();
    });
}

#[test]
fn its_time_can_be_bounded() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--timeout", "100ms", "--", "sleep", "1000"]);
        wait(&checkout, &id);
        let job = show(&checkout, &id);
        assert_eq!(
            (&job["status"], &job["reason"]),
            (&"failed".into(), &"its time was over".into())
        );
        checkout.leaves_nothing();
    });
}

#[test]
fn waiting_can_be_bounded_too() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let _ = checkout.call(&["job", "wait", &id, "--timeout", "10ms"]).ends_with(Exit::NotReady);
        let _ = checkout.call(&["job", "kill", &id]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// A follower sees what comes, and ends with the job.
#[test]
fn its_output_can_be_followed_and_read_on() {
    fenced(|| {
        let checkout = bare();
        let go = checkout.beside("go");
        let line =
            format!("echo one; until [ -e {} ]; do sleep 0.01; done; echo two", go.display());
        let id = start(&checkout, &[&line]);
        let follower = checkout.start(&["job", "logs", "-f", &id]).sees("one");
        let first = checkout.call(&["job", "logs", "--json", &id]).ends_with(Exit::Ok).out();
        let record: serde_json::Value = serde_json::from_str(&first).expect("one line");
        fs::write(go, "").expect("a file");
        assert_eq!(follower.ends_with(Exit::Ok).out(), "one\ntwo\n");
        let cursor = record["cursor"].as_str().expect("a cursor");
        let rest = checkout.call(&["job", "logs", &id, "--cursor", cursor]).ends_with(Exit::Ok);
        assert_eq!(rest.out(), "two\n");
        checkout.leaves_nothing();
    });
}

#[test]
fn secrets_are_kept_nowhere() {
    fenced(|| {
        let checkout = bare();
        let id = start(
            &checkout,
            &["--env", "API_TOKEN=hunter2x", "--", "sh", "-c", "echo $API_TOKEN; echo hunter2x"],
        );
        wait(&checkout, &id);
        let shown = show(&checkout, &id).to_string();
        assert!(!shown.contains("hunter2x") && shown.contains("********"), "{shown}");
        checkout.leaves_nothing();
    });
}

/// Killed by somebody else is not cancelled; and the guards end the command.
#[test]
fn without_its_supervisor_it_has_failed() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let command = process(&checkout, &id);
        let is_super = |entry: &crate::harness::process::Entry| entry.name == "devsup-super";
        let table = crate::harness::process::table();
        let supervisor = table.iter().find(|entry| is_super(entry)).expect("it has a supervisor");
        supervisor.process.signal(Signal::SIGKILL);
        until_so("the command is ended", || !command.lives());
        let job = show(&checkout, &id);
        assert_eq!(
            (&job["status"], &job["reason"]),
            (&"failed".into(), &"its supervisor was killed".into())
        );
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_restart_of_the_machine_ends_what_ran() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let record = show(&checkout, &id)["log"].as_str().map(std::path::PathBuf::from);
        let record = record.expect("a path").ancestors().nth(3).expect("above").join("job.json");
        let text = fs::read_to_string(&record).expect("a record");
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("an id");
        let other = "00000000-0000-0000-0000-000000000000";
        fs::write(&record, text.replace(boot.trim(), other)).expect("it is ours");
        let job = show(&checkout, &id);
        assert_eq!(
            (&job["status"], &job["reason"]),
            (&"failed".into(), &"machine restarted".into())
        );
        let _ = checkout.call(&["job", "ls"]).ends_with(Exit::Ok).says("failed: machine restarted");
        fs::write(&record, text).expect("it is ours");
        let _ = checkout.call(&["job", "kill", &id]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn the_history_is_pruned_but_for_what_runs() {
    fenced(|| {
        let checkout = bare();
        let ids: Vec<String> = (0..3).map(|_| start(&checkout, &["--", "true"])).collect();
        for id in &ids {
            wait(&checkout, id);
        }
        let runs = start(&checkout, &["--", "sleep", "1000"]);
        let _ = checkout
            .call(&["job", "prune", "--keep", "1"])
            .ends_with(Exit::Ok)
            .says("removed 2 jobs");
        assert_eq!(super::listed(&checkout, &[]), [ids[2].clone(), runs.clone()]);
        let _ =
            checkout.call(&["job", "prune", "--all"]).ends_with(Exit::Ok).says("removed 1 job,");
        assert_eq!(super::listed(&checkout, &[]), [runs]);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// Found, and still no program: that is no job that ran.
#[test]
fn one_that_cannot_be_executed_says_why() {
    fenced(|| {
        let checkout = bare();
        checkout.write_script("broken", "#!/no/such/interpreter\n", 0o755);
        let ended = checkout.call(&["job", "start", "--", "./broken"]).ends_with(Exit::Error);
        let id = ended.says("can't start").out().trim().to_owned();
        assert_eq!(status(&checkout, &id), "failed");
        checkout.leaves_nothing();
    });
}
