//! The harness tried on itself: puppets do what they say, and the oracle sees
//! what they leave. Without these a scenario could pass because nothing
//! happened.

use crate::harness::process::{Entry, Process, table};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Project, Puppet, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command};

/// A checkout whose one service runs without devsup.
fn on_stage(puppet: &Puppet) -> (Checkout, Child) {
    let checkout = Project::new().service("web", puppet.clone()).check_out();
    let yaml = fs::read_to_string(checkout.root().join("devsup.yaml")).expect("it was written");
    let words = yaml.split_once('[').and_then(|parts| parts.1.split_once(']')).expect("a list").0;
    let words: Vec<&str> = words.split(", ").map(|word| word.trim_matches('"')).collect();
    let ([program, registry, _], words) = words.split_first_chunk().expect("a puppet's words");
    let child = Command::new(program)
        .args([registry, &"-"])
        .args(words)
        .spawn()
        .expect("it can be started");
    checkout.wait_until_settled();
    (checkout, child)
}

/// The table's entry for the process of a role, when the puppet has settled.
fn shown(puppet: Puppet, role: &str) -> Entry {
    let (checkout, mut child) = on_stage(&puppet);
    let process = checkout.process(role);
    let entry = process.look().expect("it lives");
    for event in checkout.events() {
        event.process.signal(Signal::SIGKILL);
    }
    child.wait().expect("it is our child");
    entry
}

#[test]
fn a_fence_is_a_namespace_of_an_ordinary_user() {
    fenced(|| {
        assert!(!nix::unistd::getuid().is_root());
        let names: Vec<String> = table().into_iter().map(|entry| entry.name).collect();
        assert!(names.len() <= 3 && names[0] == "puppet", "{names:?}");
    });
}

#[test]
fn an_orphan_belongs_to_init_and_leaves_no_zombie() {
    fenced(|| {
        let entry = shown(puppet().orphan(puppet()), "web/1");
        assert_eq!(entry.parent, 1);
        until_so("init has reaped it", || {
            !fs::exists(format!("/proc/{}", entry.process.pid)).unwrap_or(true)
        });
    });
}

#[test]
fn sessions_and_groups_are_left() {
    fenced(|| {
        let entry = shown(puppet().child(puppet().setsid()), "web/1");
        assert_eq!(entry.session, entry.process.pid);
        let entry = shown(puppet().child(puppet().setpgid()), "web/1");
        assert_eq!(entry.group, entry.process.pid);
        assert_ne!(entry.session, entry.process.pid);
    });
}

#[test]
fn a_twin_is_its_parents_sibling() {
    fenced(|| {
        let entry = shown(puppet().twin(puppet()), "web/1");
        assert_eq!(entry.parent.cast_unsigned(), std::process::id());
    });
}

#[test]
fn a_full_daemon_keeps_nothing_that_could_give_it_away() {
    fenced(|| {
        let (checkout, mut leader) = on_stage(&puppet().orphan(full_daemon()));
        let daemon = checkout.process("web/1/1");
        until_so("it is another program", || daemon.look().is_some_and(|one| one.name == "sleep"));
        let about = |what: &str| format!("/proc/{}/{what}", daemon.pid);
        assert_eq!(fs::read(about("environ")).expect("it is readable"), b"");
        assert_eq!(fs::read_dir(about("fd")).expect("it is readable").count(), 0);
        assert_eq!(fs::read_link(about("cwd")).expect("it is readable").to_str(), Some("/"));
        daemon.signal(Signal::SIGKILL);
        leader.kill().and_then(|()| leader.wait()).expect("it is our child");
    });
}

#[test]
fn names_and_environments_are_overwritten() {
    fenced(|| {
        let entry = shown(puppet().renames("innocent"), "web");
        assert_eq!((entry.name.as_str(), entry.command.as_str()), ("innocent", "innocent"));
        let (checkout, mut leader) = on_stage(&puppet().wipes_env());
        let environ = fs::read(format!("/proc/{}/environ", checkout.process("web").pid));
        assert!(environ.expect("it is readable").iter().all(|&byte| byte == 0));
        leader.kill().and_then(|()| leader.wait()).expect("it is our child");
    });
}

#[test]
fn a_headless_process_is_a_zombie_that_lives() {
    fenced(|| {
        let (checkout, mut leader) = on_stage(&puppet().loses_head());
        let process = checkout.process("web");
        until_so("it looks dead", || process.look().is_some_and(|entry| entry.state == 'Z'));
        assert!(process.lives());
        leader.kill().and_then(|()| leader.wait()).expect("it is our child");
        assert!(!process.lives());
    });
}

#[test]
fn swarms_go_on_until_they_are_killed() {
    fenced(|| {
        let (checkout, mut leader) = on_stage(&puppet().child(puppet().watchdogs()));
        let first = checkout.process("web/1");
        first.signal(Signal::SIGKILL);
        until_so("the other has replaced it", || checkout.events().len() > 5);
        let (hopper, mut other) = on_stage(&puppet().child(puppet().hops(1)));
        until_so("it has hopped", || hopper.roles_that("born").len() > 20);
        for child in [&mut leader, &mut other] {
            child.kill().and_then(|()| child.wait()).expect("it is our child");
        }
    });
}

/// The oracle must fail a scenario for each of these.
#[test]
fn the_oracle_sees_what_is_left() {
    fenced(|| {
        let left = puppet().child(puppet().ignores("TERM").setsid()).orphan(full_daemon());
        let (checkout, mut leader) = on_stage(&left);
        leader.kill().and_then(|()| leader.wait()).expect("it is our child");
        assert_eq!(checkout.puppets_alive(), 2);
        must_fail(&checkout);
        for event in checkout.events() {
            event.process.signal(Signal::SIGKILL);
        }
        checkout.wait_until_empty().leaves_nothing();
        checkout.write_ledger("services.pids", "1234\n");
        must_fail(&checkout);
    });
}

#[test]
fn the_oracle_sees_a_bystander_that_was_hit() {
    fenced(|| {
        let checkout = Project::new().check_out();
        let editor = table().into_iter().find(|entry| entry.command.contains("notes.txt"));
        let editor: Process = editor.expect("there is an editor").process;
        editor.signal(Signal::SIGSTOP);
        until_so("it is frozen", || editor.is_frozen());
        must_fail(&checkout);
        editor.signal(Signal::SIGKILL);
        until_so("it is dead", || !editor.lives());
        must_fail(&checkout);
    });
}

fn must_fail(checkout: &Checkout) {
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        checkout.leaves_nothing();
    }));
    assert!(verdict.is_err(), "the oracle has overlooked something");
}
