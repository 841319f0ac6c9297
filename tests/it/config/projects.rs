//! What good files become.

use super::{Given, given};
use devsup::config::Diagnostic;
use devsup::model::{
    Command, Condition, Port, Probe, Project, ProjectKind, RestartPolicy, Service, Signal, Tty,
};
use std::path::Path;
use std::time::Duration;

fn project(given: &Given) -> Project {
    match given.load() {
        Ok(loaded) => loaded.project,
        Err(failure) => {
            panic!("{:?}", failure.diagnostics.iter().map(Diagnostic::line).collect::<Vec<_>>())
        }
    }
}

fn service<'p>(project: &'p Project, name: &str) -> &'p Service {
    project.service(name).unwrap_or_else(|| panic!("there is no `{name}`"))
}

fn names(project: &Project) -> Vec<&str> {
    project.services.iter().map(|service| service.name.as_str()).collect()
}

/// The example of the manual, key by key.
#[test]
fn every_key_arrives() {
    let given = given()
        .file("docker-compose.yml", "services: {redis: {image: redis}}\n")
        .file(".env", "FROM=env\n")
        .yaml(include_str!("every_key.yaml"));
    let real = given.path().canonicalize().expect("a directory");
    let text = format!("{:#?}", project(&given)).replace(&real.display().to_string(), "DIR");
    insta::assert_snapshot!(text);
}

#[test]
fn a_procfile_follows_foreman() {
    let given = given().procfile("web: bin/rails s\n\n# jobs\nworker: bin/jobs # all\n");
    let project = project(&given);
    assert_eq!(project.kind, ProjectKind::Procfile);
    assert_eq!(names(&project), ["web", "worker"]);
    assert_eq!(service(&project, "worker").command, Command::Shell("bin/jobs # all".into()));
    assert_eq!(service(&project, "web").port, Port::Procfile(5000));
    assert_eq!(service(&project, "worker").port, Port::Procfile(5100));
    let root = given.path().canonicalize().expect("a directory");
    assert_eq!(service(&project, "web").working_dir, root);
    assert_eq!(project.root, root);
    assert_eq!(Some(project.name.as_str()), root.file_name().and_then(|name| name.to_str()));
}

#[test]
fn the_base_of_procfile_ports_can_be_moved() {
    let base = |given: Given| service(&project(&given), "web").port;
    let files = || given().procfile("web: x\n").file(".env", "PORT=3000\n");
    assert_eq!(base(files()), Port::Procfile(3000));
    assert_eq!(base(files().system("PORT", "4000")), Port::Procfile(4000));
    assert_eq!(base(files().asks(|asks| asks.port_base = Some(6000))), Port::Procfile(6000));
    let web = project(&files());
    assert!(service(&web, "web").environment.iter().all(|set| set.name != "PORT"));
}

/// Scalars that some YAML readers turn into something else.
#[test]
fn yaml_takes_nothing_for_something_else() {
    let project = project(&given().yaml(
        "services:\n  no:\n    command: [echo, 010, 1e3, yes, 22:22, ~x]\n    restart: no\n    tty: off\n    autostart: yes\n    environment: {NO: no, OCT: 010, EXP: 1e3, SEX: 22:22, NULL: \"null\", EMPTY: \"\", on: x, 1: one}\n",
    ));
    let service = service(&project, "no");
    let words = ["echo", "010", "1e3", "yes", "22:22", "~x"].map(String::from);
    assert_eq!(service.command, Command::Exec(words.to_vec()));
    assert_eq!(service.restart.policy, RestartPolicy::No);
    assert_eq!(service.tty, Tty::No);
    let pairs: Vec<String> =
        service.environment.iter().map(|set| format!("{}={}", set.name, set.value)).collect();
    assert_eq!(
        pairs,
        ["NO=no", "OCT=010", "EXP=1e3", "SEX=22:22", "NULL=null", "EMPTY=", "on=x", "1=one"]
    );
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let project = project(&given().yaml(
        "x-base: &base\n  tty: true\n  environment: &env {A: base}\n  stop_signal: INT\nx-more: &more {stop_signal: HUP, tags: [more]}\nservices:\n  web:\n    <<: [*base, *more]\n    command: x\n    tty: false\n  api: {<<: *more, command: x, environment: {<<: *env, B: own}}\n",
    ));
    let web = service(&project, "web");
    assert_eq!(
        (web.tty, web.stop.signal, web.tags.clone()),
        (Tty::No, Signal::Int, vec!["more".into()])
    );
    assert_eq!(web.environment[0].value, "base");
    assert_eq!(service(&project, "api").environment.len(), 2);
}

