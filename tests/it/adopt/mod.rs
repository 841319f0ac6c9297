//! The supervisor goes, the services stay, and another one goes on with them.

mod alone;
mod attach;
mod reload;
mod taken;

use crate::harness::process::Process;
use crate::harness::wait::until_so;
use crate::harness::{Checkout, Project, Running};

/// A project whose services outlive their supervisor.
fn staying() -> Project {
    Project::new().grace_ms(2000).flag("--on-supervisor-death stay")
}

/// Kills all of devsup but the guards.
fn orphaned(up: Running) -> Checkout {
    up.kills_all_but_guards().finish().checkout().clone()
}

/// The guard above a service.
fn guard_of(checkout: &Checkout, role: &str) -> Process {
    let leader = checkout.process(role).look().expect("it lives");
    Process::with_pid(leader.parent.cast_unsigned()).expect("it lives")
}

fn waits_for(checkout: &Checkout, what: &str, role: &str) {
    until_so(&format!("`{role}` has {what}"), || {
        checkout.roles_that(what).contains(&role.to_owned())
    });
}
