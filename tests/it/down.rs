//! `devsup down` beside a project, and where nothing runs.

use crate::harness::{Ended, Exit, Project, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;

fn project() -> Project {
    let web = puppet().forks(1).orphan(full_daemon());
    Project::new().grace_ms(300).service("web", web)
}

fn report(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out()).expect("standard output is one JSON value")
}

#[test]
fn nothing_to_do_is_fine() {
    fenced(|| {
        let checkout = project().check_out();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = checkout.down(&["--force"]).ends_with(Exit::Ok);
        let _ = checkout.down(&["--stale"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn twice_is_fine() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn shows_the_phases_in_order_here_and_there() {
    fenced(|| {
        let up = project().up();
        let phases = ["[1/5]", "[2/5]", "[3/5]", "[4/5]", "[5/5]", "0 processes"];
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok).says_in_order(&phases);
        up.ends_with(Exit::Ok).says_in_order(&phases).leaves_nothing();
    });
}

#[test]
fn json_is_one_report() {
    fenced(|| {
        let up = project().up();
        let ended = up.checkout().down(&["--json"]).ends_with(Exit::Ok);
        let said = report(&ended);
        for field in
            ["version", "project", "run", "dry_run", "verdict", "hits", "spared", "survivors"]
        {
            assert!(said.get(field).is_some(), "`{field}` is missing in {said}");
        }
        assert_eq!(said["verdict"], "clean");
        assert_eq!(said["survivors"], Value::Array(Vec::new()));
        assert!(said["took_ms"].is_u64() && said["freed"]["processes"].is_u64());
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn json_of_nothing_says_so() {
    fenced(|| {
        let ended = project().check_out().down(&["--json"]).ends_with(Exit::Ok);
        assert_eq!(report(&ended)["verdict"], "nothing");
    });
}

#[test]
fn quiet_prints_nothing() {
    fenced(|| {
        let up = project().up();
        let ended = up.checkout().down(&["-q"]).ends_with(Exit::Ok);
        assert_eq!(ended.text(), "");
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

/// It names whom it would stop, with what belongs to them, and stops nobody.
#[test]
fn dry_run_touches_nothing() {
    fenced(|| {
        let up = project().up();
        let ended = up.checkout().down(&["--dry-run", "--json"]).ends_with(Exit::Ok);
        let said = report(&ended);
        assert_eq!(said["dry_run"], true);
        let hits: Vec<i64> = said["hits"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|hit| hit["pid"].as_i64())
            .collect();
        for role in ["web", "web/1", "web/2/1"] {
            let pid = i64::from(up.checkout().process(role).pid);
            assert!(hits.contains(&pid), "`{role}` ({pid}) is missing in {said}");
        }
        assert!(up.checkout().ledger("run.json").exists());
        let up = up.is_well();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn force_asks_nobody() {
    fenced(|| {
        let web = puppet().polite("TERM", 0, 0).child(puppet().ignores("TERM"));
        let up = Project::new().line("shutdown: {grace: 1h}").service("web", web).up();
        let _ = up.checkout().down(&["--force"]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing().has_asked(&[]);
    });
}

#[test]
fn timeout_is_the_grace() {
    fenced(|| {
        let web = puppet().ignores("TERM");
        let up = Project::new().line("shutdown: {grace: 1h}").service("web", web).up();
        let _ = up.checkout().down(&["-t", "0"]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn stale_leaves_a_living_run_alone() {
    fenced(|| {
        let up = project().up();
        let _ = up.checkout().down(&["--stale"]).ends_with(Exit::Ok);
        let up = up.is_well();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn stale_ends_a_run_that_was_killed() {
    fenced(|| {
        let ended = project().up().kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&["--stale"]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing();
    });
}

/// As a hook of the tests calls it: without a word, whatever begins or ends at
/// the same time.
#[test]
fn stale_may_be_called_at_any_moment() {
    fenced(|| {
        let checkout = project().check_out();
        let hooks = || (0..4).map(|_| checkout.start(&["down", "--stale", "-q"]));
        let early: Vec<_> = hooks().collect();
        let up = checkout.launch();
        let hooks: Vec<_> = early.into_iter().chain(hooks()).collect();
        checkout.wait_until_settled();
        for hook in hooks {
            assert_eq!(hook.ends_with(Exit::Ok).text(), "");
        }
        let up = up.is_well();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn two_at_once_say_the_same() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let first = checkout.start(&["down", "--json"]);
        let second = checkout.start(&["down", "--json"]);
        let [first, second] = [first, second].map(|down| down.ends_with(Exit::Ok));
        up.ends_with(Exit::Ok).leaves_nothing();
        for said in [report(&first), report(&second)] {
            // One that comes when all is over rightly finds nothing.
            assert!(["clean", "nothing"].contains(&said["verdict"].as_str().unwrap_or_default()));
        }
    });
}

#[test]
fn two_at_once_after_a_run_that_was_killed() {
    fenced(|| {
        let ended = project().up().kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let downs = [checkout.start(&["down"]), checkout.start(&["down"])];
        for down in downs {
            let _ = down.ends_with(Exit::Ok);
        }
        checkout.leaves_nothing();
    });
}

#[test]
fn another_checkout_goes_on() {
    fenced(|| {
        let [one, other] = [project(), project()].map(Project::up);
        let _ = one.checkout().down(&[]).ends_with(Exit::Ok);
        let ended = one.ends_with(Exit::Ok);
        ended.checkout().leaves_nothing_beside(&[&other]);
        let other = other.is_well();
        let _ = other.checkout().down(&[]).ends_with(Exit::Ok);
        other.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn another_checkout_goes_on_when_this_one_was_killed() {
    fenced(|| {
        let [one, other] = [project(), project()].map(Project::up);
        let ended = one.kills_all_of_devsup().finish();
        let _ = ended.checkout().down(&[]).ends_with(Exit::Ok);
        ended.checkout().leaves_nothing_beside(&[&other]);
        other.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Killed in the middle, it has left the records, and the next one finishes.
#[test]
fn killed_midway() {
    fenced(|| {
        for moment in 0..12 {
            let ended = project().up().kills_all_of_devsup().finish();
            let checkout = ended.checkout();
            let down = checkout.start(&["down"]);
            // Not to wait for anything: each round is to hit another moment.
            std::thread::sleep(std::time::Duration::from_millis(moment * 3));
            let _ = down.signal(Signal::SIGKILL).finish();
            let _ = checkout.down(&[]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}

#[test]
fn from_a_directory_below() {
    fenced(|| {
        let up = project().up();
        let below = up.checkout().root().join("below");
        // Only within a repository is anything above the directory looked at.
        for directory in [&below, &up.checkout().root().join(".git")] {
            std::fs::create_dir(directory).expect("it can be made");
        }
        let down = up.checkout().down(&["-C", &below.to_string_lossy()]);
        let _ = down.ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_declared_port_is_free_again() {
    fenced(|| {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("some port is free");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let holder = puppet().setsid().ignores("TERM").listens(port);
        let up = Project::new()
            .grace_ms(300)
            .service("web", puppet().orphan(holder))
            .with("web", &format!("port: {port}"))
            .up();
        let ended = up.checkout().down(&["--json"]).ends_with(Exit::Ok);
        std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        assert_eq!(report(&ended)["freed"]["ports"], Value::from(vec![port]));
        up.ends_with(Exit::Ok).leaves_nothing();
    });
}
