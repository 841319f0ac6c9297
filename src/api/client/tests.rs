use super::*;
use crate::model::{Pid, RunId};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::thread::JoinHandle;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn greeting() -> Greeting {
    Greeting {
        version: VERSION,
        devsup: "9.8.7".to_owned(),
        project: "shop".to_owned(),
        root: PathBuf::from("/shop"),
        run: RunId::from_bits(7),
        pid: Pid::new(77).unwrap(),
        started_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        detached: false,
    }
}

/// Listens, and answers the first who asks with these bytes.
fn answering(answer: &[u8]) -> (tempfile::TempDir, Client, JoinHandle<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let answer = answer.to_vec();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        // Byte by byte: nothing may depend on what comes in one piece.
        for byte in answer {
            stream.write_all(&[byte]).unwrap();
        }
        line
    });
    (dir, Client::at(path), server)
}

fn with_length(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn both_ends_understand_each_other() {
    let body = serde_json::to_string(&greeting()).unwrap();
    let (_dir, client, server) = answering(&with_length("200 OK", &body));
    assert_eq!(client.hello(far()).unwrap(), greeting());
    assert_eq!(server.join().unwrap(), "GET /v1/hello HTTP/1.1\r\n");
}

#[test]
fn lines_come_in_chunks_that_know_nothing_of_lines() {
    let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        3\r\n1\n2\r\n2\r\n3\n\r\n0\r\n\r\n";
    let (_dir, client, _server) = answering(text);
    let mut lines = client.follow("/v1/events").unwrap();
    assert_eq!(lines.next::<u32>(far()).unwrap(), Some(1));
    assert_eq!(lines.next::<u32>(far()).unwrap(), Some(23));
    assert_eq!(lines.next::<u32>(far()).unwrap(), None);
}

#[test]
fn nobody_there_and_nobody_answering_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let client = Client::at(path.clone());
    assert!(matches!(client.hello(far()), Err(ClientError::Absent)));
    let listener = UnixListener::bind(&path).unwrap();
    assert!(matches!(client.hello(Instant::now()), Err(ClientError::Silent)));
    drop(listener);
    assert!(matches!(client.hello(far()), Err(ClientError::Absent)), "a stale socket");
}

#[test]
fn an_end_in_the_middle_and_nonsense_are_errors() {
    for torn in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let (_dir, client, _server) = answering(torn.as_bytes());
        assert!(matches!(client.hello(far()), Err(ClientError::Ended)), "{torn:?}");
    }
    for strange in ["{}\n{}\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"] {
        let (_dir, client, _server) = answering(strange.as_bytes());
        assert!(matches!(client.hello(far()), Err(ClientError::Nonsense(_))), "{strange:?}");
    }
    let (_dir, client, _server) = answering(&with_length("200 OK", "[]"));
    assert!(matches!(client.hello(far()), Err(ClientError::Nonsense(_))));
}

#[test]
fn a_refusal_says_why_and_another_version_names_both() {
    let body = r#"{"version":1,"error":{"code":"new_kind","words":"no","hint":"yes"}}"#;
    let (_dir, client, _server) = answering(&with_length("404 Not Found", body));
    let error = client.hello(far()).unwrap_err();
    assert_eq!((error.to_string(), error.hint()), ("no".to_owned(), Some("yes".to_owned())));
    let body = r#"{"version":2,"devsup":"9.8.7"}"#;
    let (_dir, client, _server) = answering(&with_length("200 OK", body));
    let words = client.hello(far()).unwrap_err().to_string();
    assert!(words.contains("9.8.7 (version 2") && words.contains("(version 1)"), "{words}");
}
