//! The example that README starts with, as a newcomer runs it.

use crate::harness::wait::until;
use crate::harness::{Checkout, Exit, Project, fenced};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// A copy of the example where an ordinary user can write.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("the example is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port can be had");
    listener.local_addr().expect("it has an address").port()
}

fn shop() -> (Checkout, String, u16) {
    let port = free_port();
    let socket = std::env::temp_dir().join("shop.sock");
    let checkout = Project::new()
        .env("SHOP_PORT", &port.to_string())
        .env("SHOP_SOCKET", &socket.to_string_lossy())
        .check_out();
    let shop = checkout.beside("example");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop"), &shop);
    let shop = shop.to_string_lossy().into_owned();
    (checkout, shop, port)
}

/// What the API answers, once it answers.
fn get(port: u16, path: &str) -> String {
    until("the API answers", || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.contains(" 200 ").then_some(answer)
    })
}

#[test]
fn the_shop_as_devsup_yaml() {
    fenced(|| {
        let (checkout, shop, port) = shop();
        let up = checkout.start(&["up", "-C", &shop]).sees("order 2 done");
        assert!(get(port, "/").contains("hello from the shop"));
        assert!(get(port, "/health").contains("\"schema\": \"3\""));
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended
            .says_in_order(&["the schema is at version 3", "worker: waiting for orders"])
            .says("migrate completed: exit 0")
            .says("0 processes, 0 ports, 0 containers left");
        assert!(!std::env::temp_dir().join("shop.sock").exists());
    });
}

#[test]
fn the_shop_as_procfile() {
    fenced(|| {
        let (checkout, shop, port) = shop();
        let base = port - 100;
        let file = format!("{shop}/Procfile");
        let up = checkout.start(&["up", "-f", &file, "-p", &base.to_string()]);
        let up = up.sees("order 2 done");
        assert!(get(port, "/orders").contains("orders"));
        let _ = checkout.call(&["down", "-C", &shop]).ends_with(Exit::Ok);
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
    });
}
