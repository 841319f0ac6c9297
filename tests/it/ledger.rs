//! The ledger as others read it, and as an input that may be anything.

use crate::harness::process::table;
use crate::harness::{Checkout, Exit, Project, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// Two services, one of which does all it can not to be found.
fn project() -> Project {
    let hidden = puppet().orphan(full_daemon());
    Project::new().grace_ms(300).service("web", hidden).service("db", puppet())
}

/// A run whose supervisor, forker and guards were killed.
fn dead_run() -> Checkout {
    project().up().kills_all_of_devsup().finish().checkout().clone()
}

#[test]
fn a_shell_script_can_read_it() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let (web, db) = (checkout.process("web").pid, checkout.process("db").pid);
        let lines = |name: &str| {
            let mut lines: Vec<String> =
                checkout.ledger_text(name).lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let mut pids = [web.to_string(), db.to_string()];
        pids.sort();
        assert_eq!(lines("services.pids"), pids);
        let mut groups = [format!("PGID:web:{web}"), format!("PGID:db:{db}")];
        groups.sort();
        assert_eq!(lines("services.pids.groups"), groups);
        let names = [format!("db:{db}"), format!("web:{web}")];
        assert_eq!(lines("services.pids.services"), names);
        assert_eq!(checkout.ledger_text(".gitignore").trim(), "*");
        let mode = fs::metadata(checkout.root().join(".pids")).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
        let run: serde_json::Value =
            serde_json::from_str(&checkout.ledger_text("run.json")).expect("it is JSON");
        assert!(run.is_object());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Whatever stands there, everything is found by other means, and nobody is
/// signalled because a broken file says so.
#[test]
fn corrupt() {
    let nonsense = ["", "nonsense", "{\"version\": 1", "[]", "{}", "null", "\u{0}\u{1}\u{2}"];
    fenced(move || {
        for text in nonsense {
            crate::harness::say(&format!("the ledger is {text:?}"));
            let checkout = dead_run();
            checkout.write_ledger("run.json", text);
            let _ = checkout.down(&[]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}

#[test]
fn cut_short() {
    fenced(|| {
        let checkout = dead_run();
        let whole = checkout.ledger_text("run.json");
        checkout.write_ledger("run.json", &whole[..whole.len() / 2]);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn gone() {
    fenced(|| {
        let checkout = dead_run();
        fs::remove_file(checkout.ledger("run.json")).expect("it was there");
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

/// Every pid in it is somebody else's.
#[test]
fn hostile() {
    fenced(|| {
        let checkout = dead_run();
        let mut text = checkout.ledger_text("run.json");
        let strangers = strangers(&checkout);
        for (role, stranger) in ["web", "db"].into_iter().zip(&strangers) {
            text = text.replace(&checkout.process(role).pid.to_string(), &stranger.to_string());
        }
        checkout.write_ledger("run.json", &text);
        let pids: String = strangers.iter().map(|pid| format!("{pid}\n")).collect();
        checkout.write_ledger("services.pids", &pids);
        checkout.write_ledger("services.pids.groups", &pids.replace('\n', ":x:1\n-1:x:0\n0:x:1\n"));
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn of_another_boot() {
    fenced(|| {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux has one");
        let checkout = dead_run();
        let text = checkout.ledger_text("run.json");
        assert!(text.contains(boot.trim()), "the ledger does not know its boot");
        for role in ["web", "db", "web/1/1"] {
            checkout.process(role).signal(Signal::SIGKILL);
        }
        checkout.wait_until_empty();
        // Since the other boot its pids have gone to somebody else.
        let mut text = text.replace(boot.trim(), "01234567-89ab-cdef-0123-456789abcdef");
        for (role, stranger) in ["web", "db"].into_iter().zip(strangers(&checkout)) {
            text = text.replace(&checkout.process(role).pid.to_string(), &stranger.to_string());
        }
        checkout.write_ledger("run.json", &text);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn symlinked_elsewhere() {
    fenced(|| {
        let checkout = project().check_out();
        let victim = checkout.beside("victim");
        fs::create_dir(&victim)
            .and_then(|()| fs::write(victim.join("run.json"), "precious"))
            .expect("it can be written");
        symlink(&victim, checkout.root().join(".pids")).expect("a link can be made");
        let _ = checkout.down(&[]);
        let kept = fs::read_to_string(victim.join("run.json")).expect("it was not removed");
        assert_eq!(kept, "precious");
    });
}

/// Pids of processes in the fence that are none of the project's.
fn strangers(checkout: &Checkout) -> Vec<i32> {
    let project = checkout.root().to_string_lossy().into_owned();
    let table = table().into_iter();
    table
        .filter(|entry| entry.command.contains(&project) && entry.name != "puppet")
        .map(|entry| entry.process.pid)
        .collect()
}
