//! An engine that is not there, may not be asked, or does not answer as it
//! should: one clear line each, in time.

use super::engine::{Engine, POLITE};
use super::fake::{Fake, Reply, on_tcp};
use devsup::docker::{Outcome, Unreachable, Wish, tear_down, tear_down_blocking};
use devsup::model::{ContainerStep, Teardown};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ROOT: &str = "/nowhere/shop";
const INSIDE: &str = "DEVSUP_TEST_UNPRIVILEGED";

fn wish(environment: &[(&str, &str)]) -> Wish {
    let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Wish { deadline: Duration::from_secs(2), ..Wish::new(ROOT.into(), pairs.collect()) }
}

fn at(host: &str) -> Wish {
    wish(&[("DOCKER_HOST", host)])
}

/// The one line about an engine that can't be used, with its address taken out.
fn line(host: &str) -> String {
    match tear_down_blocking(&at(host), &mut |_| ()) {
        Outcome::NoEngine(why) => {
            let bare = host.trim_start_matches("unix://");
            why.to_string().replace(bare, "SOCKET")
        }
        other => panic!("there is an engine: {other:?}"),
    }
}

fn left(outcome: Outcome) -> Teardown {
    match outcome {
        Outcome::Done(torn) if !torn.left.is_empty() => torn,
        other => panic!("nothing is left: {other:?}"),
    }
}

/// A list with one container of ours.
fn listed(state: &str) -> Reply {
    Reply::ok(format!(
        r#"[{{"Id":"c0ffee","Names":["/shop-db-1"],"State":"{state}","Labels":{{
            "com.docker.compose.project":"shop","com.docker.compose.service":"db",
            "com.docker.compose.project.working_dir":"{ROOT}"}}}}]"#
    ))
}

