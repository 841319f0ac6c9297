//! A unix socket: whether somebody accepts there.

use super::{Answer, words};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

pub(super) async fn ask(path: &Path) -> Answer {
    match tokio::net::UnixStream::connect(path).await {
        Ok(_) => Answer::good("connected"),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Answer::bad("nobody accepts, and the queue is full")
        }
        Err(error) => Answer::bad(words::of_error(&error)),
    }
}

/// Removes the socket that a killed service left, so that the next one can
/// bind; `true` if there was one. Whatever is no socket, or is listened on by
/// anybody, stays. Never waits.
pub fn remove_stale(path: &Path) -> io::Result<bool> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() || is_listened_on(path)? {
        return Ok(false);
    }
    std::fs::remove_file(path)?;
    Ok(true)
}

/// Only a refused connection proves that nobody is there: a full queue has an
/// owner, and so has a socket of another type.
fn is_listened_on(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) => Ok(error.kind() != io::ErrorKind::ConnectionRefused),
        Ok(()) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixDatagram, UnixListener};

    #[tokio::test]
    async fn a_listener_is_healthy_and_a_dead_socket_is_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s");
        assert_eq!(ask(&path).await, Answer::bad("no such file or directory"));
        let listener = UnixListener::bind(&path).expect("bound");
        assert_eq!(ask(&path).await, Answer::good("connected"));
        drop(listener);
        assert_eq!(ask(&path).await, Answer::bad("connection refused"));
    }

    #[tokio::test]
    async fn who_accepts_nobody_is_not_healthy_and_not_stale() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        let address = SockAddr::unix(&path).expect("an address");
        socket.bind(&address).expect("bound");
        socket.listen(0).expect("listening");
        let _first = tokio::net::UnixStream::connect(&path).await.expect("queued");
        assert_eq!(ask(&path).await, Answer::bad("nobody accepts, and the queue is full"));
        assert!(!remove_stale(&path).expect("looked at"));
    }

    #[test]
    fn only_what_nobody_listens_on_is_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s");
        assert!(!remove_stale(&path).expect("nothing there"));

        let listener = UnixListener::bind(&path).expect("bound");
        assert!(!remove_stale(&path).expect("looked at"));
        drop(listener);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        assert!(!remove_stale(&link).expect("looked at"), "a link is no socket");
        assert!(remove_stale(&path).expect("removed"));
        assert!(!path.exists());

        let _datagrams = UnixDatagram::bind(&path).expect("bound");
        assert!(!remove_stale(&path).expect("looked at"), "somebody else's kind");
        let file = dir.path().join("file");
        std::fs::write(&file, "data").expect("written");
        assert!(!remove_stale(&file).expect("looked at"));
        assert!(file.exists());
    }
}
