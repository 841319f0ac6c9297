//! Each escape, against each way in which a project comes to its end.

use crate::harness::{Exit, Project, Puppet, Way, fenced, full_daemon, puppet, rounds};
use nix::sys::signal::Signal;

/// Short enough for seven ends in a row; nothing here is timed.
const GRACE: u32 = 300;

/// A project with the puppet, beside a service that is well behaved.
fn project(web: Puppet) -> Project {
    Project::new().grace_ms(GRACE).service("web", web).service("other", puppet())
}

fn never_escapes(web: &Puppet) {
    Way::all_end(|| project(web.clone()));
}

#[test]
fn plain_tree() {
    fenced(|| never_escapes(&puppet().forks(3)));
}

#[test]
fn plain_tree_of_a_procfile() {
    fenced(|| Way::all_end(|| Project::new().procfile().service("web", puppet().forks(3))));
}

#[test]
fn orphaned_grandchild() {
    fenced(|| never_escapes(&puppet().orphan(puppet())));
}

#[test]
fn leader_exits_first_while_a_child_ignores_term() {
    fenced(|| never_escapes(&puppet().child(puppet().ignores("TERM"))));
}

#[test]
fn group_of_its_own() {
    fenced(|| never_escapes(&puppet().child(puppet().setpgid())));
}

#[test]
fn session_of_its_own() {
    fenced(|| never_escapes(&puppet().child(puppet().setsid())));
}

#[test]
fn double_fork() {
    fenced(|| never_escapes(&puppet().orphan(puppet().setsid().orphan(puppet()).exits(0))));
}

#[test]
fn full_daemon_of_another_program() {
    fenced(|| never_escapes(&puppet().orphan(full_daemon())));
}

#[test]
fn signals_ignored() {
    fenced(|| never_escapes(&puppet().ignores("TERM,INT,HUP").forks(1)));
}

#[test]
fn stopped() {
    fenced(|| never_escapes(&puppet().child(puppet().freezes()).freezes()));
}

#[test]
fn environment_gone() {
    fenced(|| {
        never_escapes(
            &puppet().orphan(puppet().setsid().clears_env()).orphan(puppet().wipes_env()),
        );
    });
}

#[test]
fn descriptors_closed_and_elsewhere() {
    fenced(|| never_escapes(&puppet().orphan(puppet().setsid().closes_fds().chdir("/"))));
}

#[test]
fn renamed_and_undumpable() {
    fenced(|| never_escapes(&puppet().orphan(puppet().renames("innocent").undumpable())));
}

#[test]
fn headless_leader_and_headless_child() {
    fenced(|| {
        let headless = || puppet().ignores("TERM").loses_head();
        never_escapes(&puppet().child(headless()));
        never_escapes(&headless());
    });
}

#[test]
fn twin_of_the_leader() {
    fenced(|| never_escapes(&puppet().twin(puppet().ignores("TERM").setsid())));
}

/// A stopped process must be woken to hear what it is asked.
#[test]
fn stopped_but_polite() {
    fenced(|| {
        let up = project(puppet().polite("TERM", 0, 0).freezes()).up();
        up.waits_until_frozen("web")
            .signal(Signal::SIGINT)
            .ends_with(Exit::Ok)
            .leaves_nothing()
            .has_asked(&["web"]);
    });
}

/// Whoever takes a while, but ends, is not killed.
#[test]
fn slow_but_polite() {
    fenced(|| {
        let slow = puppet().polite("TERM", 700, 0);
        let up = Project::new().line("shutdown: {grace: 60s}").service("web", slow).up();
        let checkout = up.checkout().clone();
        up.signal(Signal::SIGINT)
            .ends_with(Exit::Ok)
            .says("web says goodbye")
            .leaves_nothing()
            .has_asked(&["web"]);
        assert!(!checkout.ledger_text("history.jsonl").contains("SIGKILL"));
    });
}

#[test]
fn dependents_are_asked_before_what_they_depend_on() {
    fenced(|| {
        let polite = || puppet().polite("TERM", 50, 0);
        Project::new()
            .service("db", polite())
            .service("api", polite())
            .service("web", polite())
            .depends("api", "db")
            .depends("web", "api")
            .up()
            .signal(Signal::SIGTERM)
            .ends_with(Exit::Ok)
            .leaves_nothing()
            .has_asked(&["web", "api", "db"]);
    });
}

/// A shell that is asked to end does so at once, and what it has started is then
/// below somebody else: that is asked all the same, and nobody has to be killed.
#[test]
fn everybody_is_asked_before_anybody_ends() {
    fenced(|| {
        let tree = "sh -c 'setsid sh -c \"echo ready; sleep 1000\" & exec sleep 1000'";
        for _ in 0..rounds("DEVSUP_ASKED_ROUNDS", 10) {
            let up = Project::new().grace_ms(20_000).command("web", tree).launch();
            let up = up.sees("ready").sees("1 service is up");
            let _ = up.checkout().down(&[]).ends_with(Exit::Ok).says("nobody had to be killed");
            up.ends_with(Exit::Ok).leaves_nothing();
        }
    });
}
