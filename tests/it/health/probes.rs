//! Every kind of probe, against real listeners.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, Puppet, fenced, free_port, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

/// `web` waits until `db` is healthy, which it becomes by `ready`.
fn pair(probe: &str, ready: Puppet) -> Checkout {
    Project::new()
        .service("web", puppet())
        .depends_when("web", "db", "service_healthy")
        .service("db", ready)
        .with("db", &format!("healthcheck: {{{probe}, start_interval: 20ms}}"))
        .check_out()
}

/// Where in the registry this role first did that.
fn at(checkout: &Checkout, what: &str, role: &str) -> usize {
    let events = checkout.events();
    let found = events.iter().position(|event| event.what == what && event.role == role);
    found.unwrap_or_else(|| panic!("`{role}` never was `{what}`: {events:?}"))
}

/// `db` listens only once it is let go, and `web` starts behind that.
fn is_awaited(probe: &str, listens: impl FnOnce(Puppet) -> Puppet) {
    let go = file("go");
    let _ = fs::remove_file(&go);
    let checkout = pair(probe, listens(puppet().says("coming up").awaits(&go)));
    let up = checkout.launch().sees("coming up");
    assert_eq!(checkout.processes("web"), []);
    fs::write(&go, "").expect("it can be written");
    checkout.wait_until_settled();
    assert!(at(&checkout, "settled", "db") < at(&checkout, "born-recorded", "web"), "{probe}");
    let up = up.sees("db   running    pid ").sees("  healthy");
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn a_tcp_port_of_either_family() {
    fenced(|| {
        let port = free_port();
        for (probe, address) in [
            (format!("tcp: {port}"), format!("127.0.0.1:{port}")),
            (format!("tcp: {port}"), format!("[::1]:{port}")),
            (format!("tcp: \"127.0.0.1:{port}\""), format!("0.0.0.0:{port}")),
            (format!("tcp: \"[::1]:{port}\""), format!("[::1]:{port}")),
            (format!("tcp: \"localhost:{port}\""), format!("[::1]:{port}")),
            (format!("tcp: \"localhost:{port}\""), format!("127.0.0.1:{port}")),
        ] {
            is_awaited(&probe, |db| db.listens_at(&address));
        }
    });
}

#[test]
fn a_unix_socket() {
    fenced(|| {
        let socket = file("db.sock");
        is_awaited(&format!("unix: {}", socket.display()), |db| db.listens_on(&socket));
    });
}

#[test]
fn a_line_of_output_in_whatever_colour() {
    fenced(|| {
        is_awaited("log: 'ready in \\d+ ms$'", |db| db.says("\x1b[32mready\x1b[0m in 12 ms"));
        is_awaited("log: '^up$'", |db| db.says("not up").says("up yet?").complains("up"));
    });
}

/// A line without its end is none yet, and a pattern is no plain text.
#[test]
fn a_line_counts_when_it_is_whole_and_matches() {
    fenced(|| {
        let go = file("go");
        let db = puppet().says("ready in ages").writes("ready in 5 ms").awaits(&go).writes(" flat");
        let checkout = pair("log: '^ready in \\d+ ms flat$'", db.says(""));
        let up = checkout.launch().sees("ready in 5 ms");
        assert_eq!(checkout.processes("web"), []);
        fs::write(&go, "").expect("it can be written");
        checkout.wait_until_settled();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// How often the server of this file was asked.
fn asked(answers: &Path) -> usize {
    let heard = fs::read_to_string(format!("{}.heard", answers.display())).unwrap_or_default();
    heard.matches("GET ").count()
}

/// What the server is to answer from now on; returns when it has been asked
/// twice more.
fn answers(file: &Path, answer: &str) {
    let next = file.with_extension("next");
    fs::write(&next, answer).expect("it can be written");
    fs::rename(&next, file).expect("it can be replaced");
    let before = asked(file);
    until_so("it is asked twice more", || asked(file) > before + 1);
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_page_by_status_headers_and_body() {
    fenced(|| {
        let (port, page) = (free_port(), file("page"));
        let request = format!(
            "http: {{url: \"http://127.0.0.1:{port}/health?deep=1\", status: [200, 204], \
             headers: {{X-Probe: \"yes\", Host: shop.test}}, body: '\"ok\": *true'}}, interval: 20ms"
        );
        let checkout = pair(&request, puppet().serves(port, &page));
        let up = checkout.launch();
        for bad in [
            response("503 Busy", "{\"ok\": true}"),
            response("302 Found", "{\"ok\": true}"),
            response("200 OK", "{\"ok\": false}"),
            "SSH-2.0-nobody\r\n".to_owned(),
        ] {
            answers(&page, &bad);
            assert_eq!(checkout.processes("web"), [], "{bad}");
        }
        answers(&page, &response("200 OK", "{\"ok\":  true}"));
        checkout.wait_until_settled();
        let heard = fs::read_to_string(page.with_extension("heard")).expect("it was asked");
        assert!(heard.starts_with("GET /health?deep=1 HTTP/1.1\r\n"), "{heard}");
        let heard = heard.to_lowercase();
        assert!(heard.contains("\r\nx-probe: yes\r\n"), "{heard}");
        assert!(heard.contains("\r\nhost: shop.test\r\n"), "{heard}");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Without a word about it, a page that redirects is a page that is there.
#[test]
fn a_page_by_its_address_alone() {
    fenced(|| {
        let (port, page) = (free_port(), file("page"));
        let checkout =
            pair(&format!("http: \"http://localhost:{port}\""), puppet().serves(port, &page));
        let up = checkout.launch();
        answers(&page, &response("404 Not Found", ""));
        answers(&page, &response("500 Oh", ""));
        assert_eq!(checkout.processes("web"), []);
        fs::write(&page, response("307 Temporary Redirect", "")).expect("it can be written");
        checkout.wait_until_settled();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_command_in_all_its_forms() {
    fenced(|| {
        let flag = file("flag");
        let path = flag.display();
        for probe in [
            format!("test: \"test -e {path}\""),
            format!("test: [CMD-SHELL, \"ls {path} | grep -q flag && exit 0; exit 1\"]"),
            format!("test: [CMD, test, -e, {path}]"),
            format!("test: [test, -e, {path}]"),
        ] {
            let _ = fs::remove_file(&flag);
            is_awaited(&probe, |db| db.touches(&flag));
        }
    });
}

/// A killed run leaves its socket behind, in whose way nobody can bind.
#[test]
fn a_stale_socket_is_removed_before_the_start() {
    fenced(|| {
        let socket = file("db.sock");
        drop(UnixListener::bind(&socket).expect("bound"));
        let probe = format!("unix: {}", socket.display());
        let checkout = pair(&probe, puppet().listens_on(&socket));
        let up = checkout.up();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert!(socket.exists(), "this one left it, too");
        let up = checkout.launch();
        let up = up.sees(" up in ").sees("healthy");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The socket of somebody who lives, and what is no socket at all, stay.
#[test]
fn what_is_somebody_elses_is_not_removed() {
    fenced(|| {
        let socket = file("db.sock");
        let listener = UnixListener::bind(&socket).expect("bound");
        let probe = format!("unix: {}", socket.display());
        let up = pair(&probe, puppet()).launch();
        let (mut _stream, _) = listener.accept().expect("the probe came to us");
        let up = up.sees(&format!("db: {} is taken by `", socket.display()));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert!(socket.exists());
        fs::remove_file(&socket).expect("removed");
        fs::write(&socket, "precious").expect("written");
        let up = pair(&probe, puppet().says("started")).launch().sees("started");
        let up = up.sees(&format!("db: {} is in its way and is no socket", socket.display()));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert_eq!(fs::read_to_string(&socket).expect("it is there"), "precious");
    });
}
