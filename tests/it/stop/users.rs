//! Who one is: everything again as root, and among others.

use super::deaths::escapee;
use super::patterns::LINES;
use crate::harness::process::{Process, table};
use crate::harness::wait::until;
use crate::harness::{
    Checkout, Exit, Project, Puppet, Way, binary, fenced_as_root, fenced_with_users, full_daemon,
    puppet,
};
use nix::sys::signal::Signal;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const GRACE: u32 = 300;
/// An ordinary user of the fence.
const USER: u32 = 1;
/// Another one.
const OTHER: u32 = 2;

fn project(web: Puppet) -> Project {
    Project::new().grace_ms(GRACE).service("web", web).service("other", puppet())
}

#[test]
fn every_escape_by_every_way_down_as_root() {
    fenced_as_root(|| Way::all_end(|| project(escapee())));
}

#[test]
fn all_of_devsup_killed_as_root() {
    fenced_as_root(|| {
        for records in [true, false] {
            let ended = project(escapee()).up().kills_all_of_devsup().finish();
            let checkout = ended.checkout();
            if !records {
                std::fs::remove_dir_all(checkout.root().join(".pids")).expect("it is our own");
            }
            let verb = if records { "down" } else { "sweep" };
            let _ = checkout.call(&[verb]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}

#[test]
fn swarms_as_root() {
    fenced_as_root(|| {
        for swarm in [puppet().hops(0), puppet().hops(1), puppet().ignores("TERM").bombs(200)] {
            let web = || puppet().child(swarm.clone().setsid());
            project(web()).up().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
            let ended = project(web()).up().kills_all_of_devsup().finish();
            let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
            ended.checkout().leaves_nothing();
        }
    });
}

/// A program that makes its caller root, as `sudo` does, and what it then does.
struct Sudo {
    place: TempDir,
    program: PathBuf,
}

impl Sudo {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let program = place.path().join("sudo");
        std::fs::copy(binary("puppet"), &program).expect("a program can be copied");
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        };
        set(&program, 0o4755).and_then(|()| set(place.path(), 0o755)).expect("we are root");
        Self { place, program }
    }

    /// A child that becomes root.
    fn child(&self) -> Puppet {
        let registry = self.place.path().join("registry");
        let line = format!("{}:{}:-:root:become=0", self.program.display(), registry.display());
        puppet().child(puppet().execs(&line))
    }

    fn process(&self) -> Process {
        let registry = self.place.path().join("registry");
        until("somebody is root", || {
            let settled = std::fs::read_to_string(&registry).unwrap_or_default();
            let line = settled.lines().find(|line| line.starts_with("settled "))?;
            Process::with_pid(line.split(' ').nth(1)?.parse().ok()?)
        })
    }
}

/// It can't be ended by anybody without root, so it is named.
#[test]
fn a_child_that_became_root_is_named() {
    fenced_with_users(|| {
        let sudo = Sudo::new();
        let up = project(sudo.child()).of_user(USER).up();
        let root = sudo.process();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Left);
        let ended = ended.says(&root.pid.to_string()).says("user id 0");
        assert!(root.lives(), "nobody could have ended it");
        let checkout = ended.checkout().clone();
        let _ = checkout.down(&[]).ends_with(Exit::Left).says("user id 0");
        root.signal(Signal::SIGKILL);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_child_that_became_another_user_is_ended_by_root() {
    fenced_with_users(|| {
        let web = || puppet().child(puppet().setsid().becomes(USER)).orphan(full_daemon());
        let up = project(web()).of_user(0).up();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let ended = project(web()).of_user(0).up().kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
    });
}

/// Neither by an ordinary user nor by root.
#[test]
fn patterns_hit_nobody_elses_processes() {
    fenced_with_users(|| {
        for user in [USER, 0] {
            let checkout = project(puppet()).of_user(user).check_out();
            let baits: Vec<_> = LINES
                .iter()
                .map(|(pattern, line)| {
                    let bait = checkout.bait(line).of_user(OTHER).orphaned();
                    bait.is_a_bystander(&checkout, pattern)
                })
                .collect();
            let said = checkout.down(&["--json"]).ends_with(Exit::Ok).out();
            let report: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
            for bait in &baits {
                assert!(bait.process.lives());
                let mut spared = report["spared"].as_array().into_iter().flatten();
                let told = spared.find(|one| one["pid"] == bait.process.pid);
                let reason = told.expect("it is reported")["reason"].to_string();
                assert!(reason.contains("it runs as user id 2"), "{reason}");
            }
            end_all(&checkout, baits.iter().map(|bait| bait.process));
        }
    });
}

fn end_all(checkout: &Checkout, all: impl Iterator<Item = Process>) {
    checkout.leaves_nothing();
    all.for_each(|process| process.signal(Signal::SIGKILL));
}

fn hide_processes(mode: &str) {
    let option = format!("remount,hidepid={mode}");
    let done = Command::new("mount").args(["-o", &option, "/proc"]).status();
    assert!(done.is_ok_and(|status| status.success()), "`/proc` can't be mounted so");
}

/// A user who is shown nobody's processes but those that may be traced.
#[test]
fn where_proc_hides_processes_a_stop_is_clean_or_says_what_it_could_not_see() {
    fenced_with_users(|| {
        let web = || {
            let plain = puppet().forks(2).orphan(full_daemon());
            plain.orphan(puppet().setsid().clears_env()).child(puppet().ignores("TERM"))
        };
        for mode in ["1", "2"] {
            hide_processes(mode);
            crate::harness::say(&format!("hidepid={mode}"));
            let up = project(web()).of_user(USER).up();
            up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
            let ended = project(web()).of_user(USER).up().kills_all_of_devsup().finish();
            let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
            ended.checkout().leaves_nothing();
            let closed = || puppet().orphan(puppet().setsid().undumpable());
            let up = project(closed()).of_user(USER).up();
            up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
            let ended = project(closed()).of_user(USER).up().kills_all_of_devsup().finish();
            names_what_it_can_not_see(ended.checkout());
        }
        hide_processes("0");
    });
}

fn names_what_it_can_not_see(checkout: &Checkout) {
    let closed = checkout.process("web/1");
    let said = checkout.down(&[]).ends_with(Exit::Left).says("hidepid");
    let _ = said.says(&closed.pid.to_string());
    assert!(table().iter().any(|entry| entry.process == closed), "it was not even hit");
    let _ = checkout.down(&[]).ends_with(Exit::Left).says("hidepid");
    closed.signal(Signal::SIGKILL);
    let _ = checkout.down(&[]).ends_with(Exit::Ok);
    checkout.leaves_nothing();
}
