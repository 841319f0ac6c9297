//! Which jobs are listed, found and killed.

use super::{bare, listed, process, start, status, wait};
use crate::harness::{Exit, fenced};
use serde_json::Value;

#[test]
fn any_of_the_tags_will_do() {
    fenced(|| {
        let checkout = bare();
        let build = start(&checkout, &["--tag", "build,critical", "--", "true"]);
        let watch =
            start(&checkout, &["--tag", "test", "--tag", "validation", "--", "sleep", "1000"]);
        let lint = start(&checkout, &["--", "sleep", "1000"]);
        wait(&checkout, &build);
        assert_eq!(listed(&checkout, &["--tag", "build,test"]), [build.clone(), watch.clone()]);
        assert_eq!(listed(&checkout, &["--tag", "validation"]), std::slice::from_ref(&watch));
        assert_eq!(listed(&checkout, &["--status", "running"]), [watch.clone(), lint.clone()]);
        assert_eq!(
            listed(&checkout, &["--status", "completed,failed"]),
            std::slice::from_ref(&build)
        );
        let _ = checkout.call(&["job", "kill", "--tag", "test"]).ends_with(Exit::Ok);
        assert_eq!(status(&checkout, &watch), "cancelled");
        assert_eq!(status(&checkout, &lint), "running");
        let _ = checkout.call(&["job", "kill", "--all"]).ends_with(Exit::Ok);
        assert_eq!(listed(&checkout, &["--status", "cancelled"]), [watch, lint]);
        assert_eq!(status(&checkout, &build), "completed");
        checkout.leaves_nothing();
    });
}

#[test]
fn the_table_and_the_json_have_the_last_line() {
    fenced(|| {
        let checkout = bare();
        let id = start(
            &checkout,
            &[
                "--name",
                "api",
                "--tag",
                "a",
                "--",
                "sh",
                "-c",
                "echo first; echo '\u{1b}[31mlast\u{1b}[0m'",
            ],
        );
        wait(&checkout, &id);
        let table = checkout.call(&["job", "ls"]).ends_with(Exit::Ok);
        let _ = table.says_in_order(&[
            "ID",
            "NAME",
            "STATUS",
            "TAGS",
            "PID",
            "COMMAND",
            "LAST LINE",
            &id,
            "api",
            "completed",
            "a",
            "sh -c",
            "last",
        ]);
        let json = checkout.call(&["job", "ls", "--json"]).ends_with(Exit::Ok).out();
        let all: Value = serde_json::from_str(&json).expect("an object");
        assert_eq!(all["version"], 1);
        let job = &all["jobs"][0];
        assert_eq!((&job["id"], &job["last_line"]), (&id.into(), &"last".into()));
        assert_eq!((&job["scope"], &job["tags"]), (&"project".into(), &serde_json::json!(["a"])));
        checkout.leaves_nothing();
    });
}

#[test]
fn a_job_is_found_by_id_by_its_beginning_and_by_a_name_that_only_it_has() {
    fenced(|| {
        let checkout = bare();
        let one = start(&checkout, &["--name", "alone", "--", "true"]);
        let two = start(&checkout, &["--name", "twin", "--", "true"]);
        let three = start(&checkout, &["--name", "twin", "--", "true"]);
        for id in [&one, &two, &three] {
            wait(&checkout, id);
            assert_eq!(super::show(&checkout, &id[..4])["id"], id.as_str());
        }
        assert_eq!(super::show(&checkout, "alone")["id"], one.as_str());
        let both = checkout.call(&["job", "show", "twin"]).ends_with(Exit::Usage);
        let _ = both.says(&two).says(&three).says("write the id");
        let _ = checkout
            .call(&["job", "show", "nobody"])
            .ends_with(Exit::Usage)
            .says("no job `nobody`");
        checkout.leaves_nothing();
    });
}

#[test]
fn a_dry_run_shows_who_would_be_stopped() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let command = process(&checkout, &id);
        let said = checkout.call(&["job", "kill", "--all", "--dry-run"]).ends_with(Exit::Ok);
        let _ = said.says(&format!("would stop  {:>7}", command.pid));
        assert!(command.lives());
        let _ = checkout.call(&["job", "kill", &id]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}

#[test]
fn of_an_unknown_job_nothing_is_killed() {
    fenced(|| {
        let checkout = bare();
        let id = start(&checkout, &["--", "sleep", "1000"]);
        let _ = checkout.call(&["job", "kill", &id, "nobody"]).ends_with(Exit::Usage);
        assert_eq!(status(&checkout, &id), "running");
        let _ = checkout.call(&["job", "kill"]).ends_with(Exit::Usage);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}
