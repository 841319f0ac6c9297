//! devsup below devsup: a service that calls `down`, and a project as a
//! service of another.

use crate::harness::{Checkout, Exit, Project, Puppet, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;

fn calls(arguments: &str) -> Puppet {
    puppet().execs(&format!("{}:{arguments}", crate::harness::binary("devsup").display()))
}

#[test]
fn down_from_inside_a_service() {
    fenced(|| {
        let web = puppet().orphan(full_daemon()).child(calls("down"));
        let up = Project::new().grace_ms(300).service("web", web).service("db", puppet()).launch();
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn forced_down_from_inside_a_service_that_is_left_alone() {
    fenced(|| {
        let escaped = puppet().setsid().clears_env();
        let web = puppet().orphan(escaped).child(puppet().setsid().orphan(calls("down:--force")));
        Project::new().service("web", web).launch().ends_with(Exit::Ok).leaves_nothing();
    });
}

/// A project that runs as a service of another, both with something to hide.
fn nested() -> (Checkout, crate::harness::Running) {
    let hidden = || puppet().orphan(full_daemon());
    let inner = Project::new().grace_ms(300).service("inner", hidden()).check_out();
    let up = calls(&format!("up:-C:{}", inner.root().display()));
    let outer = Project::new().service("project", up).service("web", hidden()).up();
    inner.wait_until_settled();
    (inner, outer)
}

#[test]
fn a_project_that_is_a_service_ends_with_the_other() {
    fenced(|| {
        let (inner, outer) = nested();
        outer.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert!(!inner.ledger("run.json").exists(), "the inner run ended without its verdict");
    });
}

#[test]
fn a_project_that_is_a_service_is_found_from_outside() {
    fenced(|| {
        let (inner, outer) = nested();
        let ended = outer.kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
        assert_eq!(inner.puppets_alive(), 0);
        let _ = inner.down(&[]).ends_with(Exit::Ok);
        assert!(!inner.ledger("run.json").exists());
    });
}

/// The other way round: the inner one's end is not the outer one's.
#[test]
fn a_project_that_is_a_service_ends_alone() {
    fenced(|| {
        let (inner, outer) = nested();
        let _ = inner.down(&[]).ends_with(Exit::Ok);
        assert_eq!(inner.puppets_alive(), 0);
        assert!(
            outer.checkout().process("web").lives() && outer.checkout().process("web/1/1").lives()
        );
        outer.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
