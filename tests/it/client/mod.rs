//! What clients are made from: the types of the API in TypeScript are current,
//! and the example that uses them works.

mod types;

use crate::harness::{Exit, Project, fenced, puppet, say};
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to have the files written instead of compared.
const RENEW: &str = "DEVSUP_RENEW";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/client").join(name)
}

#[test]
fn committed_files_are_current() {
    let document = devsup::api::document();
    let types = types::of(&serde_json::from_str(&document).expect("it is JSON"));
    let file = example("devsup.d.ts");
    if std::env::var_os(RENEW).is_some() {
        fs::write(&file, &types).expect("a file");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == types,
        "{} is not current\n\
         renew with: {RENEW}=1 cargo test --test it committed_files_are_current",
        file.display()
    );
}

#[test]
fn the_example_asks_a_project_that_runs() {
    if Command::new("node").arg("--version").output().is_err() {
        return say("no node here: not looked at");
    }
    fenced(|| {
        let up = Project::new().service("web", puppet().forks(2)).service("db", puppet()).up();
        let checkout = up.checkout().clone();
        // Where an ordinary user can read it, whoever owns the sources.
        for name in ["devsup.mjs", "watch.mjs"] {
            let text = match name {
                "devsup.mjs" => include_str!("../../../examples/client/devsup.mjs"),
                _ => include_str!("../../../examples/client/watch.mjs"),
            };
            fs::write(checkout.beside(name), text).expect("a file");
        }
        let mut node = Command::new("node");
        node.arg(checkout.beside("watch.mjs"));
        checkout.prepare(&mut node);
        let done = node.output().expect("node is there");
        let out = String::from_utf8_lossy(&done.stdout).into_owned();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(out.contains("web  running  3 processes"), "{out}\n{err}");
        assert!(out.contains("db  running  1 processes"), "{out}\n{err}");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
