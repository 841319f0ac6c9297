//! What is written down, what an earlier run left, and many at once.

use crate::harness::process::{Process, table};
use crate::harness::wait::{until, until_so};
use crate::harness::{Exit, Project, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn shell_scripts_can_read_who_runs() {
    fenced(|| {
        let project = Project::new().service("web", puppet()).service("api", puppet());
        let up = project.service("seed", puppet().exits(0)).up().sees("seed completed");
        let checkout = up.checkout();
        // The record of the one that ended goes just behind its notice.
        until_so("the third is forgotten", || {
            checkout.ledger_text("services.pids").lines().count() == 2
        });
        until_so("the rest is written", || {
            !checkout.ledger_text("services.pids.services").contains("seed")
        });
        let mut pids = vec![];
        for line in checkout.ledger_text("services.pids.services").lines() {
            let (name, pid) = line.split_once(':').expect("a name and a pid");
            assert_eq!(pid, checkout.process(name).pid.to_string());
            pids.push((name.to_owned(), pid.to_owned()));
        }
        let text =
            |line: fn(&(String, String)) -> String| pids.iter().map(line).collect::<String>();
        assert_eq!(checkout.ledger_text("services.pids"), text(|(_, pid)| format!("{pid}\n")));
        let groups = text(|(name, pid)| format!("PGID:{name}:{pid}\n"));
        assert_eq!(checkout.ledger_text("services.pids.groups"), groups);
        let services = text(|(name, pid)| format!("{name}:{pid}\n"));
        assert_eq!(checkout.ledger_text("services.pids.services"), services);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn the_records_are_private_and_no_business_of_git() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let meta = fs::metadata(up.checkout().ledger("")).expect("it is there");
        assert_eq!(meta.permissions().mode() & 0o777, 0o700);
        assert_eq!(up.checkout().ledger_text(".gitignore"), "*\n");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_second_up_looks_on_and_the_first_lives_on() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let second = up.checkout().launch().sees("runs already (supervisor pid ");
        let second = second.sees("web  up to date").signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = second.says("the services go on (`devsup down` stops them)");
        let up = up.is_well();
        let started = up.checkout().roles_that("born-recorded");
        assert_eq!(started, ["web"]);
        assert!(up.checkout().ledger("run.json").exists());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Two that begin in the same moment: one of them runs, the other looks on.
#[test]
fn of_two_ups_at_once_one_runs() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let both = [checkout.launch(), checkout.launch()];
        until_so("one looks on", || both.iter().any(|up| up.text().contains("runs already")));
        let [one, other] = both;
        let first_runs = other.text().contains("runs already");
        let (runs, looks_on) = if first_runs { (one, other) } else { (other, one) };
        let _ = looks_on.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let runs = runs.sees(" up in ");
        until_so("it runs", || checkout.roles_that("settled") == ["web"]);
        runs.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn an_up_behind_a_run_that_was_killed_cleans_up_first() {
    fenced(|| {
        let web = puppet().forks(2).orphan(full_daemon());
        let ended = Project::new().grace_ms(300).service("web", web).up().kills_all_of_devsup();
        let ended = ended.finish();
        let checkout = ended.checkout();
        let before: Vec<Process> = checkout.events().iter().map(|event| event.process).collect();
        assert!(before.iter().any(|process| process.lives()), "there was nothing to clean up");
        let up = checkout.launch().sees(" up in ");
        let left: Vec<_> = before.iter().filter(|process| process.lives()).collect();
        assert!(left.is_empty(), "these are of the earlier run: {left:?}");
        until_so("the new one has settled", || {
            checkout.roles_that("settled").iter().filter(|role| *role == "web").count() == 2
        });
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Far more than the forker takes at once.
#[test]
fn a_hundred_and_fifty_services() {
    fenced(|| {
        let names: Vec<String> = (1..=150).map(|number| format!("s{number}")).collect();
        let project = names.iter().fold(Project::new(), |all, name| all.service(name, puppet()));
        let up = project.up().sees("150 services are up in ");
        let services = up.checkout().ledger_text("services.pids.services");
        for name in &names {
            let line = format!("{name}:{}", up.checkout().process(name).pid);
            assert!(services.lines().any(|one| one == line), "`{line}` is missing");
        }
        assert_eq!(services.lines().count(), 150);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn where_the_project_is_read_only_the_records_are_elsewhere() {
    fenced(|| {
        let checkout = Project::new().command("web", "[sleep, '4711']").check_out();
        let set = |mode| {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(checkout.root(), permissions).expect("it is our own");
        };
        set(0o555);
        let up = checkout.launch().sees(" up in ");
        let home = std::env::var("HOME").expect("there is one");
        let state = format!("{home}/.local/state/devsup/");
        let lines = up.text();
        let told = lines.lines().filter(|line| line.contains(&state)).collect::<Vec<_>>();
        assert!(matches!(told[..], [line] if line.contains("records are kept in")), "{told:?}");
        let ledger = fs::read_dir(&state).expect("it is there").flatten().next();
        let ledger = ledger.expect("there is one project").path();
        let sleeper =
            until("it runs", || table().into_iter().find(|entry| entry.command == "sleep 4711"));
        let pid = sleeper.process.pid;
        let pids = fs::read_to_string(ledger.join("services.pids")).expect("it is there");
        assert_eq!(pids, format!("{pid}\n"));
        assert!(ledger.join("logs/web.log").parent().is_some_and(std::path::Path::is_dir));
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
        assert!(!ledger.join("run.json").exists());
        set(0o755);
    });
}
