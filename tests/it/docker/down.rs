//! `devsup down` and Ctrl-C, where the project has containers beside its
//! services.

use super::fake::{Fake, Reply};
use super::shop::{Shop, engine_for_fences};
use crate::harness::{Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const COMPOSE: &str = "
version: '3.5'
services:
  db: {IMAGE, POLITE, volumes: ['data:/data']}
  cache: {IMAGE, POLITE}
volumes: {data: {}}
";

fn project() -> Project {
    Project::new().service("web", puppet())
}

#[test]
fn takes_containers_after_processes() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let up = shop.up();
        let ended = shop.checkout.down(&["--json"]).ends_with(Exit::Ok);
        let said: Value = serde_json::from_str(&ended.out()).expect("one JSON value");
        assert_eq!(said["containers"]["gone"].as_array().map(Vec::len), Some(3), "{said}");
        assert_eq!(said["verdict"], "clean");
        let _ = up
            .ends_with(Exit::Ok)
            .says_in_order(&[
                "[3/5]",
                "_db_1`: stopped and removed",
                "[4/5] containers  2 con",
                "[5/5]",
            ])
            .says("1 volume kept (`--volumes` removes it)")
            .leaves_nothing();
        shop.has_no_container();
        assert!(shop.has("volume", &format!("{}_data", shop.name)));
        let _ = shop.checkout.down(&[]).ends_with(Exit::Ok).says("nothing to do");
    });
}

#[test]
fn volumes_go_where_they_are_asked_for() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let up = shop.up();
        let _ = shop.checkout.down(&["-v"]).ends_with(Exit::Ok).says("1 volume removed");
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        assert!(!shop.has("volume", &format!("{}_data", shop.name)));
        shop.has_no_container();
    });
}

#[test]
fn works_without_any_process_or_record() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let ended = shop.checkout.down(&[]).ends_with(Exit::Ok);
        let _ = ended.says("2 containers, 1 network removed").says("0 containers left");
        shop.has_no_container();
    });
}

#[test]
fn a_killed_supervisor_leaves_containers_to_down() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let up = shop.up();
        let ended = up.kills_supervisor().finish();
        let _ = ended.says("2 containers left as they were").never_says("in use by");
        shop.checkout.leaves_nothing();
        let ended = shop.checkout.down(&[]).ends_with(Exit::Ok);
        let _ = ended.says("2 containers, 1 network removed");
        shop.has_no_container();
    });
}

#[test]
fn containers_alone_leave_processes_running() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let up = shop.up();
        let ended = shop.checkout.down(&["--containers"]).ends_with(Exit::Ok);
        let _ = ended.says("2 containers, 1 network removed").never_says("[5/5]");
        shop.has_no_container();
        let ended = shop.checkout.down(&["--containers"]).ends_with(Exit::Ok);
        let _ = ended.says("no containers to remove");
        let _ = up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

#[test]
fn ctrl_c_leaves_what_ran_before() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let up = shop.up();
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = ended
            .says("2 containers left as they were (`devsup down` removes them)")
            .never_says("in use by");
        assert_eq!(shop.running(), [shop.container("cache"), shop.container("db")]);
        let _ = shop.checkout.down(&["--stale"]).ends_with(Exit::Ok);
        assert_eq!(shop.running().len(), 2, "a sweep before the tests takes no containers");
        let _ = shop.checkout.down(&["--stale", "--containers"]).ends_with(Exit::Ok);
        shop.has_no_container();
    });
}

#[test]
fn a_labelled_container_goes_with_its_run() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let script = "docker run --rm --label devsup.run=$DEVSUP_RUN_ID --name $NAME \
                      devsup-test sh -c 'while :; do sleep 1; done'";
        let shop = Shop::new(project().command("queue", script), "version: '3.5'\n");
        shop.checkout.write(".env", &format!("NAME={}\n", shop.name));
        let up = shop.up().waits_until("the container runs", || !shop.running().is_empty());
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn dry_run_lists_and_touches_nothing() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), COMPOSE).started_by_hand();
        let db = shop.container("db");
        let ended = shop.checkout.down(&["--dry-run"]).ends_with(Exit::Ok);
        let _ = ended
            .says(&format!("would remove container `{db}` (project directory)"))
            .says(&format!("would spare volume `{}_data`", shop.name));
        assert_eq!(shop.running().len(), 2);
        let ended = shop.checkout.down(&["--dry-run", "--json", "--volumes"]).ends_with(Exit::Ok);
        let said: Value = serde_json::from_str(&ended.out()).expect("one JSON value");
        assert_eq!(said["containers"]["gone"].as_array().map(Vec::len), Some(4), "{said}");
    });
}

#[test]
fn ctrl_c_in_the_middle_forces() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let deaf = "version: '3.5'\nservices: {db: {IMAGE, DEAF, stop_grace_period: 5m}}";
        let shop = Shop::new(project(), deaf).started_by_hand();
        let down = shop.checkout.start(&["down"]).sees("waiting for");
        let ended = down.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = ended.says("killing, forced").says("killed and removed");
        shop.has_no_container();

        shop.compose(&["up", "-d"]);
        let up = shop.up();
        let down = shop.checkout.start(&["down"]).sees("waiting for");
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).says("killed and removed");
        let _ = down.ends_with(Exit::Ok);
        shop.has_no_container();
    });
}

