//! `up -d`: the caller goes, the run stays.

use super::socket::ends;
use crate::harness::process::table;
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;

fn supervisor(checkout: &Checkout) -> crate::harness::process::Process {
    let run = checkout.ledger_text("run.json");
    let run: serde_json::Value = serde_json::from_str(&run).expect("a run is recorded");
    let pid = run["supervisor"]["pid"].as_u64().expect("it has a supervisor");
    let pid = u32::try_from(pid).expect("a pid");
    crate::harness::process::Process::with_pid(pid).expect("it lives")
}

#[test]
fn returns_when_everything_has_started_and_down_ends_it() {
    fenced(|| {
        let checkout = Project::new()
            .service("db", puppet().says("ready"))
            .service("web", puppet().forks(2))
            .depends("web", "db")
            .check_out();
        let up = checkout.call(&["up", "-d"]).ends_with(Exit::Ok).says("2 services are up");
        assert_eq!(up.out(), "", "lines go to the files");
        checkout.wait_until_settled();
        until_so("the line is in the log", || {
            checkout.ledger_text("logs/db.log").contains(" F ready")
        });
        ends(&checkout);
    });
}

/// Nothing of the caller is held: not its terminal, nor a pipe that somebody
/// waits for the end of.
#[test]
fn survives_its_terminal_and_holds_nothing_of_its_caller() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let shell = checkout.shell().types("devsup up -d").sees("1 service is up");
        checkout.wait_until_settled();
        // What is typed before belongs to whoever has the terminal then.
        let prompts = || shell.text().trim_end().ends_with("shell>");
        until_so("the shell prompts again", prompts);
        let shell = shell.types("echo over $((40 + 2))").sees("over 42");
        let supervisor = supervisor(&checkout);
        let _ = shell.closes_terminal().finish();
        supervisor.signal(Signal::SIGHUP);
        assert!(supervisor.lives());
        let _ = checkout.call(&["ps"]).ends_with(Exit::Ok).says("running");
        ends(&checkout);
        let waits = checkout.script("exec 7>&1; x=$(devsup up -d 2>&1); echo \"$x\"; devsup ps -q");
        let _ = waits.ends_with(Exit::Ok).says("1 service is up").says("web");
        ends(&checkout);
    });
}

#[test]
fn wait_returns_when_everything_is_ready() {
    fenced(|| {
        let go = std::env::temp_dir().join("go");
        let socket = std::env::temp_dir().join("socket");
        let web = puppet().says("begun").awaits(&go).listens_on(&socket);
        let check = format!("healthcheck: {{unix: {}, start_interval: 20ms}}", socket.display());
        let checkout = Project::new().service("web", web).with("web", &check).check_out();
        let up = checkout.start(&["up", "--wait"]);
        let up = up
            .waits_until("it has begun", || checkout.ledger_text("logs/web.log").contains("begun"));
        assert!(!up.text().contains("is up"));
        std::fs::write(&go, "").expect("it can be written");
        let _ = up.ends_with(Exit::Ok).says("healthy");
        ends(&checkout);
    });
}

#[test]
fn wait_says_who_is_not_ready_in_time() {
    fenced(|| {
        let check = "healthcheck: {unix: /nowhere/socket, start_interval: 20ms}";
        let checkout = Project::new().service("web", puppet()).with("web", check).check_out();
        let up = checkout.call(&["up", "--wait", "--wait-timeout", "300ms"]);
        let _ = up.ends_with(Exit::NotReady).says("web").says("/nowhere/socket");
        let _ = checkout.call(&["wait", "--timeout", "100ms"]).ends_with(Exit::NotReady);
        ends(&checkout);
    });
}

#[test]
fn a_service_that_fails_at_once_is_said_with_its_last_lines() {
    fenced(|| {
        let broken = puppet().complains("no such table").exits(3);
        let checkout = Project::new().service("web", broken).service("db", puppet()).check_out();
        let up = checkout.call(&["up", "--wait"]).ends_with(Exit::NotReady);
        let _ = up.says_in_order(&["web failed: exit 3", "no such table"]);
        let _ = checkout.call(&["ps"]).ends_with(Exit::Ok).says("failed (exit 3)");
        ends(&checkout);
    });
}

/// Until the caller is let go, it is a run like any other.
#[test]
fn ctrl_c_before_all_is_ready_stops_everything() {
    fenced(|| {
        let check = "healthcheck: {unix: /nowhere/socket}";
        let checkout = Project::new().service("web", puppet()).with("web", check).check_out();
        let up = checkout.start(&["up", "--wait"]);
        checkout.wait_until_settled();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_run_whose_services_have_all_ended_ends() {
    fenced(|| {
        let checkout = Project::new().service("once", puppet()).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        checkout.wait_until_settled();
        let once = checkout.process("once");
        once.signal(Signal::SIGKILL);
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        until_so("so is the supervisor", || table().iter().all(|it| it.name != "devsup-super"));
        let journal = checkout.ledger_text("logs/.devsup.log");
        assert!(journal.contains("once failed: killed by SIGKILL"), "{journal}");
        checkout.leaves_nothing();
        let _ = checkout.call(&["ps"]).ends_with(Exit::NotRunning);
    });
}
