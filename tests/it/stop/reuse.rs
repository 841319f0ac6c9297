//! Numbers that belong to somebody else by now: the pid of a dead service is
//! given to a stranger on purpose, and the stranger lives.

use crate::harness::process::Process;
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced_as_root, puppet};
use nix::sys::signal::Signal;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A run of which only the records are left.
fn dead_run() -> Checkout {
    let web = puppet().child(puppet().setsid());
    let ended = Project::new().grace_ms(200).service("web", web).up().kills_all_of_devsup();
    let checkout = ended.finish().checkout().clone();
    for role in ["web", "web/1"] {
        let process = checkout.process(role);
        process.signal(Signal::SIGKILL);
        until_so("it is reaped", || Process::with_pid(process.pid.cast_unsigned()).is_none());
    }
    checkout
}

/// Starts a stranger that gets this very pid, and leads a session of it.
fn stranger_with(pid: i32) -> Child {
    for _ in 0..100 {
        let before = (pid - 1).to_string();
        std::fs::write("/proc/sys/kernel/ns_last_pid", before).expect("the next pid can be set");
        let mut command = Command::new("sleep");
        command.arg("600");
        // SAFETY: setsid touches no memory.
        unsafe { command.pre_exec(|| Ok(nix::unistd::setsid().map(drop)?)) };
        let mut child = command.spawn().expect("a stranger can be started");
        if child.id().cast_signed() == pid {
            return child;
        }
        child.kill().and_then(|()| child.wait()).expect("it is our child");
    }
    panic!("the number {pid} could not be had");
}

fn lives_through(checkout: &Checkout, pid: i32, mut stranger: Child) {
    let process = Process::with_pid(pid.cast_unsigned()).expect("it lives");
    checkout.welcome("the stranger with a service's number", process);
    for arguments in [&["down"][..], &["down", "--force"], &["sweep"]] {
        let _ = checkout.call(arguments).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    }
    assert!(process.lives() && !process.is_frozen());
    stranger.kill().and_then(|()| stranger.wait()).expect("it is our child");
}

#[test]
fn a_stranger_with_the_number_of_a_service() {
    fenced_as_root(|| {
        for _ in 0..5 {
            let checkout = dead_run();
            let pid = checkout.process("web").pid;
            let stranger = stranger_with(pid);
            lives_through(&checkout, pid, stranger);
        }
    });
}

/// As if it had started in the same tick: only the inode of its handle differs.
#[test]
fn a_stranger_with_the_number_and_the_start_of_a_service() {
    fenced_as_root(|| {
        let checkout = dead_run();
        let text = checkout.ledger_text("run.json");
        let mut run: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        if run["entries"][0]["leader"]["inode"].is_null() {
            return crate::harness::skip("pidfs", "the kernel is older than 6.9");
        }
        let dead = checkout.process("web");
        let stranger = stranger_with(dead.pid);
        let start = Process::with_pid(stranger.id()).expect("it lives").ticks;
        run["entries"][0]["leader"]["start"] = start.into();
        checkout.write_ledger("run.json", &run.to_string());
        let file = checkout.ledger("run.json");
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(file, own).expect("it is our own");
        lives_through(&checkout, dead.pid, stranger);
    });
}
