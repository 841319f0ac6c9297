//! A TCP connection, over whatever addresses a name stands for.

use super::{Answer, words};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;

pub(super) async fn ask(host: &str, port: u16, names: &mut Names) -> Answer {
    match connect(host, port, names).await {
        Ok(_) => Answer::good("connected"),
        Err(words) => Answer::bad(words),
    }
}

/// Connects to whichever address answers first; the error is that of the
/// first address, in words.
pub(super) async fn connect(host: &str, port: u16, names: &mut Names) -> Result<TcpStream, String> {
    let addresses = names.addresses(host, port).await?;
    let mut attempts = JoinSet::new();
    for (at, address) in addresses.into_iter().take(MOST_ADDRESSES).enumerate() {
        attempts.spawn(async move { (at, genuine(TcpStream::connect(address)).await) });
    }
    let mut first_error: Option<(usize, io::Error)> = None;
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok((_, Ok(stream))) => return Ok(stream),
            Ok((at, Err(error))) => match &first_error {
                Some((first, _)) if *first < at => {}
                _ => first_error = Some((at, error)),
            },
            Err(_) => {}
        }
    }
    Err(first_error
        .map_or_else(|| format!("`{host}` has no address"), |(_, error)| words::of_error(&error)))
}

/// A connection to a port of this machine that nobody listens on can meet
/// itself, when it happens to be given that very port to come from. It would
/// pass for health, and keep the service from its port.
async fn genuine(attempt: impl Future<Output = io::Result<TcpStream>>) -> io::Result<TcpStream> {
    let stream = attempt.await?;
    if stream.local_addr()? == stream.peer_addr()? {
        let refused = io::ErrorKind::ConnectionRefused;
        return Err(io::Error::new(refused, "connection refused"));
    }
    Ok(stream)
}

/// What names stand for. The system's resolver can only be waited for, so it
/// gets a thread of its own, which nobody has to wait for at the end; there is
/// never more than one.
#[derive(Debug, Default)]
pub(super) struct Names {
    asked: Option<oneshot::Receiver<io::Result<Vec<SocketAddr>>>>,
}

impl Names {
    async fn addresses(&mut self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        if let Some(known) = known(host) {
            return Ok(known.iter().map(|&ip| SocketAddr::new(ip, port)).collect());
        }
        let nobody = |why: &str| format!("`{host}` has no address: {why}");
        let asked = match &mut self.asked {
            Some(asked) => asked,
            none => {
                let asked =
                    look_up(host, port).map_err(|error| nobody(&words::of_error(&error)))?;
                none.insert(asked)
            }
        };
        let found = asked.await;
        self.asked = None;
        match found {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(nobody(&words::of_error(&error))),
            Err(_) => Err(nobody("the resolver died")),
        }
    }
}

/// Addresses that need no resolver: literals, and this machine under the name
/// that everybody gives it, in both families, since a server may listen on one
/// of them only.
fn known(host: &str) -> Option<Vec<IpAddr>> {
    let lower = host.trim_end_matches('.').to_ascii_lowercase();
    if lower == "localhost" || lower.ends_with(".localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    host.parse().ok().map(|ip| vec![ip])
}

fn look_up(host: &str, port: u16) -> io::Result<oneshot::Receiver<io::Result<Vec<SocketAddr>>>> {
    let (found, asked) = oneshot::channel();
    let host = host.to_owned();
    std::thread::Builder::new().name("resolver".to_owned()).spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs();
        // Nobody waits any more if the watch is gone.
        let _ = found.send(addresses.map(Iterator::collect));
    })?;
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    async fn asked(host: &str, port: u16) -> Answer {
        ask(host, port, &mut Names::default()).await
    }

    fn port_of(listener: &TcpListener) -> u16 {
        listener.local_addr().expect("an address").port()
    }

    #[tokio::test]
    async fn this_machine_is_asked_in_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).expect("bound");
            let port = port_of(&listener);
            assert!(asked("localhost", port).await.ok, "{address}");
            assert!(asked("App.localhost.", port).await.ok, "{address}");
        }
    }

    #[tokio::test]
    async fn a_literal_means_its_own_family() {
        let listener = TcpListener::bind("[::1]:0").expect("bound");
        let port = port_of(&listener);
        assert!(asked("::1", port).await.ok);
        assert_eq!(asked("127.0.0.1", port).await, Answer::bad("connection refused"));
        drop(listener);
        assert_eq!(asked("::1", port).await, Answer::bad("connection refused"));
    }

    #[tokio::test]
    async fn other_names_are_looked_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = port_of(&listener);
        // The resolver's own form of an address, which is no literal to us.
        assert!(known("127.1").is_none());
        assert!(asked("127.1", port).await.ok);
        let answer = asked("no..name", port).await;
        assert!(!answer.ok);
        assert!(answer.words.starts_with("`no..name` has no address"), "{answer:?}");
    }

    #[tokio::test]
    async fn a_connection_that_meets_itself_is_nobody() {
        let free = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = free.local_addr().expect("an address");
        drop(free);
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(address).expect("the port is free");
        let error = genuine(socket.connect(address)).await.expect_err("itself");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
