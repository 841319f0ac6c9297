//! The pictures of the README, each made from a real run. They are renewed with
//! `DEVSUP_RENEW=1 cargo test --test it pictures`, and must say what a run says
//! today.

mod svg;

use crate::examples::example;
use crate::harness::free_port;
use crate::harness::{Checkout, Exit, fenced_text};
use crate::words::{RENEW, repository};
use nix::sys::signal::Signal;
use std::fs;

/// Compares a picture with the committed one by its words, or writes it.
fn compare(name: &str, fresh: &str) {
    let path = repository().join("examples/pictures").join(name);
    if std::env::var_os(RENEW).is_some() {
        fs::create_dir_all(path.with_file_name("")).expect("a directory");
        return fs::write(path, fresh).expect("a file");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let (said, says) = (steady(&committed), steady(fresh));
    assert_eq!(said, says, "renew with: {RENEW}=1 cargo test --test it pictures");
}

/// The words, sorted and without numbers: what was said, not when.
fn steady(svg: &str) -> Vec<String> {
    let numbers = regex::Regex::new(r"\d+(\.\d+)?( ms| s)?\b").expect("a pattern");
    // How often a wait is told is a matter of time.
    let words = svg::words(svg).into_iter().filter(|line| !line.contains(" left for "));
    let mut words: Vec<String> =
        words.map(|line| numbers.replace_all(untimely(&line), "N").into_owned()).collect();
    words.sort();
    words
}

/// A line up to what is a matter of time: who was too slow and had to be killed.
fn untimely(line: &str) -> &str {
    line.split(" killed: ").next().unwrap_or(line)
}

/// What is typed, and what is said to it, as a picture.
fn picture(title: &str, typed: &str, said: &str) -> String {
    svg::picture(title, &format!("\x1b[2m$\x1b[0m \x1b[1m{typed}\x1b[0m\n{said}"))
}

/// In colours, as a terminal shows it, and in the order of both streams.
const UP: &str = "exec devsup --color always up 2>&1";

#[test]
fn of_the_stream() {
    let svg = fenced_text(|| {
        let port = free_port().to_string();
        let socket = std::env::temp_dir().join("shop.sock").to_string_lossy().into_owned();
        let shop = example("shop", &[], &[("SHOP_PORT", &port), ("SHOP_SOCKET", &socket)]);
        fs::remove_file(shop.root().join("Procfile")).expect("a file");
        let up = shop.script(UP).sees("worker: order 1 done");
        let said = until_line(&up.raw(), "worker: order 1 done").replace(&port, "8080");
        let said = said.replace(&socket, "/tmp/devsup-shop.sock");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let title = "devsup up: four services start in order and share one stream";
        picture(title, "devsup up", &said)
    });
    if let Some(svg) = svg {
        compare("up.svg", &svg);
    }
}

/// All up to the end of the first line with this text.
fn until_line(said: &str, text: &str) -> String {
    let mut lines = Vec::new();
    for line in said.lines() {
        lines.push(line);
        if line.contains(text) {
            break;
        }
    }
    lines.join("\n")
}

#[test]
fn of_a_down() {
    let svg = fenced_text(|| {
        let checkout = example("messy", &[], &[("GRACE", "1s")]);
        let up = checkout.script(UP).sees("asking me is no use").sees("in a session of my own");
        let up = up.waits_until("the daemon is one", || is_daemon(&checkout));
        let down = checkout.script("exec devsup --color always down 2>&1").ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
        let title = "devsup down: five phases, and the proof that nothing is left";
        picture(title, "devsup down", &down.out())
    });
    if let Some(svg) = svg {
        compare("down.svg", &svg);
    }
}

fn is_daemon(checkout: &Checkout) -> bool {
    let plan = checkout.down(&["--dry-run"]).ends_with(Exit::Ok).out();
    plan.contains("  daemon      `sleep 1000`")
}
