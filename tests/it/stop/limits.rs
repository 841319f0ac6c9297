//! Stops where something is short: descriptors, processes, space, rights.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Ended, Exit, Project, fenced, fenced_as_root, full_daemon, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

fn project() -> Project {
    let web = puppet().forks(3).orphan(full_daemon()).child(puppet().ignores("TERM"));
    Project::new().grace_ms(300).service("web", web).service("other", puppet())
}

/// A run whose supervisor, forker and guards were killed.
fn dead_run() -> Checkout {
    project().up().kills_all_of_devsup().finish().checkout().clone()
}

/// Clean, or honest: one that could not look everywhere says so.
fn is_clean_or_honest(ended: &Ended) {
    let checkout = ended.checkout();
    let honest = ended.status() == Exit::Left || checkout.puppets_alive() == 0;
    assert!(honest, "something is left, and it was not said: {}", ended.text());
}

#[test]
fn a_handful_of_descriptors_is_enough() {
    fenced(|| {
        for most in [32, 16, 12, 10] {
            crate::harness::say(&format!("{most} descriptors"));
            let checkout = dead_run();
            let down = checkout.script(&format!("ulimit -n {most}; exec devsup down"));
            is_clean_or_honest(&down.finish());
            let _ = checkout.down(&[]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}

#[test]
fn no_process_is_started() {
    fenced(|| {
        let checkout = dead_run();
        let _ = checkout.script("ulimit -u 0; exec devsup down").ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// Everything of devsup is kept from forking; what is below it has used up all
/// there was.
#[test]
fn a_living_run_is_stopped_where_nobody_can_fork() {
    fenced(|| {
        let bomb = puppet().child(puppet().ignores("TERM").bombs(100));
        let up = Project::new().grace_ms(300).service("web", bomb).up();
        for name in ["devsup-super", "devsup-forker", "devsup-guard"] {
            for process in up.helpers(name) {
                let pid = process.pid.to_string();
                let mut limit = up.checkout().program("prlimit");
                let done = limit.args(["--pid", &pid, "--nproc=0"]).status();
                assert!(done.is_ok_and(|status| status.success()), "no limit for {name}");
            }
        }
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn records_that_can_not_be_removed_are_no_reason_to_leave_anybody() {
    fenced(|| {
        let checkout = dead_run();
        let records = checkout.root().join(".pids");
        let set = |mode| fs::set_permissions(&records, fs::Permissions::from_mode(mode));
        set(0o500).expect("it is our own");
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("can't be");
        assert_eq!(checkout.puppets_alive(), 0);
        set(0o700).expect("it is our own");
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// A file system that has no room left: of its own for what `.pids` holds, and
/// filled by a file of this name.
const FILLER: &str = "filler";

fn on_a_small_disk(checkout: &Checkout) {
    let records = checkout.root().join(".pids");
    fs::create_dir(&records).expect("it is not there yet");
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"]).arg(records);
    assert!(mount.status().is_ok_and(|status| status.success()), "a small disk can be had");
}

fn fill(checkout: &Checkout) {
    let file = checkout.ledger(FILLER);
    let full = |length: usize| fs::write(&file, vec![0; length]).is_err();
    assert!(full(1 << 20), "there is still room");
}

fn make_room(checkout: &Checkout) {
    fs::remove_file(checkout.ledger(FILLER)).expect("it was there");
}

#[test]
fn a_full_disk_keeps_nobody_alive() {
    fenced_as_root(|| {
        let checkout = project().check_out();
        on_a_small_disk(&checkout);
        let up = checkout.up();
        fill(&checkout);
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        assert_eq!(checkout.puppets_alive(), 0);
        make_room(&checkout);
        fs::remove_file(checkout.registry()).expect("it was there");
        let up = checkout.up();
        fill(&checkout);
        let _ = up.kills_all_of_devsup().finish();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        make_room(&checkout);
        checkout.leaves_nothing();
    });
}

/// Where there is no room from the start, the records are kept elsewhere.
#[test]
fn on_a_full_disk_a_run_is_recorded_elsewhere() {
    fenced_as_root(|| {
        let checkout = project().check_out();
        on_a_small_disk(&checkout);
        fill(&checkout);
        let up = checkout.up().sees("no space left on device");
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        assert_eq!(checkout.puppets_alive(), 0);
        fs::remove_file(checkout.registry()).expect("it was there");
        let _ = checkout.up().kills_all_of_devsup().finish();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        assert_eq!(checkout.puppets_alive(), 0);
    });
}

/// What can't be recorded is not run: its gate stays shut.
#[test]
fn on_a_full_disk_nothing_is_restarted() {
    fenced_as_root(|| {
        let project = project().with("other", "restart: {policy: on-failure, max: 1, delay: 0s}");
        let checkout = project.check_out();
        on_a_small_disk(&checkout);
        let up = checkout.up();
        fill(&checkout);
        checkout.process("other").signal(Signal::SIGKILL);
        let up = up.sees("the ledger can't be written: no space left");
        assert_eq!(checkout.processes("other").len(), 1, "it ran again, unrecorded");
        let _ = up.signal(Signal::SIGINT).finish();
        assert_eq!(checkout.puppets_alive(), 0);
        make_room(&checkout);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_port_that_a_stranger_holds_is_named_and_the_stranger_lives() {
    fenced(|| {
        let stranger = TcpListener::bind(("127.0.0.1", 0)).expect("some port is free");
        let port = stranger.local_addr().expect("it is bound").port();
        drop(stranger);
        let web = puppet().forks(1);
        let project = Project::new().service("web", web).with("web", &format!("port: {port}"));
        let up = project.up();
        let stranger = TcpListener::bind(("127.0.0.1", port)).expect("nobody listens yet");
        let own = format!("pid {}", std::process::id());
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Left);
        let ended = ended.says(&format!("port {port} of web: held by")).says(&own);
        let checkout = ended.checkout().clone();
        assert_eq!(checkout.puppets_alive(), 0);
        let _ = checkout.down(&[]);
        drop(stranger);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_thousand_sleepers() {
    fenced(|| {
        let up = Project::new().service("web", puppet().forks(1000)).up();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let ended = Project::new().service("web", puppet().forks(500)).up();
        let ended = ended.kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&["--force"]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
    });
}

/// From the markers alone: nothing of devsup lives, and nothing is recorded.
#[test]
fn without_records_and_without_guards_sweep_finds_everything() {
    fenced(|| {
        let checkout = dead_run();
        assert!(checkout.puppets_alive() > 0, "there was nothing to find");
        fs::remove_dir_all(checkout.root().join(".pids")).expect("it is our own");
        let _ = checkout.call(&["sweep"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// Somebody has removed the records of a run that lives.
#[test]
fn sweep_spares_a_run_whose_records_are_gone_and_down_ends_it() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        fs::remove_dir_all(checkout.root().join(".pids")).expect("it is our own");
        let _ = checkout.call(&["sweep"]).ends_with(Exit::Ok);
        let up = up.is_well();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.finish();
        until_so("all are gone", || checkout.puppets_alive() == 0);
    });
}

#[test]
fn the_last_report_can_be_read_again() {
    fenced(|| {
        let checkout = project().check_out();
        let _ = checkout.down(&["--last"]).ends_with(Exit::Error).says("no stop");
        let up = checkout.up();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = checkout.down(&["--last"]).ends_with(Exit::Ok).says("stopped at").says("freed");
        let json = checkout.down(&["--last", "--json"]).ends_with(Exit::Ok).out();
        let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(report["verdict"], "clean");
    });
}

/// Who leaves daemons behind is named, and how often it did.
#[test]
fn who_left_strays_is_named_with_how_often() {
    fenced(|| {
        let checkout = project().check_out();
        for round in 1..=2 {
            let _ = fs::remove_file(checkout.registry());
            let up = checkout.up();
            let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
            let ended = ended.says("web left").leaves_nothing();
            if round == 2 {
                let _ = ended.says("in 2 of the last 2 runs");
            }
        }
    });
}

#[test]
fn a_stop_command_is_run_instead_of_the_signal() {
    fenced(|| {
        let web = puppet().polite("USR1", 0, 0).ignores("TERM");
        let project = Project::new()
            .line("shutdown: {grace: 60s}")
            .service("web", web)
            .with("web", "stop_command: 'kill -USR1 $(cat .pids/services.pids)'");
        let up = project.up();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).says("`kill -USR1");
        ended.leaves_nothing().has_asked(&["web"]);
    });
}

#[test]
fn a_stop_command_that_fails_leaves_it_to_the_signal() {
    fenced(|| {
        let project = Project::new()
            .line("shutdown: {grace: 60s}")
            .service("web", puppet().polite("TERM", 0, 0))
            .with("web", "stop_command: 'exit 3'");
        let up = project.up().signal(Signal::SIGINT);
        up.ends_with(Exit::Ok).says("exit 3").leaves_nothing().has_asked(&["web"]);
    });
}

#[test]
fn a_stop_command_that_hangs_ends_with_the_patience() {
    fenced(|| {
        let project = Project::new()
            .grace_ms(300)
            .service("web", puppet())
            .with("web", "stop_command: 'sleep 600 & sleep 600'");
        project.up().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
