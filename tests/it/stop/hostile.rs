//! A ledger that somebody has prepared: nobody is signalled on its word, it is
//! said why it is not believed, and everything of ours is found by other means.

use crate::harness::process::Process;
use crate::harness::{
    Checkout, Ended, Exit, Project, fenced, fenced_with_users, full_daemon, puppet,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};

fn project() -> Project {
    let hidden = puppet().orphan(full_daemon());
    Project::new().grace_ms(300).service("web", hidden).service("db", puppet())
}

/// A run whose supervisor, forker and guards were killed.
fn dead_run() -> Checkout {
    project().up().kills_all_of_devsup().finish().checkout().clone()
}

/// `down` goes through and everything is gone.
fn cleans(checkout: &Checkout) -> Ended {
    let ended = checkout.down(&[]).ends_with(Exit::Ok);
    checkout.leaves_nothing();
    ended
}

#[test]
fn numbers_that_are_nobodys_or_everybodys() {
    fenced(|| {
        for number in ["0", "1", "-1", "-2147483648", "4294967297", "1e3", "\"12\"", "null"] {
            crate::harness::say(number);
            let checkout = dead_run();
            let web = format!("\"pid\": {}", checkout.process("web").pid);
            let text = checkout.ledger_text("run.json");
            checkout.write_ledger("run.json", &text.replace(&web, &format!("\"pid\": {number}")));
            let _ = cleans(&checkout).says("not believed");
        }
    });
}

/// Ours, our parent's, and that of the init of everything.
#[test]
fn a_group_or_a_session_that_is_not_the_leaders() {
    fenced(|| {
        let own = std::process::id();
        for field in ["pgid", "sid"] {
            for number in [0, 1, own] {
                let checkout = dead_run();
                let web = format!("\"{field}\": {}", checkout.process("web").pid);
                let text = checkout.ledger_text("run.json");
                let forged = text.replace(&web, &format!("\"{field}\": {number}"));
                assert_ne!(text, forged);
                checkout.write_ledger("run.json", &forged);
                let _ = cleans(&checkout).says("not believed");
            }
        }
    });
}

/// Everything fits but the start: the number is a stranger's by now.
#[test]
fn the_number_of_a_stranger() {
    fenced_with_users(|| {
        for user in [1, 0] {
            let checkout = dead_run_of(user);
            let mut sleeper = std::process::Command::new("sleep");
            let mut other = std::os::unix::process::CommandExt::uid(&mut sleeper, 2)
                .arg("600")
                .spawn()
                .expect("a stranger can be started");
            let stranger = Process::with_pid(other.id()).expect("it lives");
            checkout.welcome("another user's process", stranger);
            let web = checkout.process("web").pid.to_string();
            let text = checkout.ledger_text("run.json").replace(&web, &stranger.pid.to_string());
            checkout.write_ledger("run.json", &text);
            let _ = cleans(&checkout);
            other.kill().and_then(|()| other.wait()).expect("it is our child");
        }
    });
}

fn dead_run_of(user: u32) -> Checkout {
    project().of_user(user).up().kills_all_of_devsup().finish().checkout().clone()
}

#[test]
fn what_is_no_file_of_ours() {
    fenced(|| {
        type Put = fn(&Checkout);
        let puts: [(&str, Put); 6] = [
            ("no regular file", |checkout| {
                let record = checkout.ledger("run.json");
                let away = checkout.beside("away");
                fs::rename(&record, &away).and_then(|()| symlink(away, record)).expect("a link");
            }),
            ("no regular file", |checkout| {
                fs::remove_file(checkout.ledger("run.json")).expect("it was there");
                let mut mkfifo = std::process::Command::new("mkfifo");
                let made = mkfifo.arg(checkout.ledger("run.json")).status();
                assert!(made.is_ok_and(|status| status.success()));
            }),
            ("no regular file", |checkout| {
                fs::remove_file(checkout.ledger("run.json"))
                    .and_then(|()| fs::create_dir(checkout.ledger("run.json")))
                    .expect("a directory");
            }),
            ("too large", |checkout| {
                let file = fs::File::options().write(true).open(checkout.ledger("run.json"));
                file.and_then(|file| file.set_len(1 << 40)).expect("a large file");
            }),
            ("others may write it", |checkout| {
                let mode = Permissions::from_mode(0o666);
                fs::set_permissions(checkout.ledger("run.json"), mode).expect("it is ours");
            }),
            ("damaged", |checkout| checkout.write_ledger("run.json", &"[".repeat(100_000))),
        ];
        for (why, put) in puts {
            crate::harness::say(why);
            let checkout = dead_run();
            put(&checkout);
            let _ = checkout.down(&[]).ends_with(Exit::Ok).says(why);
            assert_eq!(checkout.puppets_alive(), 0);
            // A directory can't be removed like a record, and is nobody's harm.
            let _ = fs::remove_dir(checkout.ledger("run.json"));
            let _ = checkout.down(&[]).ends_with(Exit::Ok);
            checkout.leaves_nothing();
        }
    });
}

/// A directory that everybody may write, or that somebody else has made.
#[test]
fn a_directory_that_is_not_ours_alone() {
    fenced_with_users(|| {
        let open = dead_run_of(1);
        let records = open.root().join(".pids");
        fs::set_permissions(&records, Permissions::from_mode(0o777)).expect("we are root");
        let _ = open.down(&[]).ends_with(Exit::Ok);
        assert_eq!(open.puppets_alive(), 0);
        let foreign = dead_run_of(1);
        let records = foreign.root().join(".pids");
        chown(&records, Some(2), Some(2)).expect("we are root");
        let _ = foreign.down(&[]).ends_with(Exit::Ok);
        assert_eq!(foreign.puppets_alive(), 0);
    });
}

/// Cut off at so many places, it names nobody; the reader's own tests cut at
/// every byte.
#[test]
fn cut_off_anywhere() {
    fenced(|| {
        let checkout = dead_run();
        let whole = checkout.ledger_text("run.json");
        let before = checkout.puppets_alive();
        for end in (0..whole.len()).step_by(37) {
            checkout.write_ledger("run.json", &whole[..end]);
            let _ = checkout.down(&["--dry-run"]).ends_with(Exit::Ok).says("not believed");
        }
        assert_eq!(checkout.puppets_alive(), before);
        checkout.write_ledger("run.json", &whole[..whole.len() / 3]);
        let _ = cleans(&checkout).says("not believed");
    });
}
