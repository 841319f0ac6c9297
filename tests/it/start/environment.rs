//! The environment a service finds.

use crate::harness::{Exit, Project, Puppet, fenced, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;

/// A puppet that prints all of these and ends.
fn printer(names: &[&str]) -> Puppet {
    names.iter().fold(puppet(), |puppet, name| puppet.prints_env(name)).exits(0)
}

/// Says exactly these lines of `web`, and ends by itself.
fn prints(project: Project, wanted: &[&str]) {
    prints_beside(&project.check_out(), wanted);
}

fn prints_beside(checkout: &crate::harness::Checkout, wanted: &[&str]) {
    let ended = checkout.launch().ends_with(Exit::Ok).leaves_nothing();
    let said = ended.out();
    let said: Vec<&str> = said
        .lines()
        .filter_map(|line| Some(line.strip_prefix("web")?.split_once("| ")?.1))
        .collect();
    assert_eq!(said, wanted);
}

#[test]
fn a_service_is_told_who_it_is() {
    fenced(|| {
        let names = ["DEVSUP_PROJECT", "DEVSUP_SERVICE", "DEVSUP_INSTANCE", "PS", "PORT"];
        let project = Project::new().line("name: store").service("web", printer(&names));
        let wanted = [
            "DEVSUP_PROJECT=store",
            "DEVSUP_SERVICE=web",
            "DEVSUP_INSTANCE=web",
            "PS=web.1",
            "PORT=27410",
        ];
        prints(project.with("web", "port: 27410"), &wanted);
    });
}

#[test]
fn the_ports_of_siblings_are_told_where_they_are_not_set() {
    fenced(|| {
        let names = ["API_PORT", "JOB_RUNNER_PORT", "DB_PORT", "PORT"];
        let project = Project::new()
            .service("web", printer(&names))
            .with("web", "environment: {DB_PORT: mine}")
            .service("api", puppet().exits(0))
            .with("api", "port: 27411")
            .service("job-runner", puppet().exits(0))
            .with("job-runner", "port: 27412")
            .service("db", puppet().exits(0))
            .with("db", "port: 27413");
        let wanted = ["API_PORT=27411", "JOB_RUNNER_PORT=27412", "DB_PORT=mine", "PORT is not set"];
        prints(project, &wanted);
    });
}

#[test]
fn a_port_of_its_own_environment_stays() {
    fenced(|| {
        let project = Project::new().service("web", printer(&["PORT"]));
        let project = project.with("web", "port: 27410");
        prints(project.with("web", "environment: {PORT: '9'}"), &["PORT=9"]);
    });
}

#[test]
fn variables_of_devsup_itself_are_not_passed_on() {
    fenced(|| {
        let names = ["DEVSUP_TIMEOUT", "DEVSUP_COLOR", "DEVSUP_PORT", "KEPT"];
        let project = Project::new()
            .env("DEVSUP_TIMEOUT", "5s")
            .env("DEVSUP_COLOR", "never")
            .env("DEVSUP_PORT", "6000")
            .env("KEPT", "yes")
            .service("web", printer(&names));
        let wanted = [
            "DEVSUP_TIMEOUT is not set",
            "DEVSUP_COLOR is not set",
            "DEVSUP_PORT is not set",
            "KEPT=yes",
        ];
        prints(project, &wanted);
    });
}

/// The service's own words win over the shell's, and these over `.env`.
#[test]
fn of_many_values_the_nearest_wins() {
    fenced(|| {
        let names = ["FILE", "SHELL_WINS", "SERVICE_WINS", "PROJECT", "QUOTED"];
        let project = |flag: &str| {
            let project = Project::new()
                .line("environment: {PROJECT: project, FILE: project}")
                .env("SHELL_WINS", "shell")
                .env("SERVICE_WINS", "shell")
                .service("web", printer(&names))
                .with("web", "environment: {SERVICE_WINS: service}");
            let project = if flag.is_empty() { project } else { project.flag(flag) };
            let checkout = project.check_out();
            let file = "export FILE=file # a comment\nSHELL_WINS=file\nSERVICE_WINS=file\nQUOTED=\"${FILE}\\tquoted\"\n";
            checkout.write(".env", file);
            checkout
        };
        let mut wanted = [
            "FILE=project",
            "SHELL_WINS=shell",
            "SERVICE_WINS=service",
            "PROJECT=project",
            "QUOTED=file\tquoted",
        ];
        prints_beside(&project(""), &wanted);
        wanted[1] = "SHELL_WINS=file";
        prints_beside(&project("--env-override"), &wanted);
    });
}

#[test]
fn entries_of_a_procfile_get_ports_in_the_order_of_the_file() {
    fenced(|| {
        let procfile = || {
            let printer = || puppet().prints_env("PORT").prints_env("PS");
            let project = Project::new().procfile().service("web", printer());
            project.service("worker", printer())
        };
        let up = procfile().up().sees("web    | PORT=5000\n").sees("web    | PS=web.1\n");
        let up = up.sees("worker | PORT=5100\n").sees("worker | PS=worker.1\n");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let up = procfile().flag("-p 6000").up();
        let up = up.sees("web    | PORT=6000\n").sees("worker | PORT=6100\n");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn the_run_is_the_one_of_the_records() {
    fenced(|| {
        let project = Project::new().service("web", puppet().prints_env("DEVSUP_RUN_ID"));
        let up = project.up();
        let record: Value =
            serde_json::from_str(&up.checkout().ledger_text("run.json")).expect("it is JSON");
        let run = record["run"].as_str().expect("it is a text").to_owned();
        let up = up.sees(&format!("web | DEVSUP_RUN_ID={run}\n"));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// The outer run still knows what is below it.
#[test]
fn a_run_inside_a_run_carries_both() {
    fenced(|| {
        let outer = "0123456789abcdef0123456789abcdef";
        let project = Project::new().env("DEVSUP_RUN_ID", outer);
        let up = project.service("web", puppet().prints_env("DEVSUP_RUN_ID")).up();
        let record: Value =
            serde_json::from_str(&up.checkout().ledger_text("run.json")).expect("it is JSON");
        let run = record["run"].as_str().expect("it is a text").to_owned();
        let up = up.sees(&format!("web | DEVSUP_RUN_ID={outer}/{run}\n"));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn a_socket_of_the_healthcheck_is_told() {
    fenced(|| {
        let socket = std::env::temp_dir().join("web.sock");
        let project = Project::new()
            .service("web", puppet().listens_on(&socket).prints_env("SOCKET_PATH"))
            .with("web", &format!("healthcheck: {{unix: {}}}", socket.display()));
        let up = project.up().sees(&format!("web | SOCKET_PATH={}\n", socket.display()));
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
