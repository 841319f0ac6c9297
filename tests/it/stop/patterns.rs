//! Leftovers that no run has marked, found by what they are called: killed in
//! the project, and nobody else.

use crate::harness::{Checkout, Exit, Project, fenced, full_daemon, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;

/// One of each pattern, as it shows in the process table.
const LINES: [(&str, &str); 11] = [
    ("npm run dev", "npm run dev"),
    ("npm run start", "npm run start"),
    ("npm start", "npm start"),
    ("npm run test", "npm run test:unit"),
    ("npm test", "npm test"),
    ("tsx watch", "node node_modules/.bin/tsx watch src/server.ts"),
    ("tsx.*run-agent", "node node_modules/tsx/dist/cli.mjs src/run-agent.ts"),
    ("vitest", "node (vitest 3)"),
    ("turbo run test", "turbo run test --filter=web"),
    ("pnpm run test", "pnpm run test"),
    ("esbuild", "node_modules/@esbuild/linux-x64/bin/esbuild --service=0.21.5 --ping"),
];

fn project() -> Project {
    Project::new().grace_ms(300).service("web", puppet().orphan(full_daemon()))
}

fn reports(checkout: &Checkout, arguments: &[&str]) -> Value {
    let ended = checkout.call(arguments).ends_with(Exit::Ok);
    serde_json::from_str(&ended.out()).expect("standard output is one JSON value")
}

/// What the report says of a process.
fn told<'a>(report: &'a Value, list: &str, pid: i32) -> Option<&'a Value> {
    report[list].as_array()?.iter().find(|one| one["pid"] == pid)
}

#[test]
fn every_pattern_hits_orphans_of_the_project_alone() {
    fenced(|| {
        for (pattern, line) in LINES {
            crate::harness::say(pattern);
            let checkout = project().check_out();
            let left = checkout.bait(line).orphaned();
            let outside = checkout.bait(line).runs_in(checkout.beside("elsewhere")).orphaned();
            let outside = outside.is_a_bystander(&checkout, "orphan elsewhere");
            let typed =
                checkout.bait(line).in_terminal().is_a_bystander(&checkout, "in a terminal");
            let child =
                checkout.bait(line).attended().is_a_bystander(&checkout, "somebody's child");
            let agent = checkout.bait("agent").says(&[line]).orphaned();
            let agent = agent.is_a_bystander(&checkout, "an agent told about it");
            let editor = checkout.bait("vim").says(&[line]).orphaned();
            let editor = editor.is_a_bystander(&checkout, "an editor");
            let report = reports(&checkout, &["down", "--json"]);
            left.is_gone(pattern);
            checkout.leaves_nothing();
            let hit = told(&report, "hits", left.process.pid).expect("it is reported");
            assert_eq!(
                (&hit["verdict"], &hit["evidence"][0]),
                (&"killed".into(), &"pattern".into())
            );
            assert!(hit["reason"].as_str().is_some_and(|why| why.contains(pattern)), "{hit}");
            for spared in [&outside, &typed, &child, &editor, &agent] {
                let told = told(&report, "spared", spared.process.pid).expect("it is reported");
                assert_eq!(told["verdict"], "spared", "{told}");
                assert!(told["reason"].as_str().is_some_and(|why| !why.is_empty()), "{told}");
            }
        }
    });
}

/// With a run, by its own end and by `down`; without any, by `sweep`.
#[test]
fn every_way_down_looks_for_them() {
    fenced(|| {
        let up = project().up();
        let left = up.checkout().bait("npm test").orphaned();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).says("npm test").leaves_nothing();
        left.is_gone("after Ctrl-C");
        let up = project().up();
        let left = up.checkout().bait("npm test").orphaned();
        let _ = up.checkout().down(&[]).ends_with(Exit::Ok);
        up.ends_with(Exit::Ok).leaves_nothing();
        left.is_gone("after down");
        let checkout = project().check_out();
        let left = checkout.bait("npm test").orphaned();
        let _ = checkout.call(&["sweep"]).ends_with(Exit::Ok);
        left.is_gone("after sweep");
        checkout.leaves_nothing();
    });
}

#[test]
fn a_start_ends_nobody_by_pattern() {
    fenced(|| {
        let checkout = project().check_out();
        let left = checkout.bait("npm run dev").orphaned();
        let up = checkout.up();
        assert!(left.process.lives(), "a start is no stop");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        left.is_gone("after the stop");
    });
}