#[test]
fn files_may_have_a_mark_and_windows_lines() {
    let yaml = given().yaml("\u{feff}services:\r\n  web:\r\n    command: x\r\n");
    assert_eq!(service(&project(&yaml), "web").command, Command::Shell("x".into()));
    let procfile = given().procfile("\u{feff}web: x\r\n");
    assert_eq!(service(&project(&procfile), "web").command, Command::Shell("x".into()));
}

#[test]
fn other_tools_words_are_understood() {
    let project = project(&given().yaml(
        "version: \"0.5\"\nprocesses:\n  db:\n    command: ./db\n    cwd: sub\n    env: [A=1]\n    is_daemon: true\n    is_tty: true\n    disabled: true\n    namespace: [back]\n    log_location: ./db.log\n    readiness_probe:\n      exec: {command: ./ready}\n      initial_delay_seconds: 2\n      period_seconds: 1\n      failure_threshold: 4\n    availability: {restart: on_failure, backoff_seconds: 2, max_restarts: 5}\n    shutdown: {command: ./stop, signal: 2, timeout_seconds: 9}\n  api:\n    command: ./api\n    depends_on: {db: {condition: process_healthy}, job: {condition: process_completed}}\n    liveness_probe: {http_get: {host: localhost, port: 8080, path: /up, status_code: 204}}\n  job: {command: ./job, ready_log_line: \"up (really)\", scale: 2}\n",
    ));
    let db = service(&project, "db");
    assert!(db.working_dir.ends_with("sub") && db.forking && !db.autostart && db.tty == Tty::Yes);
    assert_eq!(db.tags, ["back"]);
    assert!(db.log.file.as_ref().is_some_and(|file| file.ends_with("db.log")));
    let check = db.healthcheck.as_ref().expect("a check");
    assert_eq!(check.probe, Probe::Test(Command::Shell("./ready".into())));
    assert_eq!(
        (check.start_period, check.interval),
        (Duration::from_secs(2), Duration::from_secs(1))
    );
    assert_eq!(check.retries, 4);
    assert_eq!((db.restart.policy, db.restart.max), (RestartPolicy::OnFailure, Some(5)));
    assert_eq!(db.restart.delay, Duration::from_secs(2));
    assert_eq!((db.stop.signal, db.stop.grace), (Signal::Int, Duration::from_secs(9)));
    assert_eq!(db.stop.command.as_deref(), Some("./stop"));
    let api = service(&project, "api");
    let conditions: Vec<Condition> = api.depends_on.iter().map(|edge| edge.condition).collect();
    assert_eq!(conditions, [Condition::ServiceHealthy, Condition::ServiceCompleted]);
    let Some(Probe::Http(http)) = api.healthcheck.as_ref().map(|check| check.probe.clone()) else {
        panic!("no http")
    };
    assert_eq!((http.url.as_str(), http.status), ("http://localhost:8080/up", vec![204]));
    let job = service(&project, "job");
    assert_eq!(job.replicas, 2);
    let probe = job.healthcheck.as_ref().map(|check| check.probe.clone());
    assert_eq!(probe, Some(Probe::Log("up \\(really\\)".into())));
}

#[test]
fn files_are_laid_over_each_other() {
    let given = given()
        .yaml("name: shop\nservices:\n  web:\n    command: x\n    tty: true\n    tags: [a]\n    environment: {A: 1, B: 1}\n    depends_on: [db]\n    healthcheck: {tcp: 1, retries: 7}\n  db: {command: y, healthcheck: {tcp: 2}}\nshutdown: {grace: 9s, keep: [a]}\n")
        .file("devsup.local.yaml", "services:\n  web:\n    command: [z]\n    tags: [a, b]\n    environment: [B=2]\n    depends_on: {db: {condition: service_healthy}}\n    healthcheck: {interval: 1s}\n  extra: {command: e}\nshutdown: {keep: [b]}\n");
    let project = project(&given);
    assert_eq!(names(&project), ["web", "db", "extra"]);
    assert_eq!(project.files.len(), 2);
    let web = service(&project, "web");
    assert_eq!(web.command, Command::Exec(vec!["z".into()]));
    assert_eq!((web.tty, web.tags.len(), web.stop.grace), (Tty::Yes, 2, Duration::from_secs(9)));
    let values: Vec<&str> = web.environment.iter().map(|set| set.value.as_str()).collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(web.depends_on[0].condition, Condition::ServiceHealthy);
    let check = web.healthcheck.as_ref().expect("a check");
    assert_eq!((check.retries, check.interval), (7, Duration::from_secs(1)));
    assert_eq!(project.shutdown.keep, ["a", "b"]);
}

