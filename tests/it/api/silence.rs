//! A supervisor that is there and does not answer: nobody waits for it for ever,
//! and `down` ends it.

use super::socket::ends;
use crate::harness::process::{Process, table};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

fn up() -> (Checkout, Process) {
    let checkout = Project::new().service("web", puppet()).check_out();
    let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
    checkout.wait_until_settled();
    let all = table();
    let supervisor = all.iter().find(|one| one.name == "devsup-super").expect("it runs");
    (checkout, supervisor.process)
}

fn stops(supervisor: Process) {
    supervisor.signal(Signal::SIGSTOP);
    until_so("it is stopped", || supervisor.is_frozen());
}

#[test]
fn every_question_to_a_stopped_supervisor_has_an_end() {
    fenced(|| {
        let (checkout, supervisor) = up();
        stops(supervisor);
        let refused = [
            &["ps"][..],
            &["ps", "--watch"],
            &["inspect", "web"],
            &["port", "web"],
            &["events"],
            &["wait"],
            &["start", "web"],
            &["stop", "web"],
            &["restart", "web"],
            &["kill", "-s", "HUP", "web"],
            &["attach", "web"],
            &["reload"],
            &["up"],
            &["up", "-d"],
        ];
        let asked: Vec<Running> = refused.iter().map(|words| checkout.start(words)).collect();
        for one in asked {
            let said = one.ends_with(Exit::Error).says("the supervisor does not answer");
            let _ = said.says("`devsup down` ends it");
        }
        // What can be told without it is told.
        let _ = checkout.call(&["tree"]).ends_with(Exit::Ok).says("web");
        let _ = checkout.call(&["logs"]).ends_with(Exit::Ok);
        let all = checkout.call(&["ps", "--all"]).ends_with(Exit::Ok);
        let all = all.says(&format!("the supervisor with pid {}", supervisor.pid));
        let _ = all.says("does not answer").never_says("nothing runs");
        ends(&checkout);
    });
}

/// One that goes on has missed nothing.
#[test]
fn a_supervisor_that_was_stopped_for_a_while_goes_on() {
    fenced(|| {
        let (checkout, supervisor) = up();
        stops(supervisor);
        checkout.process("web").signal(Signal::SIGKILL);
        let ps = checkout.start(&["ps"]);
        supervisor.signal(Signal::SIGCONT);
        let _ = ps.finish();
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        let journal = checkout.ledger_text("logs/.devsup.log");
        assert!(journal.contains("web failed: killed by SIGKILL"), "{journal}");
        checkout.leaves_nothing();
    });
}
