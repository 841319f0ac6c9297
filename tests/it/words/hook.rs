//! `devsup hook`.

use super::desk;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const PACKAGE: &str = "{\n  \"scripts\": {\n    \"test\": \"true\"\n  }\n}\n";

#[test]
fn the_one_file_that_is_here_is_taken_and_left_as_it_was() {
    let desk = desk().file("package.json", PACKAGE);
    let said = desk.devsup(&["hook", "install"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("\n+    \"pretest\": \"devsup down --stale -q\",\n"), "{}", said.out);
    let again = desk.devsup(&["hook", "install", "npm"]);
    assert_eq!((again.out.as_str(), again.code), ("", Some(0)));
    assert!(again.err.contains("already"), "{}", again.err);
    let out = desk.devsup(&["hook", "uninstall"]).well();
    assert!(out.contains("\n-    \"pretest\""), "{out}");
    assert_eq!(desk.read("package.json"), PACKAGE);
    assert!(desk.devsup(&["hook", "uninstall"]).err.contains("there is no hook here"));
}

#[test]
fn a_dry_run_changes_nothing() {
    let desk = desk().file("Makefile", "test:\n\ttrue\n");
    let out = desk.devsup(&["hook", "install", "--dry-run"]).well();
    assert!(out.contains("+test: devsup-clean"), "{out}");
    assert_eq!(desk.read("Makefile"), "test:\n\ttrue\n");
}

#[test]
fn where_several_could_be_meant_or_none_it_asks() {
    let desk = desk().file("package.json", PACKAGE).file("Makefile", "test:\n\ttrue\n");
    let said = desk.devsup(&["hook", "install"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("`npm`, `make`") && said.err.contains("hint:"), "{}", said.err);
    let empty = super::desk().devsup(&["hook", "install"]);
    assert!(empty.err.contains("no file here that runs tests"), "{}", empty.err);
}

#[test]
fn git_runs_what_was_made_for_it() {
    let desk = desk();
    let made = Command::new("git").args(["init", "-q"]).current_dir(desk.path()).status();
    if !made.is_ok_and(|status| status.success()) {
        return crate::harness::say("no git here: not looked at");
    }
    let out = desk.devsup(&["hook", "install", "git"]).well();
    assert!(out.contains("+devsup down --stale -q || exit"), "{out}");
    let hook = desk.path().join(".git/hooks/pre-push");
    let rights = hook.metadata().expect("a file").permissions().mode();
    assert_eq!(rights & 0o111, 0o111);
    desk.devsup(&["hook", "uninstall", "git"]).well();
    assert!(!hook.exists());
}

/// make does what the hook says, before the tests.
#[test]
fn make_runs_it_first() {
    let desk = desk().file("Makefile", "test:\n\t@echo testing\n");
    desk.devsup(&["hook", "install"]).well();
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_devsup")).parent().expect("a parent");
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
    let mut make = Command::new("make");
    make.args(["-s", "--trace", "test"]).current_dir(desk.path()).env("PATH", path);
    let Ok(done) = make.env("HOME", desk.path()).output() else {
        return crate::harness::say("no make here: not looked at");
    };
    let said = String::from_utf8_lossy(&done.stdout);
    let (hook, test) = (said.find("down --stale -q"), said.rfind("testing"));
    assert!(done.status.success() && hook.is_some() && hook < test, "{said}");
}
