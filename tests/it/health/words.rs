//! What is said of a start that fails, and of one that is likely to.

use crate::harness::{Exit, Project, Running, fenced, free_port, puppet};
use nix::sys::signal::Signal;
use std::net::TcpListener;

fn stops(up: Running) {
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

fn holder() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// Said once a start, with who it is and how to end them; it starts anyway.
#[test]
fn a_declared_port_that_a_stranger_has() {
    fenced(|| {
        let (taken, port) = holder();
        let own = std::process::id();
        let up = Project::new()
            .service("web", puppet())
            .with("web", &format!("port: {port}"))
            .up()
            .sees(" up in ");
        // It is still taken then, which is no proof that nothing of ours has it.
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Left);
        let ended = ended.says(&format!("! web: port {port} is taken by `"));
        let ended = ended.says(&format!("(pid {own}, in `")).says(&format!("`kill {own}` ends it"));
        assert_eq!(ended.text().matches("is taken by").count(), 1);
        drop(taken);
        let _ = ended.checkout().down(&[]).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_declared_port_that_another_checkout_has() {
    fenced(|| {
        let port = free_port();
        let project = || {
            let project = Project::new().service("web", puppet().listens(port));
            project.with("web", &format!("port: {port}"))
        };
        let first = project().up();
        let root = first.checkout().root().display().to_string();
        let second = project().up().sees(&format!("web: port {port} is taken by `"));
        let second = second.sees(&format!("that is `web` of {root}, up since "));
        let second = second.sees(&format!("`devsup -C {root} down` ends it"));
        let second = second.signal(Signal::SIGINT).ends_with(Exit::Left);
        let _ = second.says("1 port");
        stops(first.is_well());
    });
}

/// One of its own, before it, is no stranger.
#[test]
fn a_port_of_ones_own_is_no_news() {
    fenced(|| {
        let (port, go) = (free_port(), std::env::temp_dir().join("go"));
        let db = puppet().listens(port).says("listening").awaits(&go).exits(1);
        let checkout = Project::new()
            .service("db", db)
            .with("db", &format!("port: {port}"))
            .with("db", "restart: {policy: on-failure, delay: 5ms, max: 2}")
            .service("web", puppet().says("begun"))
            .with("web", "depends_on: {db: {condition: service_healthy}}")
            .with("db", &format!("healthcheck: {{tcp: {port}, start_interval: 10ms}}"))
            .check_out();
        let up = checkout.launch().sees("begun");
        std::fs::write(&go, "").expect("it can be written");
        let up = up.sees("db failed: exit 1");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("is taken");
        assert_eq!(checkout.processes("db").len(), 3);
    });
}

/// A Procfile's entries are given ports that they may not even want.
#[test]
fn the_ports_of_a_procfile_are_promised_by_nobody() {
    fenced(|| {
        let (_taken, port) = holder();
        let project = Project::new().procfile().service("web", puppet());
        let up = project.flag(&format!("-p {port}")).up().sees(" up in ");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.never_says("is taken");
    });
}

/// The port is the one of the complaint, declared or not.
#[test]
fn a_crash_over_a_port_names_who_has_it() {
    fenced(|| {
        let (_taken, port) = holder();
        let complaint =
            format!("Error: listen EADDRINUSE: address already in use 127.0.0.1:{port}");
        let project = Project::new().service("web", puppet().complains(&complaint).exits(1));
        let ended = project.launch().ends_with(Exit::Error).leaves_nothing();
        let own = std::process::id();
        let _ = ended
            .says_in_order(&["web failed: exit 1", "is taken by", "its last lines:", "EADDRINUSE"])
            .says(&format!("port {port} is taken by `"))
            .says(&format!("`kill {own}` ends it"));
    });
}

#[test]
fn the_shells_own_codes_and_signals_are_decoded() {
    fenced(|| {
        for (line, said, hint) in [
            ("'nothing-here; exit $?'", "exit 127", "127 is the shell's: command not found (in "),
            (
                "'./plain; exit $?'",
                "exit 126",
                "126 is the shell's: found, but not executable (in ",
            ),
            ("'sh -c \"kill -9 \\$\\$\"; exit $?'", "exit 137", "137 is 128 + 9"),
            ("'kill -ABRT $$; true'", "killed by SIGABRT", "it called abort()"),
            ("'kill -SEGV $$; true'", "killed by SIGSEGV", "memory that is not its own"),
            ("'kill -KILL $$; true'", "killed by SIGKILL", "the kernel reports no lack of memory"),
        ] {
            let line = format!("'true; {}", &line[1..]);
            let checkout = Project::new().command("web", &line).check_out();
            checkout.write_script("plain", "text", 0o644);
            let ended = checkout.launch().ends_with(Exit::Error).leaves_nothing();
            let _ = ended.says(&format!("web failed: {said} after ")).says(hint);
        }
    });
}
