//! Processes that are others by the time somebody looks.

use crate::harness::{Exit, Project, Puppet, fenced, full_daemon, puppet, rounds};
use nix::sys::signal::Signal;

const GRACE: u32 = 200;

fn project(web: Puppet) -> Project {
    Project::new().grace_ms(GRACE).service("web", web)
}

/// With guards, by Ctrl-C; and without anybody, by `down`. Twenty times, or as
/// often as `DEVSUP_TEST_ROUNDS` says.
fn comes_to_an_end(web: &Puppet) {
    for _ in 0..rounds("DEVSUP_TEST_ROUNDS", 20) {
        comes_to_an_end_once(web);
    }
}

fn comes_to_an_end_once(web: &Puppet) {
    project(web.clone()).up().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    let ended = project(web.clone()).up().kills_all_of_devsup().finish();
    let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
    ended.checkout().leaves_nothing();
}

/// Many at once, each of another kind, so that one sweep has to end them all.
#[test]
fn twelve_services_at_once() {
    fenced(|| {
        let kinds = || {
            [
                puppet().child(puppet().setsid().hops(0)),
                puppet().child(puppet().setsid().hops(1)),
                puppet().child(puppet().setsid().ignores("TERM").watchdogs()),
                puppet().orphan(full_daemon()).forks(2),
            ]
        };
        let project = || {
            let all = (0..3).flat_map(|_| kinds()).zip(1..);
            all.fold(Project::new().grace_ms(GRACE), |project, (puppet, number)| {
                project.service(&format!("s{number}"), puppet)
            })
        };
        for _ in 0..rounds("DEVSUP_TEST_ROUNDS", 20) {
            let ended = project().up().kills_all_of_devsup().finish();
            let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
            ended.checkout().leaves_nothing();
        }
        project().up().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn another_process_every_20_milliseconds() {
    fenced(|| comes_to_an_end(&puppet().child(puppet().setsid().hops(20))));
}

#[test]
fn another_process_every_millisecond() {
    fenced(|| comes_to_an_end(&puppet().child(puppet().setsid().hops(1))));
}

#[test]
fn another_process_all_the_time() {
    fenced(|| comes_to_an_end(&puppet().child(puppet().setsid().hops(0))));
}

#[test]
fn fork_bomb() {
    fenced(|| comes_to_an_end(&puppet().child(puppet().ignores("TERM").bombs(200))));
}

#[test]
fn mutual_watchdogs() {
    fenced(|| comes_to_an_end(&puppet().child(puppet().setsid().ignores("TERM").watchdogs())));
}
