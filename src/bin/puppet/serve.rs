//! A server that answers as a file says, so that a test can make it well and ill.

use crate::registry::Actor;
use crate::{number, tricks};
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// `PORT:FILE`. The file holds a whole answer; without it a connection is
/// closed at once, with `hang` in it it is kept and never answered. What was
/// asked is appended to `FILE.heard`.
pub fn http(actor: &Actor, argument: &str) -> ! {
    let Some((port, file)) = argument.split_once(':') else { tricks::end(2) };
    let listener = TcpListener::bind(("127.0.0.1", number(port)));
    let Ok(listener) = listener else { tricks::end(98) };
    actor.settled();
    let mut kept = Vec::new();
    loop {
        let Ok((mut stream, _)) = listener.accept() else { continue };
        let head = head_of(&mut stream);
        // The answer is read before anybody can know that we were asked.
        let answer = fs::read(file);
        note(&format!("{file}.heard"), &head);
        match answer {
            Ok(answer) if answer == b"hang" => kept.push(stream),
            // Whoever asked may be gone.
            Ok(answer) => drop(stream.write_all(&answer)),
            Err(_) => {}
        }
    }
}

fn head_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    head
}

fn note(file: &str, head: &[u8]) {
    let file = OpenOptions::new().append(true).create(true).open(file);
    if file.and_then(|mut file| file.write_all(head)).is_err() {
        tricks::end(2);
    }
}
