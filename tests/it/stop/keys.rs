//! How a person insists: Ctrl-C once, twice, three times.

use crate::harness::{CTRL_C, Exit, Project, Running, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;

/// Nobody waits this long; a test that does has failed.
const FOR_EVER: &str = "shutdown: {grace: 1h}";

fn stubborn() -> Running {
    let web = puppet().ignores("TERM,INT,HUP").forks(2).orphan(full_daemon());
    Project::new().line(FOR_EVER).service("web", web).up_in_terminal()
}

#[test]
fn once_asks() {
    fenced(|| {
        Project::new()
            .line(FOR_EVER)
            .service("web", puppet().polite("TERM", 0, 0))
            .up_in_terminal()
            .presses(CTRL_C)
            .ends_with(Exit::Ok)
            .leaves_nothing()
            .has_asked(&["web"]);
    });
}

#[test]
fn twice_forces() {
    fenced(|| {
        stubborn()
            .presses(CTRL_C)
            .sees("[1/5]")
            .presses(CTRL_C)
            .ends_with(Exit::Ok)
            .leaves_nothing()
            .says("[2/5]");
    });
}

/// Also where the supervisor hears nothing any more.
#[test]
fn three_times_leaves() {
    fenced(|| {
        let up = stubborn();
        let supervisor = up.supervisor();
        supervisor.signal(Signal::SIGSTOP);
        let up = up.presses_until_it_ends(CTRL_C);
        supervisor.signal(Signal::SIGCONT);
        let ended = up.ends_with(Exit::Left);
        let checkout = ended.checkout();
        checkout.wait_until_empty();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn two_signals_force() {
    fenced(|| {
        let web = puppet().ignores("TERM");
        Project::new()
            .line(FOR_EVER)
            .service("web", web)
            .up()
            .signal(Signal::SIGTERM)
            .sees("[1/5]")
            .signal(Signal::SIGTERM)
            .ends_with(Exit::Ok)
            .leaves_nothing();
    });
}

#[test]
fn down_with_force_overtakes_an_end_that_takes_its_time() {
    fenced(|| {
        let up = stubborn().presses(CTRL_C).sees("[1/5]");
        let _ = up.checkout().down(&["--force"]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}