/// Nothing is lost on either side of a merge: over an empty project, and under
/// an empty one, every key arrives.
#[test]
fn every_key_survives_a_merge() {
    let blank = "services: {db: {}, api: {}, migrate: {}, worker: {}, ticker: {}, proxy: {}, quiet: {}}\ncompose: {file: docker-compose.yml}\nshutdown: {}\n";
    let read = |files: &[&str]| {
        let given = given()
            .file("docker-compose.yml", "services: {redis: {image: redis}}\n")
            .file(".env", "FROM=env\n")
            .file("one.yaml", include_str!("every_key.yaml"))
            .file("none.yaml", blank)
            .asks(|asks| asks.files = files.iter().map(Into::into).collect());
        let real = given.path().canonicalize().expect("a directory");
        let mut project = project(&given);
        project.files.clear();
        project.name = "shop".to_owned();
        format!("{project:#?}").replace(&real.display().to_string(), "DIR")
    };
    let alone = read(&["one.yaml"]);
    assert_eq!(read(&["none.yaml", "one.yaml"]), alone);
    assert_eq!(read(&["one.yaml", "none.yaml"]), alone);
}

#[test]
fn lists_are_added_to() {
    let project = project(
        &given()
            .yaml("services: {web: {command: x, tags: [a], profiles: [a], env_file: a.env}}\n")
            .file(
                "devsup.local.yaml",
                "services: {web: {tags: [b], profiles: [b], env_file: b.env}}\n",
            )
            .file("a.env", "A=1\n")
            .file("b.env", "B=2\n"),
    );
    let web = service(&project, "web");
    assert_eq!(
        (web.tags.as_slice(), web.profiles.as_slice()),
        (&["a".into(), "b".into()][..], &["a".into(), "b".into()][..])
    );
    assert_eq!(web.environment.len(), 2);
}

/// What is not required may be left out by its profile.
#[test]
fn dependencies_on_absent_profiles() {
    let given = given().yaml(
        "services:\n  web: {command: x, depends_on: {db: {required: false}}}\n  tool: {command: x, profiles: [more], depends_on: [db]}\n  db: {command: x, profiles: [full]}\n",
    );
    let project = project(&given);
    assert!(!service(&project, "web").depends_on[0].required);
}

#[test]
fn a_local_file_may_refine_a_procfile() {
    let given = given()
        .procfile("web: x\nworker: y\n")
        .file("devsup.local.yaml", "services: {web: {tty: true}, db: {command: z}}\n");
    let project = project(&given);
    assert_eq!((project.kind, names(&project).len()), (ProjectKind::Yaml, 3));
    let web = service(&project, "web");
    assert_eq!((web.tty, web.port), (Tty::Yes, Port::Procfile(5000)));
}

/// An empty local file is no mistake; it is how one begins.
#[test]
fn an_empty_local_file_changes_nothing() {
    let given = given().procfile("web: x\n").file("devsup.local.yaml", "# soon\n");
    assert_eq!(names(&project(&given)), ["web"]);
}

#[test]
fn paths_are_taken_from_the_file_that_says_them() {
    let given = given()
        .yaml("services: {web: {command: x, working_dir: ./a, log: {file: web.log}}}\n")
        .file("sub/more.yaml", "services: {api: {command: x, working_dir: b, healthcheck: {unix: api.sock}}, db: {command: x}}\n")
        .asks(|asks| asks.files = vec!["devsup.yaml".into(), "sub/more.yaml".into()]);
    let project = project(&given);
    let root = given.path().canonicalize().expect("a directory");
    assert_eq!(project.root, root);
    assert_eq!(service(&project, "web").working_dir, root.join("a"));
    assert_eq!(service(&project, "web").log.file, Some(root.join("web.log")));
    assert_eq!(service(&project, "api").working_dir, root.join("sub/b"));
    assert_eq!(service(&project, "db").working_dir, root.join("sub"));
    let probe = service(&project, "api").healthcheck.as_ref().map(|check| check.probe.clone());
    assert_eq!(probe, Some(Probe::Unix(root.join("sub/api.sock"))));
}