/// Everything up to the moment where something has to be done.
fn quiet(request: &str) -> Option<Reply> {
    match request {
        "GET /_ping" => Some(Reply::ok("OK")),
        "GET /containers/json" => Some(listed("running")),
        "GET /networks" => Some(Reply::ok("[]")),
        "GET /volumes" => Some(Reply::ok(r#"{"Volumes":[],"Warnings":null}"#)),
        _ => None,
    }
}

#[test]
fn no_engine_at_all_is_no_trouble() {
    let runtime = tempfile::tempdir().expect("a directory");
    let missing = runtime.path().join("socket");
    assert_eq!(line(&format!("unix://{}", missing.display())), "no container engine at `SOCKET`");
    if Path::new("/var/run/docker.sock").exists() || Path::new("/run/podman/podman.sock").exists() {
        return;
    }
    let nowhere = [("XDG_RUNTIME_DIR", runtime.path().to_str().expect("text"))];
    let outcome = tear_down_blocking(&wish(&nowhere), &mut |_| ());
    assert_eq!(outcome, Outcome::NoEngine(Unreachable::Absent));
}

#[test]
fn an_engine_that_does_not_run_is_said_so() {
    let fake = Fake::new(|_| Reply::HangsUp);
    let dead = fake.path().with_extension("dead");
    drop(UnixListener::bind(&dead).expect("a socket"));
    let expected = "the container engine at `SOCKET` does not run";
    assert_eq!(line(&format!("unix://{}", dead.display())), expected);
}

#[test]
fn an_engine_that_never_answers_is_given_up() {
    let fake = Fake::new(|_| Reply::Ignores);
    let expected = "the container engine at `SOCKET` did not answer within 2 s";
    assert_eq!(line(&fake.host()), expected);
}

#[test]
fn answers_that_are_none_are_told() {
    let broken = "the container engine at `SOCKET` can't be used:";
    let fake = Fake::new(|_| Reply::Says(500, r#"{"message":"disk full"}"#.to_owned()));
    assert_eq!(line(&fake.host()), format!("{broken} disk full"));
    let fake = Fake::new(|_| Reply::Says(503, String::new()));
    assert_eq!(line(&fake.host()), format!("{broken} HTTP status 503"));
    let fake = Fake::new(|_| Reply::Says(404, "not found".to_owned()));
    assert_eq!(line(&fake.host()), format!("{broken} it is no container engine"));
    let fake = Fake::new(|_| Reply::Babbles("220 mail.example.org ESMTP\r\n"));
    assert!(line(&fake.host()).starts_with(broken));
    let fake = Fake::new(|_| Reply::HangsUp);
    assert!(line(&fake.host()).starts_with(broken));
    let fake = Fake::new(|request| match request {
        "GET /_ping" => Reply::ok("OK"),
        _ => Reply::ok("<html>"),
    });
    assert!(line(&fake.host()).starts_with(&format!("{broken} the engine's answer can't be read")));
}

#[test]
fn who_may_not_ask_is_told_so() {
    if std::env::var_os(INSIDE).is_some() {
        let fake = Fake::new(|_| Reply::ok("OK"));
        let nobody = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(fake.path(), nobody).expect("it is ours");
        let expected = "the container engine at `SOCKET` refuses us: permission denied";
        assert_eq!(line(&fake.host()), expected);
        return;
    }
    // Root may write where nobody may; without its powers it is like others.
    let itself = std::env::current_exe().expect("a path");
    let output = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all"])
        .arg(itself)
        .args(["--exact", "docker::broken::who_may_not_ask_is_told_so", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("setpriv runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn an_engine_that_falls_silent_midway_leaves_names() {
    let fake = Fake::new(|request| quiet(request).unwrap_or(Reply::Ignores));
    let torn = left(tear_down_blocking(&at(&fake.host()), &mut |_| ()));
    assert_eq!(torn.left[0].thing.name, "shop-db-1");
    assert!(torn.left[0].reason.starts_with("the engine did not answer within"), "{torn:?}");
}

#[test]
fn an_engine_that_refuses_to_remove_is_quoted() {
    let fake = Fake::new(|request| match request {
        "DELETE /containers/c0ffee" => {
            Reply::Says(500, r#"{"message":"driver failed to remove root filesystem"}"#.to_owned())
        }
        _ => quiet(request).unwrap_or(Reply::Says(204, String::new())),
    });
    let torn = left(tear_down_blocking(&at(&fake.host()), &mut |_| ()));
    let expected = "the engine says: driver failed to remove root filesystem";
    assert_eq!(torn.left[0].reason, expected);
    assert_eq!(torn.left.len(), 1);
}

#[test]
fn a_frozen_container_is_thawed_before_it_is_stopped() {
    let (tell, heard) = std::sync::mpsc::channel();
    let fake = Fake::new(move |request| {
        tell.send(request.to_owned()).expect("the test listens");
        match request {
            "GET /containers/json" => listed("paused"),
            _ => quiet(request).unwrap_or(Reply::Says(204, String::new())),
        }
    });
    let _ = left(tear_down_blocking(&at(&fake.host()), &mut |_| ()));
    let orders: Vec<String> = heard.try_iter().filter(|each| !each.starts_with("GET")).collect();
    let expected = [
        "POST /containers/c0ffee/unpause",
        "POST /containers/c0ffee/stop",
        "DELETE /containers/c0ffee",
    ];
    assert_eq!(orders[..3], expected);
}

#[test]
fn what_comes_back_again_and_again_is_left() {
    let fake = Fake::new(|request| quiet(request).unwrap_or(Reply::Says(204, String::new())));
    let torn = left(tear_down_blocking(&at(&fake.host()), &mut |_| ()));
    assert_eq!(torn.left[0].reason, "it keeps coming back");
}

#[test]
fn a_tcp_engine_without_tls_is_asked() {
    let host = on_tcp(|request| match request {
        "GET /containers/json" => Reply::ok("[]"),
        _ => quiet(request).unwrap_or(Reply::HangsUp),
    });
    let outcome = tear_down_blocking(&at(&host), &mut |_| ());
    let Outcome::NothingToDo(torn) = outcome else { panic!("{outcome:?}") };
    assert_eq!(torn.engines, [host]);
}

#[test]
fn one_engine_of_two_may_be_broken() {
    let runtime = tempfile::tempdir().expect("a directory");
    let empty = Fake::new(|request| match request {
        "GET /containers/json" => Reply::ok("[]"),
        _ => quiet(request).unwrap_or(Reply::HangsUp),
    });
    let broken = Fake::new(|_| Reply::Says(500, r#"{"message":"no"}"#.to_owned()));
    std::fs::create_dir(runtime.path().join("podman")).expect("a directory");
    symlink(empty.path(), runtime.path().join("docker.sock")).expect("a link");
    symlink(broken.path(), runtime.path().join("podman/podman.sock")).expect("a link");
    let wish = wish(&[("XDG_RUNTIME_DIR", runtime.path().to_str().expect("text"))]);
    let outcome = tear_down_blocking(&wish, &mut |_| ());
    let (Outcome::NothingToDo(torn) | Outcome::Done(torn)) = outcome else { panic!("{outcome:?}") };
    assert!(
        torn.notes.iter().any(|note| note.ends_with("podman.sock` can't be used: no")),
        "{torn:?}"
    );
}

#[test]
fn an_engine_that_dies_midway_leaves_names() {
    let Some(engine) = Engine::own() else { return };
    let shop = engine.checkout();
    let names = ["a", "b"].map(|service| shop.container(service, POLITE, &[]));
    let outcome = tear_down_blocking(&shop.wish(), &mut |step| {
        if matches!(step, ContainerStep::Stopping { .. }) {
            engine.kill();
        }
    });
    let torn = left(outcome);
    let mut found: Vec<&str> = torn.left.iter().map(|left| left.thing.name.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, names);
    assert!(torn.left.iter().all(|left| left.reason.starts_with("the engine is gone")), "{torn:?}");
}

#[test]
fn a_runtime_that_already_runs_will_do() {
    let fake = Fake::new(|_| Reply::Says(500, r#"{"message":"no"}"#.to_owned()));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(async { tear_down(&at(&fake.host()), &mut |_| ()).await });
    assert!(matches!(outcome, Outcome::NoEngine(Unreachable::Broken { .. })), "{outcome:?}");
}
