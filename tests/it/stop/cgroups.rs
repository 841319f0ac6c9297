//! The same where a part of cgroup v2 may be written: what loses every other
//! mark is found by its group, and the kernel kills a group as one.

use super::deaths::escapee;
use crate::harness::{Exit, Project, Puppet, Way, fenced_in_cgroup, full_daemon, puppet, rounds};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::path::PathBuf;

const GRACE: u32 = 300;

fn project(web: Puppet) -> Project {
    Project::new().grace_ms(GRACE).service("web", web).service("other", puppet())
}

/// The group of a run, as its ledger has it.
fn group(text: &str) -> PathBuf {
    let run: Value = serde_json::from_str(text).expect("the ledger is JSON");
    PathBuf::from(run["cgroup"].as_str().unwrap_or_else(|| panic!("no group in {run}")))
}

#[test]
fn every_escape_by_every_way_down() {
    fenced_in_cgroup(|| Way::all_end(|| project(escapee())));
}

#[test]
fn each_service_has_a_group_which_goes_with_it() {
    fenced_in_cgroup(|| {
        let up = project(puppet().orphan(full_daemon())).up();
        let group = group(&up.checkout().ledger_text("run.json"));
        let inside = |name: &str| {
            let file = group.join(format!("{name}.instance/cgroup.procs"));
            std::fs::read_to_string(file).unwrap_or_default().lines().count()
        };
        assert_eq!((inside("web"), inside("other")), (2, 1), "in {}", group.display());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert!(!group.exists(), "{} is left", group.display());
    });
}

/// No limit, no environment, no descriptor, no session, no parent.
fn unmarked() -> Puppet {
    puppet().orphan(puppet().setsid().unmarks().chdir("/").clears_env().closes_fds())
}

#[test]
fn what_has_lost_every_mark_is_found_without_a_guard() {
    fenced_in_cgroup(|| {
        let ended = project(unmarked()).up().kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let (group, pid) =
            (group(&checkout.ledger_text("run.json")), checkout.process("web/1").pid);
        let said = checkout.down(&["--json"]).ends_with(Exit::Ok).out();
        let report: Value = serde_json::from_str(&said).expect("it is JSON");
        let hits = report["hits"].as_array().into_iter().flatten();
        let hit = hits.clone().find(|hit| hit["pid"] == pid).expect("it is reported");
        assert_eq!(hit["evidence"], serde_json::json!(["cgroup"]));
        checkout.leaves_nothing();
        assert!(!group.exists(), "{} is left", group.display());
    });
}

#[test]
fn the_three_ways_down() {
    fenced_in_cgroup(|| {
        let up = project(escapee()).up();
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
        let ended = project(escapee()).up().kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
        let ended = project(escapee()).up().kills_all_of_devsup().finish();
        std::fs::remove_dir_all(ended.checkout().root().join(".pids")).expect("it is our own");
        let _ = ended.checkout().call(&["sweep"]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
    });
}

#[test]
fn swarms() {
    fenced_in_cgroup(|| {
        let swarms = [
            puppet().child(puppet().setsid().hops(0)),
            puppet().child(puppet().setsid().hops(1)),
            puppet().child(puppet().ignores("TERM").bombs(200)),
            puppet().child(puppet().setsid().ignores("TERM").watchdogs()),
        ];
        for _ in 0..rounds("DEVSUP_TEST_ROUNDS", 20) {
            for swarm in &swarms {
                let up = project(swarm.clone()).up();
                up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
            }
        }
    });
}

/// A forged record names a group that is somebody else's.
#[test]
fn a_group_of_another_name_is_not_believed() {
    fenced_in_cgroup(|| {
        let ended = project(puppet()).up().kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let text = checkout.ledger_text("run.json");
        let own = group(&text);
        let everybody = own.parent().expect("it is below ours").to_string_lossy().into_owned();
        checkout.write_ledger("run.json", &text.replace(&*own.to_string_lossy(), &everybody));
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}
