//! `devsup run` beside others: a killed supervisor, what an earlier run left,
//! a run that goes on, another checkout.

use super::{is_clean, shop};
use crate::harness::process::table;
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, free_port, puppet};
use nix::sys::signal::Signal;

/// A service with a port of its own, which says that it has it with a file.
fn server(port: &str) -> Project {
    let line = "python3 -c 'import os,socket,time; s=socket.create_server((\"127.0.0.1\", int(os.environ[\"PORT\"]))); open(\"up.\"+os.environ[\"PORT\"],\"w\"); time.sleep(1000)'";
    Project::new()
        .command("api", &format!("{line:?}"))
        .with("api", &format!("port: {port}"))
        .with("api", "healthcheck: {test: \"test -e up.$PORT\", start_interval: 50ms}")
}

#[test]
fn the_command_has_the_standard_input_and_its_output_is_its_own() {
    fenced(|| {
        let checkout = shop();
        let ended = checkout.script("echo typed | devsup run -- cat").finish();
        assert_eq!((ended.out().as_str(), ended.err().as_str()), ("typed\n", ""));
        is_clean(&checkout);
    });
}

/// The command goes on; its end is what counts.
#[test]
fn without_its_supervisor_the_services_go_and_the_command_ends_as_it_ends() {
    fenced(|| {
        let checkout = shop();
        let line = "touch began; until [ -e go ]; do sleep 0.02; done; exit 9";
        let run = checkout.start(&["run", "--", "sh", "-c", line]);
        until_so("the command runs", || checkout.root().join("began").exists());
        let supervisor = table().into_iter().find(|entry| entry.name == "devsup-super");
        supervisor.expect("it has a supervisor").process.signal(Signal::SIGKILL);
        let serves = || table().iter().any(|entry| entry.command == "sleep 1000");
        until_so("the service is ended", || !serves());
        std::fs::write(checkout.root().join("go"), "").expect("a file");
        let ended = run.ends_with(Exit::Code(9));
        let _ = ended.says("hello from db").never_says("devsup logs");
        is_clean(&checkout);
    });
}

#[test]
fn a_port_that_a_killed_run_holds_is_freed_when_asked() {
    fenced(|| {
        let project = server(&free_port().to_string());
        let up = project.up().sees("1 service is up");
        let ended = up.kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let refused = checkout.call(&["run", "--", "true"]).ends_with(Exit::Error);
        let _ = refused.says("`--free-ports` ends what is left of this project");
        for file in std::fs::read_dir(checkout.root()).expect("a directory").flatten() {
            if file.file_name().to_string_lossy().starts_with("up.") {
                std::fs::remove_file(file.path()).expect("a file");
            }
        }
        let _ = checkout.call(&["run", "--free-ports", "--", "true"]).ends_with(Exit::Ok);
        is_clean(checkout);
    });
}

#[test]
fn all_output_is_kept_where_it_is_wanted() {
    fenced(|| {
        let checkout = shop();
        let _ = checkout.call(&["run", "--log-dir", "out", "--", "true"]).ends_with(Exit::Ok);
        let log = std::fs::read_to_string(checkout.root().join("out/db.log")).expect("a log");
        assert!(log.contains("hello from db"), "{log}");
        is_clean(&checkout);
    });
}

#[test]
fn what_runs_is_replaced_when_asked() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).command("db", "sleep 1000").up();
        let checkout = up.checkout().clone();
        let ended = checkout.call(&["run", "--replace", "--with", "db", "--", "echo", "tested"]);
        let _ = ended.ends_with(Exit::Ok).says("tested");
        let _ = up.ends_with(Exit::Ok);
        is_clean(&checkout);
    });
}

#[test]
fn two_checkouts_at_once_do_not_meet() {
    fenced(|| {
        let checkouts: [Checkout; 2] = [(); 2].map(|()| server("auto").check_out());
        let line = "echo port $API_PORT; until [ -e go ]; do sleep 0.02; done";
        let start = |one: &Checkout| one.start(&["run", "--", "sh", "-c", line]).sees("port ");
        let runs = checkouts.each_ref().map(start);
        for one in &checkouts {
            std::fs::write(one.root().join("go"), "").expect("a file");
        }
        let said = runs.map(|run| run.ends_with(Exit::Ok).out());
        assert_ne!(said[0], said[1]);
        // The bystanders of the first were there before the second.
        is_clean(&checkouts[1]);
    });
}
