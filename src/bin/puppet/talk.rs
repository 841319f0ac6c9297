//! What a puppet says: straight to the descriptors, with no buffer between.

use crate::record::record;
use crate::registry::Actor;
use crate::{number, tricks};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::time::Instant;

/// One of the words that speak or listen.
pub fn word(actor: &Actor, verb: &str, argument: &str) {
    match verb {
        "say" => out(&format!("{argument}\n")),
        "part" => out(argument),
        "err" => put(std::io::stderr(), format!("{argument}\n").as_bytes()),
        "flood" => flood(actor, number(argument)),
        "pour" => pour(actor, number(argument)),
        "env" => match std::env::var(argument) {
            Ok(value) => out(&format!("{argument}={value}\n")),
            Err(_) => out(&format!("{argument} is not set\n")),
        },
        "tty" => out(&format!("terminal {}\n", tricks::terminal())),
        "sizes" => sizes(actor),
        "listen" if argument.contains(':') => std::mem::forget(TcpListener::bind(argument)),
        "listen" => std::mem::forget(TcpListener::bind(("127.0.0.1", number(argument)))),
        "listen-unix" => std::mem::forget(UnixListener::bind(argument)),
        _ => count(actor, argument),
    }
}

/// `%0D` and the like to bytes.
pub fn decode(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        decoded.extend_from_slice(before.as_bytes());
        let code = behind.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(code.unwrap_or_else(|| tricks::end(2)));
        rest = &behind[2..];
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8(decoded).unwrap_or_else(|_| tricks::end(2))
}

fn out(text: &str) {
    put(std::io::stdout(), text.as_bytes());
}

/// Writes all of it, or ends as a program does whose reader is gone.
fn put(to: impl AsFd, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match nix::unistd::write(to.as_fd(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => tricks::end(141),
        }
    }
}

/// Writes in pieces that end anywhere but at the end of a line.
fn flood(actor: &Actor, lines: usize) {
    let mut waiting = String::new();
    for at in 0..lines {
        waiting.push_str(&record(actor.role(), at));
        waiting.push('\n');
        while waiting.len() > 1009 {
            let rest = waiting.split_off(1009);
            out(&waiting);
            waiting = rest;
        }
    }
    out(&waiting);
}

/// Writes so many lines a second, without end, and catches up where it was held up.
fn pour(actor: &Actor, rate: usize) -> ! {
    actor.settled();
    let begin = Instant::now();
    let mut at = 0;
    loop {
        let passed = usize::try_from(begin.elapsed().as_millis()).unwrap_or(usize::MAX);
        let due = passed.saturating_mul(rate) / 1000;
        let lines = (at..due).map(|at| record(actor.role(), at) + "\n");
        out(&lines.collect::<String>());
        at = due;
        tricks::nap(2);
    }
}

fn sizes(actor: &Actor) -> ! {
    let changes = tricks::hold_back("WINCH");
    out(&format!("terminal {}\n", tricks::terminal()));
    actor.settled();
    loop {
        if changes.wait().is_ok() {
            out(&format!("terminal {}\n", tricks::terminal()));
        }
    }
}

/// Proof of life: a file whose number grows, replaced whole each time.
fn count(actor: &Actor, file: &str) -> ! {
    actor.settled();
    let next = format!("{file}.next");
    for at in 0_u64.. {
        if std::fs::write(&next, at.to_string())
            .and_then(|()| std::fs::rename(&next, file))
            .is_err()
        {
            tricks::end(2);
        }
        tricks::nap(2);
    }
    tricks::end(0)
}
