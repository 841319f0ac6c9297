//! What the end of a service means for the others, and for the exit status.

use crate::harness::{Exit, Project, Puppet, fenced, puppet};
use nix::sys::signal::Signal;

fn beside(web: Puppet) -> Project {
    Project::new().service("other", puppet()).service("web", web)
}

/// Everything stops by itself, with this status.
fn all_stop(project: Project, exit: Exit) {
    project.launch().ends_with(exit).leaves_nothing();
}

/// The other one goes on until it is asked.
fn the_other_goes_on(project: Project, notice: &str) {
    let up = project.up().sees(notice);
    assert!(up.checkout().process("other").lives(), "it was stopped too");
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn in_a_procfile_one_exit_stops_all_and_its_code_is_passed_on() {
    fenced(|| {
        all_stop(beside(puppet().exits(42)).procfile(), Exit::Code(42));
        all_stop(beside(puppet().exits(0)).procfile(), Exit::Ok);
    });
}

#[test]
fn in_a_procfile_a_signal_is_passed_on_as_shells_do() {
    fenced(|| {
        all_stop(beside(puppet().dies("KILL")).procfile(), Exit::Code(128 + 9));
        all_stop(beside(puppet().dies("TERM")).procfile(), Exit::Code(128 + 15));
    });
}

#[test]
fn in_a_yaml_the_others_go_on() {
    fenced(|| {
        the_other_goes_on(beside(puppet().exits(42)), "web failed: exit 42");
        the_other_goes_on(beside(puppet().exits(0)), "web completed: exit 0");
        the_other_goes_on(beside(puppet().dies("KILL")), "web failed: killed by SIGKILL");
    });
}

#[test]
fn all_that_end_well_make_a_good_end() {
    fenced(|| {
        let three = beside(puppet().exits(0)).service("last", puppet().naps(20).exits(0));
        let three = three.with("other", "success_exit_codes: [0, 3]").flag("-x other");
        all_stop(three, Exit::Ok);
        let odd = Project::new().service("web", puppet().exits(3));
        all_stop(odd.with("web", "success_exit_codes: [0, 3]"), Exit::Ok);
    });
}

#[test]
fn one_that_fails_makes_a_bad_end() {
    fenced(|| {
        let project = Project::new().service("web", puppet().exits(42));
        all_stop(project.service("last", puppet().naps(20).exits(0)), Exit::Error);
    });
}

#[test]
fn a_stop_that_was_asked_for_is_good_whatever_failed_before() {
    fenced(|| {
        let up = beside(puppet().exits(42)).up().sees("web failed");
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn abort_on_exit_stops_all_with_any_code() {
    fenced(|| {
        all_stop(beside(puppet().exits(42)).flag("--abort-on-exit"), Exit::Code(42));
        all_stop(beside(puppet().exits(0)).flag("--abort-on-exit"), Exit::Ok);
        all_stop(beside(puppet().dies("KILL")).flag("--abort-on-exit"), Exit::Code(137));
    });
}

#[test]
fn abort_on_failure_lets_a_good_end_pass() {
    fenced(|| {
        let flag = "--abort-on-failure";
        all_stop(beside(puppet().exits(42)).flag(flag), Exit::Code(42));
        the_other_goes_on(beside(puppet().exits(0)).flag(flag), "web completed: exit 0");
    });
}

/// What is below a service that ended is stopped before its end is told.
#[test]
fn children_of_one_that_ended_are_gone_when_its_end_is_told() {
    fenced(|| {
        let ready = std::env::temp_dir().join("ready");
        let child = puppet().ignores("TERM").setsid().touches(&ready);
        let web = puppet().child(child).awaits(&ready).exits(42);
        let up = beside(web).grace_ms(100).launch().sees("web failed: exit 42");
        assert!(!up.checkout().process("web/1").lives(), "it lives on");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
