//! `devsup tree`, `ps --here` and `devsup kill`: who is shown, who is hit, and
//! who never is.

use crate::harness::process::Process;
use crate::harness::{Checkout, Exit, Project, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;

fn project() -> Project {
    let web = puppet().child(puppet().forks(2)).orphan(full_daemon());
    Project::new()
        .grace_ms(300)
        .service("web", web)
        .with("web", "tags: [front]")
        .service("db", puppet().forks(1))
        .with("db", "tags: [back]")
}

fn json(checkout: &Checkout, arguments: &[&str]) -> Value {
    let ended = checkout.call(arguments).ends_with(Exit::Ok);
    serde_json::from_str(&ended.out()).expect("it is JSON")
}

fn tree(checkout: &Checkout, arguments: &[&str]) -> Vec<Value> {
    let all = json(checkout, &[&["tree", "--json"], arguments].concat());
    all["processes"].as_array().expect("there are processes").clone()
}

fn pids(processes: &[Value]) -> Vec<i64> {
    let mut pids: Vec<i64> = processes.iter().filter_map(|one| one["pid"].as_i64()).collect();
    pids.sort_unstable();
    pids
}

fn sorted(processes: &[Process]) -> Vec<i64> {
    let mut pids: Vec<i64> = processes.iter().map(|one| one.pid.into()).collect();
    pids.sort_unstable();
    pids
}

#[test]
fn every_process_is_shown_below_its_service() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let all = tree(&checkout, &[]);
        let web = tree(&checkout, &["web"]);
        let roles = ["web", "web/1", "web/1/1", "web/1/2"].map(|role| checkout.process(role));
        for process in roles {
            assert!(pids(&web).contains(&process.pid.into()), "{web:?}");
        }
        // The daemon that cleared its environment and left its session, too.
        let sleeps = |one: &&Value| one["command"] == "/bin/sleep 600";
        let daemon = web.iter().find(sleeps).expect("the daemon is found");
        assert_eq!((&daemon["kind"], &daemon["service"]), (&"service".into(), &"web".into()));
        let leader = &web[0];
        assert_eq!(leader["pid"], i64::from(checkout.process("web").pid));
        assert_eq!((&leader["leader"], &leader["depth"]), (&true.into(), &0.into()));
        assert_eq!(leader["tags"][0], "front");
        assert!(leader["memory_tree"].as_u64() > leader["memory"].as_u64());
        let below = web.iter().find(|one| one["depth"] == 2).expect("grandchildren are two deep");
        assert_eq!(below["parent"], i64::from(checkout.process("web/1").pid));
        assert_eq!(all.len(), web.len() + 2, "db and its child");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn filters_leave_what_they_name() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let leaders = sorted(&["web", "db"].map(|role| checkout.process(role)));
        assert_eq!(pids(&tree(&checkout, &["--leaders-only"])), leaders);
        let db = sorted(&["db", "db/1"].map(|role| checkout.process(role)));
        assert_eq!(pids(&tree(&checkout, &["--tag", "back"])), db);
        let pid = checkout.process("web/1").pid.to_string();
        let below = sorted(&["web/1", "web/1/1", "web/1/2"].map(|role| checkout.process(role)));
        assert_eq!(pids(&tree(&checkout, &["--pid", &pid])), below);
        let _ = checkout.call(&["tree"]).ends_with(Exit::Ok).says_in_order(&["WHOSE", "web", "db"]);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The bystanders of every scenario sit in the project's directory.
#[test]
fn here_shows_whose_each_is() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let here = json(&checkout, &["ps", "--here", "--json"]);
        let processes = here["processes"].as_array().expect("there are processes");
        let kind = |kind: &str| processes.iter().filter(|one| one["kind"] == kind).count();
        assert!(kind("service") >= 6 && kind("other") >= 1, "{here}");
        let stranger = processes.iter().find(|one| one["kind"] == "other").expect("there is one");
        assert!(stranger["reason"].as_str().is_some_and(|why| why.contains("nothing proves")));
        assert_eq!(stranger["evidence"].as_array().map(Vec::len), Some(0));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn nothing_runs() {
    fenced(|| {
        let checkout = project().check_out();
        let _ = checkout.call(&["tree"]).ends_with(Exit::NotRunning).says("nothing runs");
    });
}

#[test]
fn a_service_is_killed_with_all_below_it_and_stays_down() {
    fenced(|| {
        let up = project().with("web", "restart: always").up();
        let checkout = up.checkout().clone();
        let before = pids(&tree(&checkout, &["web"]));
        let planned = json(&checkout, &["kill", "web", "--dry-run", "--json"]);
        let targets = planned["plan"]["targets"].as_array().expect("a plan").clone();
        assert_eq!(pids(&targets), before);
        up.must_live();
        let at = |role: &str| {
            let pid = i64::from(checkout.process(role).pid);
            targets.iter().position(|one| one["pid"] == pid)
        };
        assert!(at("web/1/1") < at("web/1") && at("web/1") < at("web"), "children first");
        let done = json(&checkout, &["kill", "web", "--json"]);
        let mut killed: Vec<i64> =
            done["killed"].as_array().expect("a list").iter().filter_map(Value::as_i64).collect();
        killed.sort_unstable();
        assert_eq!(killed, before);
        assert_eq!(done["failed"].as_array().map(Vec::len), Some(0));
        let _ = checkout.call(&["wait", "db"]).ends_with(Exit::Ok);
        let state = json(&checkout, &["ps", "web", "--json"])["services"][0]["state"].clone();
        assert!(["stopping", "stopped"].contains(&state.as_str().unwrap_or_default()), "{state}");
        assert!(checkout.process("db").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn one_process_is_killed_with_what_is_below_it_and_no_other() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let pid = checkout.process("web/1").pid.to_string();
        let _ = checkout.call(&["kill", "--pid", &pid]).ends_with(Exit::Ok).says("3 processes");
        let lives = |role: &str| checkout.process(role).lives();
        assert!(lives("web") && lives("db") && lives("db/1"));
        assert!(!lives("web/1") && !lives("web/1/1") && !lives("web/1/2"));
        // Who is gone already counts as killed.
        let _ = checkout.call(&["kill", "--pid", &pid]).ends_with(Exit::Ok);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn all_except_services_spares_the_services() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let before = pids(&tree(&checkout, &[]));
        let _ = checkout.call(&["kill", "--all-except-services"]).ends_with(Exit::Ok);
        assert_eq!(pids(&tree(&checkout, &[])), before);
        up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Without a supervisor and without guards it is the same kill, by the marks.
#[test]
fn strays_of_a_dead_run_are_killed_by_scope() {
    fenced(|| {
        let checkout = project().up().kills_all_of_devsup().finish().checkout().clone();
        let strays = tree(&checkout, &[]);
        assert!(strays.iter().all(|one| one["kind"] == "stray"), "{strays:?}");
        let _ = checkout.call(&["kill", "--all-except-services"]).ends_with(Exit::Ok);
        assert_eq!(checkout.puppets_alive(), 0);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_stranger_is_refused_unless_it_is_named_twice() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let mut stranger = std::process::Command::new("sleep")
            .arg("600")
            .current_dir(checkout.root())
            .spawn()
            .expect("sleep is there");
        let pid = stranger.id().to_string();
        let refused = checkout.call(&["kill", "--pid", &pid, "--json"]).ends_with(Exit::Error);
        let refused: Value = serde_json::from_str(&refused.out()).expect("it is JSON");
        assert_eq!(refused["failed"][0]["reason"], "not_ours");
        let other = checkout.call(&["kill", "--pid", &pid, "--force-stranger", "2"]);
        let _ = other.ends_with(Exit::Error).says("not ours");
        assert!(stranger.try_wait().expect("it is our child").is_none(), "it lives");
        let _ = checkout.call(&["kill", "--pid", &pid, "--force-stranger", &pid]).ends_with(Exit::Ok);
        assert!(!stranger.wait().expect("it is our child").success());
        up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// However fast it forks, nobody gets away: all are frozen first.
#[test]
fn a_service_that_forks_on_and_on_is_killed_whole() {
    fenced(|| {
        let up = Project::new()
            .grace_ms(300)
            .service("swarm", puppet().child(puppet().hops(1)))
            .service("db", puppet())
            .up();
        let checkout = up.checkout().clone();
        let _ = checkout.call(&["kill", "swarm"]).ends_with(Exit::Ok);
        assert!(tree(&checkout, &["swarm"]).is_empty());
        assert!(checkout.process("db").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn what_is_not_there_is_a_mistake() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let _ = checkout.call(&["kill", "wbe"]).ends_with(Exit::Usage).says("no service `wbe`");
        let _ = checkout.call(&["kill", "--tag", "x"]).ends_with(Exit::Usage).says("tagged `x`");
        let _ = checkout.call(&["kill"]).ends_with(Exit::Usage);
        let _ = checkout.call(&["kill", "web", "--project"]).ends_with(Exit::Usage);
        let _ = checkout.call(&["kill", "--pid", "1"]).ends_with(Exit::Usage);
        up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