#[test]
fn patterns_of_the_project_are_added_and_what_is_protected_is_spared() {
    fenced(|| {
        let project = Project::new().service("web", puppet()).line(
            "shutdown: {grace: 300ms, patterns: ['my-worker .*--slow'], protect: [important.js]}",
        );
        let checkout = project.check_out();
        let own = checkout.bait("my-worker --very --slow").orphaned();
        let known = checkout.bait("npm run dev").orphaned();
        let spared = checkout.bait("npm start").says(&["/x/important.js"]).orphaned();
        let spared = spared.is_a_bystander(&checkout, "protected");
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("important.js");
        own.is_gone("the project's own pattern");
        known.is_gone("a known pattern");
        assert!(spared.process.lives());
        checkout.leaves_nothing();
    });
}

#[test]
fn a_run_in_another_terminal_is_named_and_taken_when_asked_for() {
    fenced(|| {
        let checkout = project().check_out();
        let typed = checkout.bait("npm test").in_terminal();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("nothing to do").says("on a terminal");
        assert!(typed.process.lives());
        let editor = checkout.bait("vim").says(&["vitest"]).in_terminal();
        let editor = editor.is_a_bystander(&checkout, "editor");
        let _ = checkout.down(&["--sweep-attached"]).ends_with(Exit::Ok);
        assert!(!typed.process.lives() && editor.process.lives());
        checkout.leaves_nothing();
    });
}

#[test]
fn a_checkout_inside_the_project_is_another_one() {
    fenced(|| {
        let checkout = project().check_out();
        let tree = checkout.root().join("trees/feature/web");
        std::fs::create_dir_all(&tree).expect("it can be made");
        std::fs::write(checkout.root().join("trees/feature/.git"), "gitdir: x").expect("a file");
        let theirs = checkout.bait("npm run dev").runs_in(tree).orphaned();
        let _theirs = theirs.is_a_bystander(&checkout, "another worktree");
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("nothing to do");
        checkout.leaves_nothing();
    });
}

/// Whatever is protected can't be known then.
#[test]
fn a_broken_config_hits_nobody_by_pattern() {
    fenced(|| {
        let checkout = project().check_out();
        let left = checkout.bait("npm run dev").orphaned();
        checkout.write("devsup.yaml", "services: {web: {comand: x}}");
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("devsup check");
        assert!(left.process.lives());
    });
}

#[test]
fn a_directory_that_is_no_project_is_nobodys() {
    fenced(|| {
        let checkout = project().check_out();
        std::fs::remove_file(checkout.root().join("devsup.yaml")).expect("it was there");
        let left = checkout.bait("npm run dev").orphaned();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        assert!(left.process.lives());
    });
}

#[test]
fn a_rehearsal_names_everybody_and_hits_nobody() {
    fenced(|| {
        let up = project().up();
        let checkout = up.checkout().clone();
        let left = checkout.bait("npm run dev").orphaned();
        let typed = checkout.bait("npm test").in_terminal();
        let report = reports(&checkout, &["down", "--dry-run", "--json"]);
        let verdict = |list: &str, pid: i32| {
            told(&report, list, pid).and_then(|one| one["verdict"].as_str()).map(str::to_owned)
        };
        assert_eq!(verdict("hits", left.process.pid).as_deref(), Some("would_stop"));
        assert_eq!(verdict("spared", typed.process.pid).as_deref(), Some("spared"));
        let web = checkout.process("web").pid;
        assert_eq!(verdict("hits", web).as_deref(), Some("would_stop"));
        let suspects = report["spared"].as_array().into_iter().flatten();
        assert!(suspects.filter(|one| one["verdict"] == "suspect").count() > 2, "{report}");
        for list in ["hits", "spared"] {
            for one in report[list].as_array().into_iter().flatten() {
                for field in ["pid", "name", "command", "evidence", "verdict", "reason"] {
                    assert!(!one[field].is_null(), "`{field}` is missing in {one}");
                }
                assert!(one["evidence"].as_array().is_some_and(|all| !all.is_empty()), "{one}");
            }
        }
        assert!(left.process.lives() && typed.process.lives());
        up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok);
        left.is_gone("after the stop");
    });
}
