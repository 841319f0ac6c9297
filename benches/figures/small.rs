//! The commands that people and hooks run all the time.

use super::machine::{Place, ms};
use super::table::{Better, Table};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 21;
/// Processes that have nothing to do with it.
const CROWD: usize = 300;

pub fn measure(table: &mut Table) {
    let place = Place::project("small", "  a: {command: [sleep, \"1\"]}\n");
    let crowd: Vec<Child> = (0..CROWD)
        .map(|_| Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap())
        .collect();
    let mut rounds = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let bare = run(Command::new("true").stdin(Stdio::null()));
        rounds[0].push((run(&mut place.devsup(&["--version"])), bare));
        rounds[1].push((run(&mut place.devsup(&["down"])), bare));
    }
    let [version, down] = rounds;
    table.beside("`devsup --version`", &version, ("ms", Better::Less), ("`true`", ""));
    let what = format!("`devsup down` with nothing to do, {CROWD} processes");
    table.beside(what, &down, ("ms", Better::Less), ("`true`", "15 ms"));
    for mut child in crowd {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn run(command: &mut Command) -> f64 {
    let began = Instant::now();
    assert!(command.status().unwrap().success());
    ms(began.elapsed())
}
