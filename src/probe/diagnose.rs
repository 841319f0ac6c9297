//! Why a probe may find nobody: where it asks, and where the service listens.
//! Who listens where is found out elsewhere; here are only the words.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The place that a probe asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A TCP port.
    Port {
        /// Name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A unix socket.
    Socket(PathBuf),
    /// None that we know: a command or a line of output.
    NoPlace,
}

/// A place that something of the service's tree listens on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listening {
    /// A TCP port.
    Port(SocketAddr),
    /// A unix socket with a path.
    Socket(PathBuf),
}

/// Says the difference, as in `listens on 5173, the probe asks 3000`; `None`
/// where there is none to be seen.
pub fn mismatch(asked: &Asked, listening: &[Listening]) -> Option<String> {
    match asked {
        Asked::Port { host, port } => port_mismatch(host, *port, listening),
        Asked::Socket(path) => {
            let listens = |place: &Listening| *place == Listening::Socket(path.clone());
            if listening.iter().any(listens) {
                return None;
            }
            let places = places(listening);
            Some(words("no socket", &places, &path.display().to_string()))
        }
        Asked::NoPlace => None,
    }
}

fn port_mismatch(host: &str, port: u16, listening: &[Listening]) -> Option<String> {
    let there: Vec<SocketAddr> = listening
        .iter()
        .filter_map(|place| match place {
            Listening::Port(address) if address.port() == port => Some(*address),
            Listening::Port(_) | Listening::Socket(_) => None,
        })
        .collect();
    let Some(first) = there.first() else {
        return Some(words("no port", &places(listening), &port.to_string()));
    };
    if there.iter().any(|&at| serves(at, host)) {
        return None;
    }
    let asked = match host.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, port).to_string(),
        Err(_) => format!("{host}:{port}"),
    };
    Some(words("", &[first.to_string()], &asked))
}

/// Whether who listens there hears who connects to that host. What other names
/// than this machine's stand for is not known here; `localhost` is both of its
/// loopback addresses.
fn serves(at: SocketAddr, host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(asked) if asked.is_unspecified() => true,
        Ok(asked) => {
            let same_family = at.is_ipv6() || asked.is_ipv4();
            at.ip() == asked || (at.ip().is_unspecified() && same_family)
        }
        Err(_) if host == "localhost" => at.ip().is_loopback() || at.ip().is_unspecified(),
        Err(_) => true,
    }
}

/// Ports by number, sockets by path, each once, the ports first.
fn places(listening: &[Listening]) -> Vec<String> {
    let mut sorted = listening.to_vec();
    sorted.sort_by_key(|place| match place {
        Listening::Port(address) => (false, address.port(), PathBuf::new()),
        Listening::Socket(path) => (true, 0, path.clone()),
    });
    let mut places: Vec<String> = sorted
        .iter()
        .map(|place| match place {
            Listening::Port(address) => address.port().to_string(),
            Listening::Socket(path) => path.display().to_string(),
        })
        .collect();
    places.dedup();
    places
}

fn words(nothing: &str, places: &[String], asked: &str) -> String {
    let places = match places {
        [] => nothing.to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    format!("listens on {places}, the probe asks {asked}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, port: u16) -> Asked {
        let host = host.to_owned();
        Asked::Port { host, port }
    }

    fn at(address: &str) -> Listening {
        Listening::Port(address.parse().expect("an address"))
    }

    fn socket(path: &str) -> Listening {
        Listening::Socket(path.into())
    }

    fn said(asked: &Asked, listening: &[Listening]) -> String {
        mismatch(asked, listening).expect("a difference")
    }

    #[test]
    fn other_ports_are_named_once_and_in_order() {
        let asks = asked("127.0.0.1", 3000);
        assert_eq!(said(&asks, &[]), "listens on no port, the probe asks 3000");
        let one = [at("127.0.0.1:5173"), at("[::1]:5173")];
        assert_eq!(said(&asks, &one), "listens on 5173, the probe asks 3000");
        let many = [at("0.0.0.0:24678"), at("0.0.0.0:80"), socket("/tmp/a"), at("[::]:5173")];
        assert_eq!(
            said(&asks, &many),
            "listens on 80, 5173, 24678 and /tmp/a, the probe asks 3000"
        );
    }

    #[test]
    fn the_right_port_of_the_wrong_address_is_said_in_full() {
        let asks = asked("127.0.0.1", 3000);
        assert_eq!(
            said(&asks, &[at("[::1]:3000"), at("127.0.0.1:9229")]),
            "listens on [::1]:3000, the probe asks 127.0.0.1:3000"
        );
        for hears in ["127.0.0.1:3000", "0.0.0.0:3000", "[::]:3000"] {
            assert_eq!(mismatch(&asks, &[at("[::1]:3000"), at(hears)]), None, "{hears}");
        }
        let six = asked("::1", 3000);
        assert_eq!(
            said(&six, &[at("0.0.0.0:3000")]),
            "listens on 0.0.0.0:3000, the probe asks [::1]:3000"
        );
        let both = asked("localhost", 3000);
        assert_eq!(mismatch(&both, &[at("[::1]:3000")]), None);
        assert_eq!(
            said(&both, &[at("10.0.0.1:3000")]),
            "listens on 10.0.0.1:3000, the probe asks localhost:3000"
        );
    }

    #[test]
    fn sockets_are_compared_by_path() {
        let asks = Asked::Socket("/tmp/b".into());
        assert_eq!(said(&asks, &[socket("/tmp/a")]), "listens on /tmp/a, the probe asks /tmp/b");
        assert_eq!(said(&asks, &[]), "listens on no socket, the probe asks /tmp/b");
        assert_eq!(mismatch(&asks, &[socket("/tmp/b")]), None);
        assert_eq!(mismatch(&Asked::NoPlace, &[]), None);
    }
}
