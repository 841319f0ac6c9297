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

/// What was found where a service is about to bind its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum InTheWay {
    /// Nothing.
    Nothing,
    /// The socket of a killed one. It was removed.
    Stale,
    /// A socket that somebody listens on. It stays.
    Listener,
    /// Something that is no socket. It stays.
    NoSocket,
}

/// Removes the socket that a killed service left, so that the next one can
/// bind. Never waits.
pub fn remove_stale(path: &Path) -> io::Result<InTheWay> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(InTheWay::Nothing),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Ok(InTheWay::NoSocket);
    }
    if is_listened_on(path)? {
        return Ok(InTheWay::Listener);
    }
    std::fs::remove_file(path)?;
    Ok(InTheWay::Stale)
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
        assert_eq!(remove_stale(&path).expect("looked at"), InTheWay::Listener);
    }

    #[test]
    fn only_what_nobody_listens_on_is_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s");
        let look = |path: &Path| remove_stale(path).expect("looked at");
        assert_eq!(look(&path), InTheWay::Nothing);

        let listener = UnixListener::bind(&path).expect("bound");
        assert_eq!(look(&path), InTheWay::Listener);
        drop(listener);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        assert_eq!(look(&link), InTheWay::NoSocket, "a link is no socket");
        assert_eq!(look(&path), InTheWay::Stale);
        assert!(!path.exists());

        let _datagrams = UnixDatagram::bind(&path).expect("bound");
        assert_eq!(look(&path), InTheWay::Listener, "somebody else's kind");
        let file = dir.path().join("file");
        std::fs::write(&file, "data").expect("written");
        assert_eq!(look(&file), InTheWay::NoSocket);
        assert!(file.exists());
    }
}
