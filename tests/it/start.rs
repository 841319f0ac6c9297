//! What starts, in which order, with what, and what is said when it does not.

use crate::harness::{Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// `up` of a project that comes to its end by itself.
fn ends_alone(project: Project, exit: Exit) -> crate::harness::Ended {
    project.launch().ends_with(exit).leaves_nothing()
}

#[test]
fn a_procfile_ends_with_the_first_that_ends_and_its_code() {
    fenced(|| {
        let project = Project::new().procfile().service("web", puppet().exits(7));
        ends_alone(project.service("db", puppet()), Exit::Code(7)).says("exit 7");
    });
}

#[test]
fn a_procfile_ends_well_with_one_that_ends_well() {
    fenced(|| {
        let project = Project::new().procfile().service("web", puppet().exits(0));
        let _ = ends_alone(project.service("db", puppet()), Exit::Ok);
    });
}

#[test]
fn in_yaml_the_others_go_on() {
    fenced(|| {
        let up = Project::new().service("web", puppet().exits(7)).service("db", puppet()).up();
        let up = up.sees("exit 7");
        assert!(up.checkout().process("db").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn abort_on_failure_passes_the_code_on() {
    fenced(|| {
        let project = Project::new().flag("--abort-on-failure").service("db", puppet());
        let _ = ends_alone(project.service("web", puppet().naps(30).exits(9)), Exit::Code(9));
    });
}

#[test]
fn abort_on_failure_lets_what_ends_well_go() {
    fenced(|| {
        let project = Project::new().flag("--abort-on-failure").service("db", puppet());
        let up = project.service("web", puppet().exits(0)).up().sees("web completed");
        assert!(up.checkout().process("db").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn abort_on_exit_ends_with_one_that_ends_well() {
    fenced(|| {
        let project = Project::new().flag("--abort-on-exit").service("db", puppet());
        let _ = ends_alone(project.service("web", puppet().exits(0)), Exit::Ok);
    });
}

#[test]
fn ends_are_decoded() {
    fenced(|| {
        let project = Project::new()
            .service("code", puppet().exits(3))
            .service("killed", puppet().dies("KILL"))
            .service("aborted", puppet().dies("ABRT"));
        ends_alone(project, Exit::Error).says("exit 3").says("SIGKILL").says("SIGABRT");
    });
}

#[test]
fn dependencies_start_first() {
    fenced(|| {
        let up = Project::new()
            .service("web", puppet())
            .service("api", puppet())
            .service("db", puppet())
            .depends("web", "api")
            .depends("api", "db")
            .up();
        let pid = |role| up.checkout().process(role).pid;
        assert!(pid("db") < pid("api") && pid("api") < pid("web"));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The one-shot ends only when the test has seen that nobody ran ahead.
#[test]
fn a_one_shot_is_waited_for() {
    fenced(|| {
        let directory = tempfile::TempDir::new().expect("a directory can be made");
        let go = directory.path().join("go");
        let up = Project::new()
            .service(
                "migrate",
                puppet().touches(&directory.path().join("there")).awaits(&go).exits(0),
            )
            .service("web", puppet())
            .depends_on_end("web", "migrate")
            .launch();
        let up = up.waits_until("the migration runs", || directory.path().join("there").exists());
        assert!(up.checkout().roles_that("settled").is_empty());
        fs::write(&go, "").expect("it can be written");
        up.checkout().wait_until_settled();
        assert_eq!(up.checkout().roles_that("settled"), ["migrate", "web"]);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_one_shot_that_fails_keeps_its_dependents_from_starting() {
    fenced(|| {
        let up = Project::new()
            .service("migrate", puppet().exits(1))
            .service("web", puppet())
            .service("other", puppet())
            .depends_on_end("web", "migrate")
            .launch()
            .sees("web is not started");
        let up = up.waits_until("`other` runs", || true);
        let checkout = up.checkout().clone();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        assert!(!checkout.roles_that("born-recorded").contains(&"web".to_owned()));
        let _ = ended.says("migrate");
    });
}

/// One message that names the service, the cause and what can be done.
fn cannot_start(project: Project, words: &[&str]) {
    let up = project.service("other", puppet()).up().sees("can't start");
    assert!(up.checkout().process("other").lives(), "the others go on");
    let mut ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    for word in words {
        ended = ended.says(word);
    }
}

#[test]
fn not_found_is_said() {
    fenced(|| {
        let project = Project::new().command("web", "[/no/such/program, --flag]");
        cannot_start(project, &["web", "/no/such/program", "not found"]);
    });
}

#[test]
fn not_found_in_the_path_is_said() {
    fenced(|| {
        let project = Project::new().command("web", "[no-such-program]");
        cannot_start(project, &["web", "no-such-program", "not found"]);
    });
}

#[test]
fn not_executable_is_said() {
    fenced(|| {
        let directory = tempfile::TempDir::new().expect("a directory can be made");
        let file = directory.path().join("script");
        fs::write(&file, "#!/bin/sh\n").expect("it can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
        let project = Project::new().command("web", &format!("[{}]", file.display()));
        cannot_start(project, &["web", "script", "executable"]);
    });
}

#[test]
fn a_missing_directory_is_said() {
    fenced(|| {
        let project = Project::new().command("web", "[sleep, 600]");
        cannot_start(project.with("web", "working_dir: no/such/place"), &["web", "no/such/place"]);
    });
}

#[test]
fn a_procfile_whose_command_is_not_there_ends() {
    fenced(|| {
        let project = Project::new().procfile().command("web", "no-such-program --flag");
        let ended = project.service("db", puppet()).launch().finish().leaves_nothing();
        let _ = ended.says("web").says("no-such-program");
    });
}

/// While it runs, too: what a leader leaves behind is stopped before its end
/// is told.
#[test]
fn a_leader_that_ends_takes_its_tree_along() {
    fenced(|| {
        let web = puppet().child(puppet().ignores("TERM").setsid()).naps(50).exits(4);
        let up = Project::new().grace_ms(200).service("web", web).service("db", puppet()).up();
        let up = up.sees("exit 4");
        assert!(!up.checkout().process("web/1").lives());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn everything_ended_is_the_end() {
    fenced(|| {
        let project = Project::new().service("one", puppet().exits(0));
        let _ = ends_alone(project.service("two", puppet().exits(0)), Exit::Ok);
    });
}

#[test]
fn only_what_is_named_and_what_it_needs() {
    fenced(|| {
        let up = Project::new()
            .service("db", puppet())
            .service("web", puppet())
            .service("other", puppet())
            .depends("web", "db")
            .flag("web")
            .launch();
        let checkout = up.checkout().clone();
        let up = up.waits_until("both run", || checkout.roles_that("settled").len() == 2);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let mut ran = checkout.roles_that("born-recorded");
        ran.sort();
        assert_eq!(ran, ["db", "web"]);
    });
}

#[test]
fn services_are_told_who_they_are() {
    fenced(|| {
        let web = puppet()
            .prints_env("DEVSUP_SERVICE")
            .prints_env("DEVSUP_PROJECT")
            .prints_env("DEVSUP_INSTANCE")
            .prints_env("DEVSUP_COLOR")
            .prints_env("PORT")
            .prints_env("PS");
        let project = Project::new().procfile().env("DEVSUP_COLOR", "never").service("web", web);
        let up = project.up().sees("PS=web.1");
        up.signal(Signal::SIGINT)
            .ends_with(Exit::Ok)
            .says("DEVSUP_SERVICE=web")
            .says("DEVSUP_PROJECT=shop")
            .says("DEVSUP_INSTANCE=web")
            .says("DEVSUP_COLOR is not set")
            .says("PORT=5000")
            .leaves_nothing();
    });
}

#[test]
fn the_summary_names_each_service_with_its_pid() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).service("db", puppet()).up();
        let pid = |role: &str| up.checkout().process(role).pid.to_string();
        let (web, db) = (pid("web"), pid("db"));
        let summary = regex::Regex::new(&format!("(?s)web .*{web}.*db .*{db}"));
        let summary = summary.expect("the pattern is sound");
        let up = up.sees("Ctrl-C");
        assert!(summary.is_match(&up.text()));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_second_up_does_not_harm_the_first() {
    fenced(|| {
        let up = Project::new().service("web", puppet()).up();
        let second = up.checkout().start(&["up"]).finish();
        let up = up.still_runs();
        let _ = second.never_says("panicked");
        assert_eq!(up.checkout().roles_that("born-recorded"), ["web"]);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn mistakes_are_told_and_nothing_starts() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).line("sevrices: {}").check_out();
        let _ = checkout.call(&["up"]).ends_with(Exit::Config).says("sevrices").leaves_nothing();
        let _ = checkout.call(&["check"]).ends_with(Exit::Config).says("sevrices");
        assert!(checkout.events().is_empty());
    });
}

#[test]
fn check_is_content_with_a_sound_file() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["check"]).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn nonsense_on_the_command_line_is_usage() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["up", "--no-such-flag"]).ends_with(Exit::Usage);
    });
}
