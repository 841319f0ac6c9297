use super::*;
use crate::model::{Pid, RunId};
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn greeting() -> Greeting {
    let pid = Pid::new(77).unwrap();
    Greeting { root: PathBuf::from("/shop"), run: RunId::from_bits(7), pid }
}

/// Listens, and answers the first who asks with these bytes.
fn answering(answer: Vec<u8>) -> (tempfile::TempDir, PathBuf, std::thread::JoinHandle<Request>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        stream.write_all(&answer).unwrap();
        serde_json::from_str(&line).unwrap()
    });
    (dir, path, server)
}

#[test]
fn both_ends_understand_each_other() {
    let line = serde_json::to_vec(&Reply::Hello(greeting())).unwrap();
    let (_dir, path, server) = answering([line, b"\n".to_vec()].concat());
    assert_eq!(hello(&path, far()).unwrap(), greeting());
    assert_eq!(server.join().unwrap(), Request::new(Verb::Hello));
}

#[test]
fn nobody_there_and_nobody_answering_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    assert!(matches!(hello(&path, far()), Err(ClientError::Absent)));
    let listener = UnixListener::bind(&path).unwrap();
    assert!(matches!(hello(&path, Instant::now()), Err(ClientError::Silent)));
    drop(listener);
    assert!(matches!(hello(&path, far()), Err(ClientError::Absent)), "a stale socket");
}

#[test]
fn an_end_in_the_middle_and_nonsense_are_errors() {
    let (_dir, path, server) = answering(b"{\"hello\"".to_vec());
    assert!(matches!(hello(&path, far()), Err(ClientError::Ended)));
    server.join().unwrap();
    let (_dir, path, server) = answering(b"[]\n".to_vec());
    assert!(matches!(hello(&path, far()), Err(ClientError::Nonsense(_))));
    server.join().unwrap();
}
