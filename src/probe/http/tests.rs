//! Against real sockets: a thread that reads a request and writes what the
//! test says, right or wrong.

use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Serves one connection, and gives the head of the request.
fn serve_on(
    listener: TcpListener,
    serve: impl FnOnce(TcpStream) + Send + 'static,
) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).expect("a line") == 0 {
                break;
            }
        }
        serve(stream);
        head
    })
}

fn check(port: u16) -> HttpCheck {
    HttpCheck {
        url: format!("http://127.0.0.1:{port}/health?deep=1"),
        status: Vec::new(),
        headers: Vec::new(),
        body: None,
    }
}

/// What the probe makes of these bytes.
async fn judged(answer: &'static [u8], change: impl FnOnce(&mut HttpCheck)) -> (Answer, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let mut check = check(listener.local_addr().expect("an address").port());
    change(&mut check);
    let server = serve_on(listener, move |mut stream| {
        // The probe may have hung up before it was all said.
        let _ = stream.write_all(answer);
    });
    let http = Http::new(&check).expect("a good check");
    let answer = http.ask(&mut Names::default()).await;
    (answer, server.join().expect("served"))
}

#[tokio::test]
async fn a_good_status_is_healthy_whatever_the_body() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..],
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: /login\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let (answer, _) = judged(answer, |_| ()).await;
        assert!(answer.ok, "{answer:?}");
    }
}

#[tokio::test]
async fn a_bad_status_is_named() {
    let (answer, _) = judged(b"HTTP/1.1 503 Busy\r\n\r\n", |_| ()).await;
    assert_eq!(answer, Answer::bad("HTTP 503"));
    let only = |check: &mut HttpCheck| check.status = vec![401, 418];
    let (answer, _) = judged(b"HTTP/1.1 200 OK\r\n\r\n", only).await;
    assert_eq!(answer, Answer::bad("HTTP 200"));
    let (answer, _) = judged(b"HTTP/1.1 418 Teapot\r\n\r\n", only).await;
    assert_eq!(answer, Answer::good("HTTP 418"));
}

#[tokio::test]
async fn the_request_says_what_was_declared() {
    let (_, head) = judged(b"HTTP/1.1 200 OK\r\n\r\n", |check| {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        check.headers = vec![
            header("Authorization", "Bearer x"),
            header("host", "shop.test"),
            header("X-Two", "1"),
            header("X-Two", "2"),
        ];
    })
    .await;
    let head = head.to_lowercase();
    assert!(head.starts_with("get /health?deep=1 http/1.1\r\n"), "{head}");
    for line in
        ["authorization: bearer x", "host: shop.test", "x-two: 1", "x-two: 2", "connection: close"]
    {
        assert_eq!(head.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {head}");
    }
    assert_eq!(head.matches("\r\nhost:").count(), 1, "{head}");
}

#[tokio::test]
async fn a_body_is_read_in_every_form_it_may_have() {
    let matching = |check: &mut HttpCheck| check.body = Some("\"db\": *\"up\"".to_owned());
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"db\": \"up\"}"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"db\"\r\n7\r\n: \"up\"}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{\"db\":\"up\"}",
    ] {
        let (answer, _) = judged(answer, matching).await;
        assert_eq!(answer, Answer::good("HTTP 200"));
    }
    let down = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"db\":\"down\"}";
    let (answer, _) = judged(down, matching).await;
    assert_eq!(answer.words, "HTTP 200, but its body does not match `\"db\": *\"up\"`");
    let torn = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"db\":\"up\"}";
    let (answer, _) = judged(torn, matching).await;
    assert_eq!(answer.words, "HTTP 200, but its body could not be read");
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let mut check = check(listener.local_addr().expect("an address").port());
    check.body = Some("never".to_owned());
    let server = serve_on(listener, |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        // Ends because the probe hangs up.
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let http = Http::new(&check).expect("a good check");
    let answer = http.ask(&mut Names::default()).await;
    assert_eq!(answer.words, "HTTP 200, but its body could not be read");
    server.join().expect("the connection was closed");
}

#[tokio::test]
async fn who_speaks_something_else_is_not_healthy() {
    let (answer, _) = judged(b"220 mail ESMTP\r\n", |_| ()).await;
    assert_eq!(answer, Answer::bad("not an HTTP answer"));
    let (answer, _) = judged(b"", |_| ()).await;
    assert_eq!(answer, Answer::bad("closed without an answer"));
    let free = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let http = Http::new(&check(port)).expect("a good check");
    let answer = http.ask(&mut Names::default()).await;
    assert_eq!(answer, Answer::bad("connection refused"));
}

#[tokio::test]
async fn dropped_it_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let check = check(listener.local_addr().expect("an address").port());
    let (asked, heard) = tokio::sync::oneshot::channel();
    let server = serve_on(listener, |mut stream| {
        asked.send(()).expect("somebody waits");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the end");
    });
    let http = Http::new(&check).expect("a good check");
    let mut names = Names::default();
    tokio::select! {
        answer = http.ask(&mut names) => panic!("{answer:?} from nobody"),
        heard = heard => heard.expect("the request came"),
    }
    server.join().expect("the connection was closed");
}
