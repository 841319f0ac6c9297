//! Ports for the services of a scenario. The fence has the machine's network.

use std::net::TcpListener;

/// A port that nobody had a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
