//! What devsup costs and how fast it is, as ratios to what the machine can do at
//! all: `cargo bench --bench figures`.
//!
//! Every figure that has one stands beside the same work done by `cat`, `tee` or
//! a bare loop of `posix_spawn`, measured in the same round, since only the
//! ratio means something on another machine. Sections can be named: `cargo bench
//! --bench figures -- flood start`. `--save` writes the table to
//! `benches/figures.md`, which README quotes; `--compare` says what has moved
//! since by more than its noise, and fails where that is for the worse.
//!
//! Ends only what it started.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod crowd;
mod fairness;
mod flood;
mod machine;
mod restart;
mod small;
mod table;

use table::Table;

/// A part of the table: its name, and what measures it.
type Section = (&'static str, fn(&mut Table));

/// All, in their order.
const SECTIONS: [Section; 5] = [
    ("flood", flood::measure),
    ("crowd", crowd::measure),
    ("restart", restart::measure),
    ("fairness", fairness::measure),
    ("small", small::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.contains(&"--test") || flood::is_part(&words) {
        return;
    }
    let named = |name: &str| words.contains(&name);
    let all = !SECTIONS.iter().any(|(name, _)| named(name));
    let mut table = Table::default();
    for (name, measure) in SECTIONS {
        if all || named(name) {
            measure(&mut table);
        }
    }
    println!("{}", table.text());
    if named("--save") {
        table.save();
    }
    if named("--compare") && table.compare() {
        std::process::exit(1);
    }
}
