//! With what a job ends, by its scope.

use super::{bare, listed, process, show, start, status};
use crate::harness::process::table;
use crate::harness::wait::until_so;
use crate::harness::{Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

#[test]
fn a_project_job_ends_with_down_and_a_global_one_does_not() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let checkout = up.checkout().clone();
        let ours = start(&checkout, &["--", "sleep", "1000"]);
        let global = start(&checkout, &["--scope", "global", "--", "sleep", "1000"]);
        let (a, b) = (process(&checkout, &ours), process(&checkout, &global));
        let down = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = down.says(&format!("job {ours} (sleep) stopped"));
        assert!(!a.lives() && b.lives());
        assert_eq!(
            (status(&checkout, &ours), status(&checkout, &global)),
            ("cancelled".into(), "running".into())
        );
        let _ = up.ends_with(Exit::Ok);
        let _ = checkout.call(&["job", "kill", &global]).ends_with(Exit::Ok);
        assert!(!b.lives());
        checkout.leaves_nothing();
    });
}

/// The other direction: a run that begins or is swept leaves every job alone.
#[test]
fn runs_and_hooks_leave_jobs_alone() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let up = checkout.up();
        let _ = checkout.down(&["--stale", "-q"]).ends_with(Exit::Ok);
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = checkout.down(&["--stale", "-q"]).ends_with(Exit::Ok);
        assert!(process(&checkout, &id).lives());
        let report = checkout.down(&["--json"]).ends_with(Exit::Ok).out();
        let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
        assert_eq!(
            (&report["verdict"], &report["freed"]["processes"]),
            (&"clean".into(), &1.into())
        );
        checkout.leaves_nothing();
    });
}

/// Its supervisor, forker and guard are killed: then it is a stray like any.
#[test]
fn a_job_that_was_left_alone_is_swept_and_the_others_are_not() {
    fenced(|| {
        let checkout = bare();
        let lost = start(&checkout, &["--", "sleep", "1000"]);
        let lost = process(&checkout, &lost);
        let own = table().into_iter().filter(|entry| entry.name.starts_with("devsup-"));
        let own: Vec<_> = own.map(|entry| entry.process).collect();
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for process in &own {
                process.signal(signal);
            }
        }
        until_so("its devsup is dead", || own.iter().all(|process| !process.lives()));
        assert!(lost.lives());
        let living = start(&checkout, &["--", "sleep", "1000"]);
        let living = process(&checkout, &living);
        let _ = checkout.call(&["sweep"]).ends_with(Exit::Ok);
        assert!(!lost.lives() && living.lives());
        let rehearsed = checkout.down(&["--dry-run", "--json"]).ends_with(Exit::Ok).out();
        let report: serde_json::Value = serde_json::from_str(&rehearsed).expect("a report");
        let mut hits = report["hits"].as_array().into_iter().flatten();
        let hit = hits.find(|hit| hit["pid"] == living.pid).expect("it would be stopped");
        assert_eq!(hit["verdict"], "would_stop");
        assert!(living.lives());
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        assert!(!living.lives());
        checkout.leaves_nothing();
    });
}

#[test]
fn a_global_job_is_seen_from_everywhere() {
    fenced(|| {
        // First, so that its bystanders are no strangers to the other one.
        let other = bare();
        let checkout = bare();
        let global = start(&checkout, &["--scope", "global", "--", "sleep", "1000"]);
        let ours = start(&checkout, &["--", "sleep", "1000"]);
        assert_eq!(listed(&other, &[]), std::slice::from_ref(&global));
        assert_eq!(listed(&other, &["--all"]), [global.clone(), ours.clone()]);
        let _ = other.call(&["job", "kill", &ours]).ends_with(Exit::Ok);
        let _ = other.call(&["job", "kill", "--all"]).ends_with(Exit::Ok);
        assert_eq!(status(&checkout, &global), "cancelled");
        checkout.leaves_nothing();
    });
}

#[test]
fn a_session_job_ends_with_its_owner_however_that_ends() {
    fenced(|| {
        let checkout = bare();
        let go = checkout.beside("go");
        let line = format!("echo ready; until [ -e {} ]; do sleep 0.02; done", go.display());
        let ends: [&dyn Fn(Running) -> Running; 3] = [
            &|owner| owner.signal(Signal::SIGKILL),
            &|owner| owner.signal(Signal::SIGTERM),
            &|owner| {
                std::fs::write(&go, "").expect("a file");
                owner
            },
        ];
        for end in ends {
            let owner = checkout.script(&line).sees("ready");
            let pid = owner.pid().to_string();
            let session = ["--scope", "session", "--owner-pid", &pid, "--", "sleep", "1000"];
            let id = start(&checkout, &session);
            let command = process(&checkout, &id);
            assert_eq!(show(&checkout, &id)["owner_pid"], owner.pid());
            let _ = end(owner).finish();
            until_so("the job is over", || status(&checkout, &id) == "cancelled");
            assert!(!command.lives());
            assert_eq!(show(&checkout, &id)["reason"], "its owner ended");
        }
        checkout.leaves_nothing();
    });
}

#[test]
fn a_session_job_needs_an_owner() {
    fenced(|| {
        let checkout = bare();
        let said = checkout.call(&["job", "start", "--scope", "session", "--", "sleep", "1000"]);
        let _ = said.ends_with(Exit::Usage).says("--owner-pid");
        let said =
            checkout.call(&["job", "start", "--scope", "session", "--owner-pid", "999999", "true"]);
        let _ = said.ends_with(Exit::Error).says("no process 999999");
        assert_eq!(listed(&checkout, &["--all"]), [""; 0]);
        checkout.leaves_nothing();
    });
}

/// In a terminal the owner is its shell, and closing the window ends the job.
#[test]
fn the_shell_of_a_terminal_owns_what_is_started_in_it() {
    fenced(|| {
        let checkout = bare();
        let shell = checkout.shell().types("devsup job start --scope session -- sleep 1000");
        until_so("it runs", || listed(&checkout, &["--status", "running"]).len() == 1);
        let id = listed(&checkout, &[]).remove(0);
        assert_eq!(show(&checkout, &id)["owner_pid"], shell.pid());
        let _ = shell.closes_terminal().finish();
        until_so("the job is over", || status(&checkout, &id) == "cancelled");
        checkout.leaves_nothing();
    });
}

#[test]
fn a_global_job_outlives_the_terminal_it_was_started_in() {
    fenced(|| {
        let checkout = bare();
        let shell = checkout.shell().types("devsup job start --scope global -- sleep 1000");
        until_so("it runs", || listed(&checkout, &["--status", "running"]).len() == 1);
        let id = listed(&checkout, &[]).remove(0);
        let command = process(&checkout, &id);
        let _ = shell.closes_terminal().finish();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        assert!(command.lives());
        assert_eq!(status(&checkout, &id), "running");
        let _ = checkout.call(&["job", "kill", &id]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}
