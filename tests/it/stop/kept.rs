//! What the config says is to be left alive, and what was started to be nobody's.

use crate::harness::process::Process;
use crate::harness::wait::until;
use crate::harness::{Checkout, Exit, Project, Puppet, binary, fenced, puppet};
use nix::sys::signal::Signal;

/// A copy of the puppet's program, so that it has a name of its own.
fn helper(checkout: &std::path::Path) -> std::path::PathBuf {
    let path = checkout.join("helperd");
    std::fs::copy(binary("puppet"), &path).expect("a program can be copied");
    path
}

/// A service that starts the helper as a daemon and has a child of its own.
fn project(directory: &std::path::Path, web: impl Fn(Puppet) -> Puppet) -> Project {
    let program = helper(directory);
    let registry = directory.join("helper.registry");
    let daemon =
        format!("{}:{}:-:helper:fork:begin:below:end", program.display(), registry.display());
    let daemon = puppet().setsid().execs(&daemon);
    Project::new()
        .line("shutdown: {grace: 300ms, keep: [helperd]}")
        .service("web", web(puppet().orphan(daemon).child(puppet().ignores("TERM"))))
}

/// Waits for the helper and what is below it.
fn helpers(directory: &std::path::Path) -> [Process; 2] {
    let registry = directory.join("helper.registry");
    ["helper", "below"].map(|role| {
        until("the helper has settled", || {
            let text = std::fs::read_to_string(&registry).unwrap_or_default();
            let line = text
                .lines()
                .find(|line| line.starts_with("settled ") && line.ends_with(&format!(" {role}")))?;
            Process::with_pid(line.split(' ').nth(1)?.parse().ok()?)
        })
    })
}

fn outlives(checkout: &Checkout, kept: [Process; 2]) {
    for (what, process) in ["helper", "below the helper"].into_iter().zip(kept) {
        assert!(process.lives(), "`{what}` was hit");
        assert!(!process.is_frozen(), "`{what}` was left frozen");
        checkout.welcome(what, process);
    }
}

fn end(kept: [Process; 2]) {
    for process in kept {
        process.signal(Signal::SIGKILL);
    }
}

#[test]
fn what_is_kept_lives_on_with_all_below_and_is_counted_apart() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let up = project(directory.path(), |web| web).up();
        let kept = helpers(directory.path());
        let checkout = up.checkout().clone();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).says("2 processes kept");
        outlives(&checkout, kept);
        ended.leaves_nothing();
        // It still is what it is for the next stop, and for the next start.
        let _ = checkout.down(&["--force"]).ends_with(Exit::Ok);
        let up = checkout.launch().sees("is up");
        outlives(&checkout, kept);
        up.signal(Signal::SIGTERM).ends_with(Exit::Ok);
        outlives(&checkout, kept);
        end(kept);
    });
}

#[test]
fn what_is_kept_lives_on_when_all_of_devsup_was_killed() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let ended = project(directory.path(), |web| web).up();
        let kept = helpers(directory.path());
        let ended = ended.kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("2 processes kept");
        outlives(checkout, kept);
        checkout.leaves_nothing();
        end(kept);
    });
}

#[test]
fn a_service_that_leaves_only_what_is_kept_has_ended() {
    fenced(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let go = directory.path().join("go");
        let up = project(directory.path(), |web| web.awaits(&go).exits(0)).launch();
        let kept = helpers(directory.path());
        std::fs::write(&go, "").expect("a file can be written");
        let checkout = up.checkout().clone();
        let _ = up.ends_with(Exit::Ok);
        outlives(&checkout, kept);
        end(kept);
    });
}

/// A service that asks for a helper does not get it below itself.
#[test]
fn what_is_detached_is_nobodys() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let checkout = up.checkout().clone();
        let registry = checkout.beside("helper.registry");
        let puppet = binary("puppet").display().to_string();
        let words = ["detach", "--", &puppet, &registry.to_string_lossy(), "-", "helper"];
        let said = checkout.call(&words).ends_with(Exit::Ok).out();
        let pid: u32 = said.trim().parse().expect("it says the pid");
        let helper = Process::with_pid(pid).expect("it lives");
        checkout.welcome("the helper", helper);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("nothing to do");
        assert!(helper.lives());
        helper.signal(Signal::SIGKILL);
        let _ = checkout.call(&words).ends_with(Exit::NotRunning);
    });
}