/// A project that has nothing to do with containers asks nobody.
#[test]
fn no_engine_is_asked_for_nothing() {
    fenced(|| {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let fake = Fake::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Reply::Ignores
        });
        let checkout = project().env("DOCKER_HOST", &fake.host()).check_out();
        let up = checkout.up();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("[4/5] containers  none");
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        let _ = checkout.down(&[]).ends_with(Exit::Ok).says("nothing to do");
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_hung_engine_is_one_line() {
    fenced(|| {
        let fake = Fake::new(|_| Reply::Ignores);
        let checkout = project().env("DOCKER_HOST", &fake.host()).check_out();
        checkout.write("compose.yaml", "services: {}\n");
        let up = checkout.up();
        let ended = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = ended.says_in_order(&[
            "[4/5] containers  the container engine",
            "did not answer",
            "[5/5]",
        ]);
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        let alone = checkout.down(&["--containers"]).ends_with(Exit::Ok);
        let _ = alone.says("! nothing was removed").never_says("no containers to remove");
    });
}

#[test]
fn no_engine_at_all_is_one_line() {
    fenced(|| {
        let checkout = project().env("DOCKER_HOST", "unix:///nowhere/docker.sock").check_out();
        checkout.write("compose.yaml", "services: {}\n");
        let up = checkout.up();
        let ended = checkout.down(&[]).ends_with(Exit::Ok);
        let _ = ended.says("[4/5] containers  no container engine at `/nowhere/docker.sock`");
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
    });
}

/// What was ours there and can't be ended is named, and nothing else is late.
#[test]
fn an_engine_that_falls_silent_midway_is_told_with_what_is_left() {
    fenced(|| {
        let root = Arc::new(std::sync::OnceLock::<String>::new());
        let known = Arc::clone(&root);
        let fake = Fake::new(move |request| match request {
            "GET /_ping" => Reply::ok("OK"),
            "GET /containers/json" => Reply::ok(format!(
                r#"[{{"Id":"c0ffee","Names":["/shop-db-1"],"State":"running","Labels":{{
                    "com.docker.compose.project":"shop","com.docker.compose.service":"db",
                    "com.docker.compose.project.working_dir":"{}"}}}}]"#,
                known.get().expect("it is told")
            )),
            "GET /networks" => Reply::ok("[]"),
            "GET /volumes" => Reply::ok(r#"{"Volumes":[],"Warnings":null}"#),
            _ => Reply::Ignores,
        });
        let checkout = project().env("DOCKER_HOST", &fake.host()).check_out();
        root.set(checkout.root().display().to_string()).expect("once");
        checkout.write("compose.yaml", "services: {}\n");
        let up = checkout.up();
        let ended = checkout.down(&["--force"]).ends_with(Exit::Left);
        let _ = ended
            .says("container `shop-db-1`: still there, the engine did not answer")
            .says("[4/5] containers  none removed; 1 still there")
            .says("0 processes, 0 ports, 1 container left");
        let _ = up.finish();
        assert_eq!(checkout.puppets_alive(), 0);
    });
}

/// Podman's socket of the user, and the engine of a docker context.
#[test]
fn other_engines_are_found_where_they_are() {
    fenced(|| {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let fake = Fake::new(move |request| {
            count.fetch_add(1, Ordering::SeqCst);
            match request {
                "GET /_ping" => Reply::ok("OK"),
                "GET /volumes" => Reply::ok(r#"{"Volumes":[],"Warnings":null}"#),
                _ => Reply::ok("[]"),
            }
        });
        let elsewhere = tempfile::tempdir().expect("a directory");
        let podman = elsewhere.path().join("podman");
        std::fs::create_dir(&podman).expect("a directory");
        std::os::unix::fs::symlink(fake.path(), podman.join("podman.sock")).expect("a link");
        let runtime = elsewhere.path().to_str().expect("text");
        let checkout = project().env("XDG_RUNTIME_DIR", runtime).check_out();
        let _ = checkout.down(&["--containers"]).ends_with(Exit::Ok);
        let by_podman = asked.swap(0, Ordering::SeqCst);
        assert_ne!(by_podman, 0, "the user's own Podman was not asked");

        let config = elsewhere.path().join("config");
        let meta = config.join("contexts/meta/one");
        std::fs::create_dir_all(&meta).expect("a directory");
        let name = r#"{"Name":"rootless","Endpoints":{"docker":{"Host":"HOST"}}}"#;
        std::fs::write(meta.join("meta.json"), name.replace("HOST", &fake.host())).expect("a file");
        let config = config.to_str().expect("text");
        let project = project().env("DOCKER_CONFIG", config).env("DOCKER_CONTEXT", "rootless");
        let _ = project.check_out().down(&["--containers"]).ends_with(Exit::Ok);
        assert_ne!(asked.load(Ordering::SeqCst), 0, "the context was not asked");
    });
}
