//! The walks of README.md, as they are typed there.

use super::{bare, listed};
use crate::harness::{Ended, Exit, fenced, skip};
use std::process::Command;

const README: &str = include_str!("../../../README.md");

/// Types a walk into a shell that ends at the first error.
fn walk(name: &str) -> Ended {
    let behind = README.split_once(&format!("<!-- walk {name} -->\n```console\n"));
    let text = behind.and_then(|(_, text)| text.split_once("```")).expect("the walk is there").0;
    let checkout = bare();
    let ended = checkout.script(&format!("set -e\n{text}")).finish();
    assert_eq!(listed(&checkout, &["--all", "--status", "running"]), [""; 0]);
    checkout.leaves_nothing();
    ended
}

#[test]
fn a_build_pipeline() {
    fenced(|| {
        let ended = walk("pipeline").ends_with(Exit::Ok);
        let _ = ended.says_in_order(&[
            // All three, the two with the tags, and all three after one was killed.
            "build",
            "completed",
            "built",
            "watch",
            "running",
            "watching",
            "lint",
            "linting",
            "build,critical",
            "test,validation",
            "build",
            "completed",
            "watch",
            "cancelled",
            "lint",
            "running",
            "compiling\nbuilt\n",
        ]);
    });
}

#[test]
fn a_server_and_one_that_fails() {
    fenced(|| {
        for tool in ["curl", "python3"] {
            if Command::new(tool).arg("--version").output().is_err() {
                return skip(tool, "it is not installed");
            }
        }
        let ended = walk("server").ends_with(Exit::Ok);
        let _ = ended.says_in_order(&["web", "running", "No module named", "wrong", "failed (1)"]);
    });
}
