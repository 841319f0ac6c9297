//! Services that cannot start: one message that says whose fault it is and the
//! way out, and no more of the project is lost than has to be.

use crate::harness::{Checkout, Ended, Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;

/// `page` needs `api`, which needs the one in trouble; `other` needs nobody.
fn project(command: &str) -> Project {
    Project::new()
        .command("web", command)
        .service("other", puppet())
        .service("api", puppet())
        .depends("api", "web")
        .service("page", puppet())
        .depends("page", "api")
}

/// Brings it up, looks that the others go on and those behind `web` never
/// began, and stops it.
fn others_go_on(checkout: &Checkout) -> Ended {
    let up = checkout.launch().sees(" up in ").waits_until("the other one has settled", || {
        checkout.roles_that("settled").contains(&"other".to_owned())
    });
    let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    assert_eq!(checkout.roles_that("born-recorded"), ["other"]);
    let times = ended.text().matches("can't start").count();
    assert_eq!(times, 1, "one trouble, one message");
    ended
}

#[test]
fn a_command_that_is_not_found() {
    fenced(|| {
        for command in ["no-such-program --flag", "[no-such-program, --flag]"] {
            let ended = others_go_on(&project(command).check_out());
            let _ =
                ended.says("web can't start: command not found: `no-such-program` (not in PATH");
        }
    });
}

#[test]
fn a_file_that_is_not_there() {
    fenced(|| {
        let checkout = project("./bin/web").check_out();
        let file = checkout.root().join("bin/web").display().to_string();
        let _ = others_go_on(&checkout)
            .says("web can't start: command not found: `./bin/web`")
            .says(&format!("(there is no {file})"));
    });
}

#[test]
fn a_file_that_is_not_executable() {
    fenced(|| {
        let checkout = project("./web.sh").check_out();
        checkout.write_script("web.sh", "#!/bin/sh\nexec sleep 600\n", 0o644);
        let _ = others_go_on(&checkout)
            .says("web can't start: `")
            .says("is not executable (try `chmod +x ")
            .says("web.sh`)");
    });
}

#[test]
fn a_script_whose_interpreter_is_missing() {
    fenced(|| {
        let checkout = project("[./web.sh]").check_out();
        checkout.write_script("web.sh", "#!/no/such/python\n", 0o755);
        let _ = others_go_on(&checkout)
            .says("web can't start: ")
            .says("there is no `/no/such/python`, which its first line names");
    });
}

#[test]
fn a_directory_that_is_missing() {
    fenced(|| {
        let project = project("sleep 600").with("web", "working_dir: nowhere");
        let _ = others_go_on(&project.check_out())
            .says("web can't start: `working_dir` ")
            .says("/shop/nowhere can't be entered: no such file or directory");
    });
}

/// As `execvp` does, and with it every shell and supervisor.
#[test]
fn a_script_without_an_interpreter_is_given_to_the_shell() {
    fenced(|| {
        for command in ["./web.sh one 'and two'", "[./web.sh, one, and two]"] {
            let checkout = Project::new().command("web", command).check_out();
            checkout.write_script("web.sh", "echo \"$# are $1, $2\"\n", 0o755);
            checkout.launch().ends_with(Exit::Ok).leaves_nothing().says("2 are one, and two");
        }
    });
}

#[test]
fn those_who_depend_on_it_are_named_with_their_path() {
    fenced(|| {
        let _ = others_go_on(&project("no-such-program").check_out())
            .says_in_order(&["web can't start", "api is not", "page is not", " up in "])
            .says("api is not started: it depends on web, which failed (api -> web)")
            .says("page is not started: it depends on web, which failed (page -> api -> web)")
            .says("1 service is up in ")
            .says("3 failed");
    });
}

#[test]
fn in_a_procfile_everything_stops() {
    fenced(|| {
        let project = Project::new().procfile().service("other", puppet());
        project
            .command("web", "no-such-program")
            .launch()
            .ends_with(Exit::Error)
            .leaves_nothing()
            .says("web can't start: command not found: `no-such-program`")
            .says("with a Procfile, one exit stops all");
    });
}

#[test]
fn with_abort_on_failure_everything_stops() {
    fenced(|| {
        project("no-such-program")
            .flag("--abort-on-failure")
            .launch()
            .ends_with(Exit::Error)
            .leaves_nothing()
            .says("web can't start")
            .says("all others are stopped, as asked")
            .never_says("is not started");
    });
}

/// A config with mistakes starts nothing at all.
#[test]
fn a_config_with_mistakes_starts_nobody() {
    fenced(|| {
        let project = Project::new().service("other", puppet()).command("web", "sleep 600");
        let ended = project.with("web", "restrat: always").launch().ends_with(Exit::Config);
        let ended = ended.leaves_nothing().says("restrat");
        assert_eq!(ended.checkout().events(), []);
        assert!(!ended.checkout().ledger("run.json").exists());
    });
}

/// The kernel refuses it only after its gate was opened; who needs it must not
/// have begun by then.
#[test]
fn a_program_that_the_kernel_refuses() {
    fenced(|| {
        let long = format!("environment: {{BIG: {}}}", "x".repeat(200_000));
        let checkout = project("sleep 600").with("web", &long).check_out();
        let _ = others_go_on(&checkout).says("web can't start: `/bin/sh` can't be executed");
    });
}
