//! `inspect`: by name, by pid and by port; of what runs, and of what has ended.

use super::socket::{ask, ends};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, free_port, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::net::TcpListener;

fn inspected(checkout: &Checkout, target: &str) -> Value {
    let ended = checkout.call(&["inspect", "--json", target]).ends_with(Exit::Ok);
    let all: Value = serde_json::from_str(&ended.out()).expect("JSON");
    assert_eq!((&all["version"], &all["services"][1]), (&1.into(), &Value::Null));
    all["services"][0].clone()
}

#[test]
fn a_service_is_found_by_its_name_its_processes_and_its_ports() {
    fenced(|| {
        let (port, declared) = (free_port(), free_port());
        let checkout = Project::new()
            .service("db", puppet())
            .service("web", puppet().listens(port).forks(1))
            .with("web", &format!("port: {declared}"))
            .with("web", "depends_on: [db]")
            .with("web", "restart: on-failure:2")
            .check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        checkout.wait_until_settled();
        let web = inspected(&checkout, "web");
        assert_eq!(
            (&web["state"], &web["pid"]),
            (&"running".into(), &checkout.process("web").pid.into())
        );
        assert_eq!(web["processes"].as_array().map(Vec::len), Some(2));
        assert_eq!(web["listens"], Value::from(vec![format!("127.0.0.1:{port}")]));
        assert_eq!(
            (&web["restart"]["policy"], &web["restart"]["max"]),
            (&"on-failure".into(), &2.into())
        );
        let below = checkout.process("web/1").pid.to_string();
        let guard = web["guard"].to_string();
        for target in [&below, &guard, &format!(":{port}"), &format!(":{declared}")] {
            assert_eq!(inspected(&checkout, target)["instance"], "web", "{target}");
        }
        let shown = checkout.call(&["inspect", "web"]).ends_with(Exit::Ok);
        let _ = shown.says("web  running").says("1 process below it").says("depends on db");
        ends(&checkout);
    });
}

#[test]
fn what_is_no_services_is_said_whose_it_is() {
    fenced(|| {
        let stranger = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = format!(":{}", stranger.local_addr().expect("an address").port());
        let own = std::process::id().to_string();
        let checkout = Project::new().service("web", puppet()).check_out();
        let not_ours = || {
            for target in [&port, &own] {
                let said = checkout.call(&["inspect", target]).ends_with(Exit::Error);
                let _ = said.says("no service of this project: ").says(&format!("(pid {own}, in"));
            }
            let init = checkout.call(&["inspect", "1"]).ends_with(Exit::Error);
            let _ = init.says("no service of this project: pid 1 is the init of this system");
        };
        not_ours();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        not_ours();
        assert_eq!(ask("GET", "/v1/inspect?pid=1", "").status, 404);
        assert_eq!(ask("GET", "/v1/inspect?pid=-1", "").status, 400);
        ends(&checkout);
    });
}

/// From the history, by every name that it had.
#[test]
fn one_that_has_ended_is_known_from_the_history() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["inspect", "web"]).ends_with(Exit::NotRunning);
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        checkout.wait_until_settled();
        let web = checkout.process("web");
        web.signal(Signal::SIGKILL);
        until_so("the run is over", || !checkout.ledger("run.json").exists());
        let said = checkout.call(&["inspect", "web"]).ends_with(Exit::NotRunning);
        let _ = said
            .says("web  not running")
            .says(&format!("(pid {})", web.pid))
            .says("killed by SIGKILL");
        let said = checkout.call(&["inspect", "--json", "web"]).ends_with(Exit::NotRunning);
        let past: Value = serde_json::from_str(&said.out()).expect("JSON");
        let past = &past["services"][0];
        assert_eq!((&past["instance"], &past["state"]), (&"web".into(), &"stopped".into()));
        assert_eq!(past["exit"]["signal"], "SIGKILL");
        let _ = checkout.call(&["inspect", "nope"]).ends_with(Exit::NotRunning);
        checkout.leaves_nothing();
    });
}