/// Upward as far as the repository, and not a step further.
#[test]
fn files_are_found_from_below() {
    let inside = || {
        given()
            .procfile("outer: x\n")
            .directory("repo/.git")
            .file("repo/Procfile", "inner: x\n")
            .directory("repo/a/b")
    };
    assert_eq!(names(&project(&inside().from("repo/a/b"))), ["inner"]);
    let bare = given().procfile("outer: x\n").directory("repo/.git").directory("repo/a");
    let failure = bare.from("repo/a").load().expect_err("nothing inside the repository");
    assert!(failure.not_found);
    let outside = given().procfile("outer: x\n").directory("a");
    assert!(outside.from("a").load().expect_err("no repository").not_found);
}

#[test]
fn the_first_candidate_wins() {
    let order = ["devsup.yaml", "devsup.yml", "Procfile.dev", "Procfile"];
    for from in 0..order.len() {
        let mut given = given();
        for file in &order[from..] {
            let yaml = Path::new(file).extension().is_some_and(|end| end != "dev");
            let content = if yaml { "services: {web: {command: x}}\n" } else { "web: x\n" };
            given = given.file(file, content);
        }
        assert!(project(&given).files[0].ends_with(order[from]), "{from}");
    }
}

#[test]
fn copies_are_counted_by_file_and_command_line() {
    let counts = |formation: &[(&str, u16)]| {
        let formation =
            formation.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let given = given()
            .yaml("services: {a: {command: x, replicas: 3}, b: {command: x}}\n")
            .asks(|asks| asks.formation = formation);
        let project = project(&given);
        project.services.iter().map(|service| service.replicas).collect::<Vec<_>>()
    };
    assert_eq!(counts(&[]), [3, 1]);
    assert_eq!(counts(&[("b", 2)]), [3, 2]);
    assert_eq!(counts(&[("a", 0), ("all", 5)]), [0, 5]);
}

#[test]
fn profiles_decide_what_starts_by_itself() {
    let starts = |profiles: &[&str]| {
        let profiles = profiles.iter().map(|profile| (*profile).to_owned()).collect();
        let given = given()
            .yaml("services: {a: {command: x}, b: {command: x, profiles: [full]}, c: {command: x, autostart: false}}\n")
            .asks(|asks| asks.profiles = profiles);
        project(&given).services.iter().map(|service| service.autostart).collect::<Vec<_>>()
    };
    assert_eq!(starts(&[]), [true, false, false]);
    assert_eq!(starts(&["full"]), [true, true, false]);
}

/// Two services of different profiles are alternatives and may share a port.
#[test]
fn alternatives_may_share_a_port() {
    let given = given().yaml(
        "services:\n  web: {command: x, port: 80}\n  debug: {command: y, port: 80, profiles: [debug]}\n",
    );
    assert_eq!(names(&project(&given)).len(), 2);
}

#[test]
fn dependencies_may_be_containers() {
    let given = given()
        .file("compose.yaml", "services: {redis: {image: redis}}\n")
        .yaml("services: {web: {command: x, depends_on: [redis]}}\ncompose: {}\n");
    assert_eq!(service(&project(&given), "web").depends_on[0].on.as_str(), "redis");
}

/// A list has no shell, so that its references are followed here; a string's
/// are the shell's, which knows more variables.
#[test]
fn references_in_commands() {
    let given = given()
        .system("HOME", "/h")
        .yaml("services:\n  a: {command: [serve, $PORT, \"${NAME}\", \"${HOME}\"], port: 80, environment: {NAME: n}}\n  b: {command: \"serve $PORT ${X:-1} $$\"}\n");
    let project = project(&given);
    let words = ["serve", "80", "n", "/h"].map(String::from);
    assert_eq!(service(&project, "a").command, Command::Exec(words.to_vec()));
    assert_eq!(service(&project, "b").command, Command::Shell("serve $PORT ${X:-1} $$".into()));
}
