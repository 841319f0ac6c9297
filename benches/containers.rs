//! How long the end of a compose project takes, beside `docker-compose down`:
//! `cargo bench --bench containers`.
//!
//! Starts a container engine of its own (root, `docker.io`, `docker-compose`
//! and `busybox-static` are needed), and on it ten containers that stop when
//! they are asked, again for each measurement.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/it/docker/engine.rs"]
mod engine;

use engine::{Checkout, Engine, done};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const CONTAINERS: usize = 10;
const ROUNDS: usize = 5;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let Some(engine) = Engine::shared() else { return };
    let mut compose = "version: '3.5'\nservices:\n".to_owned();
    for at in 0..CONTAINERS {
        let _ = writeln!(compose, "  s{at}: {{IMAGE, POLITE}}");
    }
    let mut shop = engine.checkout().compose(&compose);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        shop = shop.up();
        ours.push(timed(&shop, |shop| {
            let torn = done(&shop.wish());
            assert_eq!((torn.gone.len(), torn.left.len()), (CONTAINERS + 1, 0));
        }));
        shop = shop.up();
        theirs.push(timed(&shop, |shop| shop.docker_compose(&shop.root, &["down"])));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("| {CONTAINERS} containers and their network | figure |\n| --- | ---: |");
    println!("| devsup, phase 4 | {:.2} s |", ours.as_secs_f64());
    println!("| `docker-compose down` | {:.2} s |", theirs.as_secs_f64());
    println!("| ratio | {:.2} |", ours.as_secs_f64() / theirs.as_secs_f64());
    let idle = median(
        (0..21)
            .map(|_| {
                timed(&shop, |shop| {
                    let outcome = devsup::docker::tear_down_blocking(&shop.wish(), &mut |_| ());
                    assert!(matches!(outcome, devsup::docker::Outcome::NothingToDo(_)));
                })
            })
            .collect(),
    );
    println!("| devsup, phase 4 with nothing to do | {:.1} ms |", idle.as_secs_f64() * 1000.0);
    engine.kill();
}

fn timed(shop: &Checkout<'_>, work: impl FnOnce(&Checkout<'_>)) -> Duration {
    let began = Instant::now();
    work(shop);
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
