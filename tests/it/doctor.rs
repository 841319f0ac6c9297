//! `devsup doctor`.

use crate::harness::{Exit, Project, fenced, puppet};
use serde_json::Value;

#[test]
fn where_nothing_is_wrong_it_says_so() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok).says("processes").never_says("✗");
        let up = checkout.up();
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok);
        let up = up.is_well();
        let _ = up.signal(nix::sys::signal::Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn what_a_killed_run_left_is_found_and_mended() {
    fenced(|| {
        let ended = Project::new().service("web", puppet()).up().kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let said = checkout.call(&["doctor", "--json"]).ends_with(Exit::Error).out();
        let said: Value = serde_json::from_str(&said).expect("an object");
        let areas: Vec<&str> = said["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["area"].as_str())
            .collect();
        assert_eq!(areas, ["processes", "records"]);
        assert_eq!(said["findings"][0]["mend"], "devsup down --stale");
        // Nobody is there to be asked.
        let _ = checkout.call(&["doctor", "--fix"]).ends_with(Exit::Error);
        let _ = checkout.call(&["doctor", "--fix", "--yes"]).ends_with(Exit::Ok);
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_taken_port_is_named_with_who_has_it() {
    fenced(|| {
        let stranger = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = stranger.local_addr().expect("an address").port();
        let project =
            Project::new().command("web", "sleep 1000").with("web", &format!("port: {port}"));
        let checkout = project.check_out();
        let ended = checkout.call(&["doctor"]).ends_with(Exit::Error);
        let _ = ended.says(&format!("port {port} of `web` is taken by"));
        let _ = checkout.call(&["doctor", "--fix", "--yes"]).ends_with(Exit::Error);
    });
}

/// Each finding is asked about; a no mends nothing.
#[test]
fn it_asks_about_each_finding() {
    fenced(|| {
        let ended = Project::new().service("web", puppet()).up().kills_all_of_devsup().finish();
        let checkout = ended.checkout().clone();
        let shell = checkout.shell().types("devsup doctor --fix; echo code $?");
        let shell = shell.sees("processes: ").sees("devsup down --stale? [y/N]").types("n");
        let shell = shell.sees("records: ").types("n").sees("code 1");
        assert_eq!(checkout.puppets_alive(), 1, "nobody agreed");
        let shell = shell.types("clear; devsup doctor --fix; echo code $?").sees("processes: ");
        let shell = shell.types("y").types("y").sees("code 0");
        let _ = shell.types("exit").finish();
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn a_job_whose_supervisor_was_killed_is_found_and_mended() {
    fenced(|| {
        let checkout = super::jobs::bare();
        let _ = super::jobs::start(&checkout, &["--", "sleep", "1000"]);
        let table = crate::harness::process::table();
        let own = table.iter().filter(|entry| entry.name.starts_with("devsup-"));
        own.for_each(|entry| entry.process.signal(nix::sys::signal::Signal::SIGKILL));
        let said = checkout.call(&["doctor"]).ends_with(Exit::Error);
        let _ = said.says("was never cleaned up").says("devsup job kill ");
        let _ = checkout.call(&["doctor", "--fix", "--yes"]).ends_with(Exit::Ok);
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn an_engine_that_is_needed_and_missing_is_told() {
    fenced(|| {
        let project = Project::new().line("compose: {}").service("web", puppet());
        let checkout = project.env("DOCKER_HOST", "unix:///nowhere/docker.sock").check_out();
        checkout.write("compose.yaml", "services: {db: {image: db}}\n");
        let ended = checkout.call(&["doctor"]).ends_with(Exit::Error);
        let _ = ended.says("containers: no container engine at `/nowhere/docker.sock`");
    });
}
