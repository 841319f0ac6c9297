//! `devsup run`: services up, one command, and everything down again.

mod beside;

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;

/// One service that is ready once it listens on its socket.
fn shop() -> Checkout {
    Project::new()
        .command("db", "sh -c 'echo hello from db; sleep 0.1; touch up; exec sleep 1000'")
        .with("db", "healthcheck: {test: \"test -e up\", start_interval: 50ms}")
        .check_out()
}

/// Nothing runs, and no record of a run is left open.
fn is_clean(checkout: &Checkout) {
    checkout.leaves_nothing();
    let open = checkout.call(&["job", "ls", "--status", "running,pending", "--quiet"]);
    assert_eq!(open.ends_with(Exit::Ok).out(), "");
}

#[test]
fn the_command_runs_once_all_is_ready_and_then_nothing_is_left() {
    fenced(|| {
        let checkout = shop();
        let ended = checkout.call(&["run", "--", "sh", "-c", "test -e up && echo tested; exit 7"]);
        let ended = ended.ends_with(Exit::Code(7)).says("tested");
        // Only where it fails, and there with what the services wrote.
        let _ = ended.says("hello from db");
        is_clean(&checkout);
    });
}

#[test]
fn where_all_goes_well_nothing_is_said() {
    fenced(|| {
        let checkout = shop();
        let ended = checkout.call(&["run", "--", "echo", "tested"]).ends_with(Exit::Ok);
        assert_eq!((ended.out().as_str(), ended.err().as_str()), ("tested\n", ""));
        is_clean(&checkout);
    });
}

#[test]
fn what_is_not_ready_in_time_is_told_and_the_command_is_not_run() {
    fenced(|| {
        let checkout = Project::new()
            .command("db", "sh -c 'echo no luck; exec sleep 1000'")
            .with("db", "healthcheck: {test: \"false\", start_interval: 20ms}")
            .check_out();
        let ended = checkout.call(&["run", "--wait-timeout", "300ms", "--", "echo", "tested"]);
        let ended = ended.ends_with(Exit::NotReady).says("not all services are ready");
        let _ = ended.says("no luck").never_says("tested");
        is_clean(&checkout);
    });
}

#[test]
fn workers_that_the_command_leaves_are_swept() {
    fenced(|| {
        let checkout = shop();
        let line = "(setsid sleep 1000 >/dev/null 2>&1 &); (env -i setsid sleep 1001 >/dev/null 2>&1 &); true";
        let _ = checkout.call(&["run", "--", "sh", "-c", line]).ends_with(Exit::Ok);
        is_clean(&checkout);
    });
}

#[test]
fn services_can_be_given_on_the_command_line_without_any_file() {
    fenced(|| {
        let checkout = super::jobs::bare();
        let socket = "python3 -c 'import socket,time; s=socket.socket(socket.AF_UNIX); s.bind(\"db.sock\"); s.listen(); time.sleep(1000)'";
        let service = format!("db={socket}");
        let arguments = [
            "run",
            "--service",
            &service,
            "--ready",
            "unix:db.sock",
            "--",
            "test",
            "-S",
            "db.sock",
        ];
        let _ = checkout.call(&arguments).ends_with(Exit::Ok);
        is_clean(&checkout);
    });
}

#[test]
fn its_time_can_be_bounded() {
    fenced(|| {
        let checkout = shop();
        let ended = checkout.call(&["run", "--timeout", "200ms", "--", "sleep", "1000"]);
        let _ = ended.ends_with(Exit::Code(124));
        is_clean(&checkout);
    });
}

/// Killed, however: the services go, and so does the command.
#[test]
fn killed_it_leaves_nothing() {
    fenced(|| {
        let checkout = shop();
        let line = "touch began; exec sleep 1000";
        let run = checkout.start(&["run", "--", "sh", "-c", line]);
        until_so("the command runs", || checkout.root().join("began").exists());
        let _ = run.signal(Signal::SIGKILL).finish();
        until_so("nothing is left", || {
            !crate::harness::process::table()
                .iter()
                .any(|entry| entry.command.contains("sleep 1000"))
        });
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        is_clean(&checkout);
    });
}

/// Ctrl-C goes to the command by the terminal, once; we clean up after it.
#[test]
fn ctrl_c_reaches_the_command_once() {
    fenced(|| {
        let checkout = shop();
        let line = "trap 'echo heard' INT; echo ready; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; done; exit 4";
        let shell = checkout.shell();
        let shell =
            shell.types(&format!("devsup run -- sh -c \"{line}\"; echo code $?")).sees("\nready");
        let shell = shell.presses(crate::harness::CTRL_C).sees("code 4");
        let text = shell.text();
        assert_eq!(text.matches("heard").count(), 2, "typed and said once: {text}");
        let _ = shell.types("exit").finish();
        is_clean(&checkout);
    });
}

#[test]
fn what_runs_already_is_used_and_left_running() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).service("db", puppet()).up();
        let checkout = up.checkout().clone();
        let _ = checkout.call(&["run", "--", "true"]).ends_with(Exit::Ok);
        let up = up.is_well();
        let refused = checkout.call(&["run", "--fail-if-running", "--", "true"]);
        let _ = refused.ends_with(Exit::Error).says("runs already");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        is_clean(&checkout);
    });
}

#[test]
fn two_at_once_in_one_checkout_do_not_meet() {
    fenced(|| {
        let server = "python3 -c 'import os,socket,time; s=socket.create_server((\"127.0.0.1\", int(os.environ[\"PORT\"]))); open(\"up.\"+os.environ[\"PORT\"],\"w\"); time.sleep(1000)'";
        let checkout = Project::new()
            .command("api", &format!("{server:?}"))
            .with("api", "port: auto")
            .with("api", "healthcheck: {test: \"test -e up.$PORT\", start_interval: 50ms}")
            .check_out();
        let line =
            "echo port $API_PORT; touch began.$API_PORT; until [ -e go ]; do sleep 0.05; done";
        let runs = [0, 1].map(|_| checkout.start(&["run", "--", "sh", "-c", line]).sees("port "));
        std::fs::write(checkout.root().join("go"), "").expect("a file");
        let said = runs.map(|run| run.ends_with(Exit::Ok).out());
        assert_ne!(said[0], said[1]);
        is_clean(&checkout);
    });
}

#[test]
fn a_stranger_on_a_port_is_named_and_not_ended() {
    fenced(|| {
        let stranger = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = stranger.local_addr().expect("an address").port();
        let checkout = Project::new()
            .command("web", "sleep 1000")
            .with("web", &format!("port: {port}"))
            .check_out();
        for flags in [&["run", "--", "true"][..], &["run", "--free-ports", "--", "true"]] {
            let ended = checkout.call(flags).ends_with(Exit::Error);
            let _ = ended.says(&format!("port {port} of `web` is taken by"));
        }
        drop(stranger);
        is_clean(&checkout);
    });
}
