//! Requests as no client of ours would make them. Whatever comes, the
//! supervisor lives and answers the next one.

use super::socket::{Answer, ask, connect, ends, get};
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use std::io::{Read, Write};

fn up() -> Checkout {
    let checkout = Project::new().service("web", puppet()).check_out();
    let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
    checkout.wait_until_settled();
    checkout
}

fn is_well(checkout: &Checkout) {
    assert_eq!(get("/v1/hello").status, 200);
    assert!(checkout.process("web").lives());
}

fn raw(bytes: &[u8]) -> Answer {
    let mut stream = connect();
    // Part of it may be refused before all of it is written.
    let _ = stream.write_all(bytes);
    Answer::read(stream)
}

#[test]
fn every_refusal_says_why() {
    fenced(|| {
        let checkout = up();
        for (method, target, body, status, code) in [
            ("GET", "/", "", 404, "not_found"),
            ("GET", "/v2/hello", "", 404, "version"),
            ("GET", "/v1/services/nope", "", 404, "unknown_service"),
            ("POST", "/v1/services/nope/stop", "", 404, "unknown_service"),
            ("POST", "/v1/services/%00%ff/stop", "", 400, "bad_request"),
            ("DELETE", "/v1/services", "", 405, "bad_request"),
            ("POST", "/v1/kill", "{", 400, "bad_request"),
            ("POST", "/v1/kill", "", 400, "bad_request"),
            ("POST", "/v1/kill", "{\"name\":\"web\",\"signal\":\"X\"}", 400, "bad_request"),
            ("POST", "/v1/down", "{\"hurry\":true}", 400, "bad_request"),
            ("GET", "/v1/events?since=x", "", 400, "bad_request"),
            ("GET", "/v1/events?nope=x", "", 400, "bad_request"),
            ("GET", "/v1/logs?name=nope", "", 404, "unknown_service"),
            ("GET", "/v1/logs?grep=(", "", 400, "bad_request"),
            ("GET", "/v1/logs?cursor=x", "", 400, "bad_request"),
            ("GET", "/v1/wait?names=nope", "", 404, "unknown_service"),
        ] {
            let answer = ask(method, target, body);
            assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
            assert_eq!(answer.json()["error"]["code"], code, "{method} {target}");
            assert_eq!(answer.json()["version"], 1);
        }
        is_well(&checkout);
        ends(&checkout);
    });
}

#[test]
fn what_is_no_request_is_refused_or_dropped() {
    fenced(|| {
        let checkout = up();
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(200_000));
        let headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(10_000));
        let huge = "POST /v1/down HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n{";
        for bytes in [
            &b"\0\0\0"[..],
            b"\n",
            b"hello\r\n\r\n",
            b"{\"version\":1,\"verb\":\"hello\"}\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"POST /v1/down HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            b"POST /v1/down HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            long.as_bytes(),
            headers.as_bytes(),
        ] {
            let answer = raw(bytes);
            assert!(answer.status >= 400 || answer.status == 0, "{bytes:?}: {}", answer.status);
        }
        // Nobody waits for what was promised and never comes, but the one
        // whose turn it is.
        let mut slow = connect();
        slow.write_all(huge.as_bytes()).expect("it is taken");
        is_well(&checkout);
        drop(slow);
        ends(&checkout);
    });
}

#[test]
fn one_too_many_is_turned_away_and_the_next_one_is_not() {
    fenced(|| {
        let checkout = up();
        let many: Vec<_> = (0..300).map(|_| connect()).collect();
        let mut last = many.last().expect("one").try_clone().expect("a copy");
        let mut text = String::new();
        last.read_to_string(&mut text).expect("it is closed");
        assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("too_many"), "{text}");
        drop((many, last));
        until_so("there is room again", || get("/v1/hello").status == 200);
        is_well(&checkout);
        ends(&checkout);
    });
}

#[test]
fn who_says_nothing_is_dropped() {
    fenced(|| {
        let checkout = up();
        let mut silent = connect();
        let mut half = connect();
        half.write_all(b"GET /v1/hello HTTP/1.1\r\nhost:").expect("it is taken");
        for stream in [&mut silent, &mut half] {
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).expect("it is closed");
        }
        is_well(&checkout);
        ends(&checkout);
    });
}
