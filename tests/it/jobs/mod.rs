//! `devsup job`: commands in the background, from their start to the history.

mod ends;
mod life;
mod list;
mod seen;
mod walks;

use crate::harness::process::Process;
use crate::harness::{Checkout, Exit, Project, puppet};
use serde_json::Value;
use std::process::Command;

/// A directory without a config, where jobs are started.
pub fn bare() -> Checkout {
    let checkout = Project::new().service("web", puppet()).check_out();
    std::fs::remove_file(checkout.root().join("devsup.yaml")).expect("a file");
    checkout
}

/// Starts a job and returns its id, which is all that is said.
pub fn start(checkout: &Checkout, arguments: &[&str]) -> String {
    let ended = checkout.call(&[&["job", "start"], arguments].concat()).ends_with(Exit::Ok);
    assert_eq!(ended.err(), "");
    ended.out().trim().to_owned()
}

/// What is known of a job.
pub fn show(checkout: &Checkout, id: &str) -> Value {
    let ended = checkout.call(&["job", "show", "--json", id]).ends_with(Exit::Ok);
    serde_json::from_str(&ended.out()).expect("an object")
}

pub fn status(checkout: &Checkout, id: &str) -> String {
    show(checkout, id)["status"].as_str().unwrap_or_default().to_owned()
}

/// Ids of the jobs that are listed.
pub fn listed(checkout: &Checkout, arguments: &[&str]) -> Vec<String> {
    let ended = checkout.call(&[&["job", "ls", "--quiet"], arguments].concat());
    ended.ends_with(Exit::Ok).out().lines().map(str::to_owned).collect()
}

/// The process of a job's command, which must run.
pub fn process(checkout: &Checkout, id: &str) -> Process {
    let pid = show(checkout, id)["pid"].as_u64().expect("a pid");
    Process::with_pid(u32::try_from(pid).expect("a pid")).expect("it runs")
}

/// Waits for a job, and returns the status that is passed on.
pub fn wait(checkout: &Checkout, id: &str) -> i32 {
    let mut command: Command = checkout.devsup(&["job", "wait", id]);
    command.output().expect("devsup can be started").status.code().expect("a code")
}
