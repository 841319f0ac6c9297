//! Parts of devsup are killed or stopped, and still nothing is left.

use crate::harness::process::Process;
use crate::harness::{Exit, Project, Puppet, Running, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;

const GRACE: u32 = 300;

/// The hard cases, all in one service.
pub(super) fn escapee() -> Puppet {
    puppet()
        .child(puppet().setsid().ignores("TERM"))
        .orphan(puppet().setsid().clears_env())
        .orphan(puppet().wipes_env().closes_fds())
        .child(puppet().freezes())
        .child(puppet().ignores("TERM").loses_head())
        .child(puppet().undumpable().renames("innocent"))
        .twin(puppet().setsid().ignores("TERM"))
        .orphan(full_daemon())
}

fn up(web: Puppet) -> Running {
    Project::new().grace_ms(GRACE).service("web", web).service("other", puppet()).up()
}

/// The front sees it and does what `down` does.
fn front_finishes(up: Running) {
    up.kills_supervisor().ends_with(Exit::Error).leaves_nothing();
}

/// The guards stop what is theirs by themselves; `down` clears the records away.
fn guards_finish(up: Running) {
    let ended = up.kills_all_but_guards().finish();
    let checkout = ended.checkout();
    checkout.wait_until_empty();
    let _ = checkout.down(&[]).ends_with(Exit::Ok);
    checkout.leaves_nothing();
}

/// Nobody of devsup is left to notice; `down` finds everything.
fn down_finishes(up: Running) {
    let ended = up.kills_all_of_devsup().finish();
    let checkout = ended.checkout();
    assert!(checkout.puppets_alive() > 0, "there was nothing to find");
    let _ = checkout.down(&[]).ends_with(Exit::Ok);
    checkout.leaves_nothing();
}

#[test]
fn supervisor_killed_plain_tree() {
    fenced(|| front_finishes(up(puppet().forks(3))));
}

#[test]
fn supervisor_killed_full_daemon() {
    fenced(|| front_finishes(up(puppet().orphan(full_daemon()))));
}

#[test]
fn supervisor_killed_every_escape() {
    fenced(|| front_finishes(up(escapee())));
}

#[test]
fn guards_alone_plain_tree() {
    fenced(|| guards_finish(up(puppet().forks(3))));
}

#[test]
fn guards_alone_full_daemon() {
    fenced(|| guards_finish(up(puppet().orphan(full_daemon()))));
}

#[test]
fn guards_alone_every_escape() {
    fenced(|| guards_finish(up(escapee())));
}

#[test]
fn all_of_devsup_killed_plain_tree() {
    fenced(|| down_finishes(up(puppet().forks(3))));
}

#[test]
fn all_of_devsup_killed_full_daemon() {
    fenced(|| down_finishes(up(puppet().orphan(full_daemon()))));
}

#[test]
fn all_of_devsup_killed_every_escape() {
    fenced(|| down_finishes(up(escapee())));
}

/// Without guards every escape has only its markers to be found by, so each
/// is tried alone, with no sibling that could give it away.
#[test]
fn all_of_devsup_killed_each_escape_alone() {
    fenced(|| {
        let escapes = [
            puppet().orphan(puppet().setsid().clears_env()).exits(0),
            puppet().orphan(puppet().wipes_env().closes_fds()),
            puppet().freezes(),
            puppet().ignores("TERM").loses_head(),
            puppet().undumpable().renames("innocent"),
            puppet().twin(puppet().setsid().clears_env().closes_fds().chdir("/")),
        ];
        for escape in escapes {
            let forking = Project::new().grace_ms(GRACE).service("web", escape);
            down_finishes(forking.with("web", "forking: true").up());
        }
    });
}

#[test]
fn forker_killed() {
    fenced(|| {
        let up = up(puppet().orphan(full_daemon()));
        for forker in up.helpers("devsup-forker") {
            forker.signal(Signal::SIGKILL);
        }
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn guard_killed() {
    fenced(|| {
        let up = up(escapee());
        let leader = up.checkout().process("web").look().expect("it lives");
        let guard = Process::with_pid(leader.parent.cast_unsigned()).expect("it lives");
        guard.signal(Signal::SIGKILL);
        // What it guarded ends at once, and nothing else does.
        let up = up.sees("the guard of web was killed");
        assert_eq!(up.checkout().puppets_alive(), 1);
        assert!(up.checkout().process("other").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// With no guard left there is nothing to wait for: the run ends, and finds
/// what the guards had below them.
#[test]
fn every_guard_killed() {
    fenced(|| {
        let up = up(escapee());
        for guard in up.helpers("devsup-guard") {
            guard.signal(Signal::SIGKILL);
        }
        up.ends_with(Exit::Error).leaves_nothing();
    });
}

#[test]
fn guard_stopped() {
    fenced(|| {
        for how in [Signal::SIGINT, Signal::SIGTERM] {
            let up = with_frozen_guards(up(puppet().forks(2)));
            up.signal(how).ends_with(Exit::Ok).leaves_nothing();
        }
    });
}

#[test]
fn guard_stopped_and_supervisor_killed() {
    fenced(|| {
        let up = with_frozen_guards(up(puppet().orphan(full_daemon())));
        let supervisor = up.supervisor();
        supervisor.signal(Signal::SIGKILL);
        let up = up.waits_until("the supervisor is dead", || !supervisor.lives());
        let checkout = up.checkout().clone();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.finish();
        checkout.leaves_nothing();
    });
}

fn with_frozen_guards(up: Running) -> Running {
    let guards: Vec<Process> = up.helpers("devsup-guard");
    assert_eq!(guards.len(), 2, "one guard a service");
    for guard in &guards {
        guard.signal(Signal::SIGSTOP);
    }
    up.waits_until("the guards are stopped", || guards.iter().all(|guard| guard.is_frozen()))
}

/// A supervisor that hangs is taken over.
#[test]
fn supervisor_stopped() {
    fenced(|| {
        let up = up(puppet().forks(2));
        let supervisor = up.supervisor();
        supervisor.signal(Signal::SIGSTOP);
        let up = up.waits_until("it is stopped", || supervisor.is_frozen());
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
        up.finish().leaves_nothing();
    });
}

/// The supervisor dies at any moment of a start: some services run, some wait
/// behind their gate, some are not there yet. Each that ran was in the ledger
/// before, and none stays.
#[test]
fn supervisor_killed_while_it_starts() {
    fenced(|| {
        for round in 0..24 {
            let mut project = Project::new().grace_ms(GRACE);
            for number in 0..6 {
                project = project.service(&format!("s{number}"), puppet().forks(1));
            }
            let up = project.launch();
            let supervisor = up.supervisor();
            // Not to wait for anything: each round is to hit another moment.
            std::thread::sleep(std::time::Duration::from_millis(round));
            supervisor.signal(Signal::SIGKILL);
            let ended = up.finish();
            let checkout = ended.checkout();
            checkout.wait_until_empty();
            let _ = checkout.down(&[]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}
