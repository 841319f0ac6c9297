//! Parts of devsup are killed at random moments of its life, again and again:
//! the next `down` always ends at zero, and no service ever ran unrecorded.
//!
//! `DEVSUP_TEST_CRASHES=1000 cargo test --release --test it stop::crashes` is
//! the long form; `DEVSUP_TEST_SEED` repeats one.

use crate::harness::process::{Process, table};
use crate::harness::{Exit, Project, Running, fenced, full_daemon, puppet, rounds, say};
use nix::sys::signal::Signal;
use std::time::Duration;

/// What is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Supervisor,
    Guards,
    Forker,
    Front,
    Down,
}

const VICTIMS: [Victim; 5] =
    [Victim::Supervisor, Victim::Guards, Victim::Forker, Victim::Front, Victim::Down];

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn next(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn named(name: &str) -> Vec<Process> {
    let all = table().into_iter();
    all.filter(|entry| entry.name == name).map(|entry| entry.process).collect()
}

fn kill(victim: Victim, up: &Running) {
    let pids = match victim {
        Victim::Supervisor => named("devsup-super"),
        Victim::Guards => named("devsup-guard"),
        Victim::Forker => named("devsup-forker"),
        Victim::Front => vec![up.front()],
        Victim::Down => Vec::new(),
    };
    for process in pids {
        process.signal(Signal::SIGKILL);
    }
}

fn round(dice: &mut Dice) {
    let victim = VICTIMS[usize::try_from(dice.next(5)).expect("it is small")];
    let (early, late) = (dice.next(60), dice.next(30));
    say(&format!("{victim:?} after {early} ms, then {late} ms"));
    let web = puppet().forks(1).orphan(full_daemon());
    let project = Project::new().grace_ms(200).service("web", web);
    let up = project.service("db", puppet().child(puppet().setsid().ignores("TERM"))).launch();
    // Not to wait for anything: each round is to hit another moment.
    std::thread::sleep(Duration::from_millis(early));
    kill(victim, &up);
    let checkout = up.checkout().clone();
    let down = checkout.start(&["down"]);
    std::thread::sleep(Duration::from_millis(late));
    if let Victim::Down = victim {
        let _ = down.signal(Signal::SIGKILL).finish();
    } else {
        kill(victim, &up);
        let _ = down.finish();
    }
    // Whoever was still starting when the first one looked is stopped by this.
    let _ = checkout.down(&[]);
    let _ = up.signal(Signal::SIGTERM).finish();
    checkout.wait_until_empty();
    let _ = checkout.down(&[]).ends_with(Exit::Ok);
    checkout.leaves_nothing();
}

#[test]
fn at_any_moment() {
    fenced(|| {
        let seed = std::env::var("DEVSUP_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) << 32 | clock());
        say(&format!("the seed is {seed}"));
        let mut dice = Dice(seed | 1);
        for _ in 0..rounds("DEVSUP_TEST_CRASHES", 50) {
            round(&mut dice);
        }
    });
}

fn clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| u64::from(now.subsec_nanos()))
}
