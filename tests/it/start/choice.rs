//! Which of the services are started, and how many of each.

use crate::harness::wait::until_so;
use crate::harness::{Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;

/// `web` needs `api`, which needs `db`; `worker` needs nobody.
fn project() -> Project {
    Project::new()
        .service("web", puppet())
        .depends("web", "api")
        .with("web", "tags: [front]")
        .service("api", puppet())
        .depends("api", "db")
        .with("api", "tags: [back]")
        .service("db", puppet())
        .service("worker", puppet())
        .with("worker", "tags: [back, slow]")
}

/// With these arguments to `up`, exactly these are started.
fn starts(arguments: &str, wanted: &[&str]) {
    let checkout = project().flag(arguments).check_out();
    let up = checkout.launch().sees(" up in ");
    until_so("they have settled", || checkout.roles_that("settled").len() == wanted.len());
    let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    let mut born = ended.checkout().roles_that("born-recorded");
    born.sort();
    assert_eq!(born, wanted, "with {arguments}");
}

#[test]
fn names_bring_what_they_depend_on() {
    fenced(|| {
        starts("api", &["api", "db"]);
        starts("worker db", &["db", "worker"]);
    });
}

#[test]
fn no_deps_brings_the_names_alone() {
    fenced(|| starts("--no-deps api", &["api"]));
}

#[test]
fn except_leaves_one_out() {
    fenced(|| {
        starts("-x worker", &["api", "db", "web"]);
        starts("--except worker,web", &["api", "db"]);
    });
}

#[test]
fn tags_bring_what_they_depend_on() {
    fenced(|| {
        starts("--tag slow", &["worker"]);
        starts("--tag back", &["api", "db", "worker"]);
    });
}

#[test]
fn a_name_that_is_not_there_is_a_mistake_of_usage() {
    fenced(|| {
        let ended = project().flag("wbe").launch().ends_with(Exit::Usage).leaves_nothing();
        assert_eq!(ended.checkout().events(), []);
        let _ = ended.says("`wbe`").says("did you mean `web`?");
    });
}

#[test]
fn a_formation_says_how_many() {
    fenced(|| {
        let web = puppet().prints_env("DEVSUP_INSTANCE").prints_env("PORT").prints_env("PS");
        let project = Project::new().procfile().service("web", web);
        let project = project.service("worker", puppet()).service("last", puppet());
        let up = project.flag("-m web=2,worker=0").launch().sees(" up in ");
        let up = up
            .sees("web.1 | DEVSUP_INSTANCE=web.1\n")
            .sees("web.1 | PORT=5000\n")
            .sees("web.1 | PS=web.1\n")
            .sees("web.2 | DEVSUP_INSTANCE=web.2\n")
            .sees("web.2 | PORT=5001\n")
            .sees("web.2 | PS=web.2\n");
        until_so("they have settled", || up.checkout().roles_that("settled").len() == 3);
        assert!(!up.checkout().roles_that("settled").contains(&"worker".to_owned()));
        let logs = ["web.1", "web.2", "last"].map(|name| format!("logs/{name}.log"));
        assert!(up.checkout().ledger(&logs[0]).exists() && up.checkout().ledger(&logs[1]).exists());
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn replicas_of_the_file_are_instances() {
    fenced(|| {
        let web = puppet().prints_env("DEVSUP_INSTANCE");
        let project = Project::new().service("web", web).with("web", "replicas: 3");
        let up = project.launch().sees("3 services are up in ");
        let up = up.sees("web.1 | DEVSUP_INSTANCE=web.1").sees("web.3 | DEVSUP_INSTANCE=web.3");
        until_so("they have settled", || up.checkout().roles_that("settled").len() == 3);
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
