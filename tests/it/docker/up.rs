//! Compose services beside host processes: one start, one stream, one stop.

use super::shop::{Shop, engine_for_fences};
use crate::harness::{Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;

/// Says something on both streams, then runs until it is asked to stop.
const TALKS: &str = "command: [sh, -c, \"echo first words; echo and trouble >&2; \
    trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done\"]";

fn compose(text: &str) -> String {
    format!("version: '3.5'\nservices:\n{}", text.replace("TALKS", TALKS))
}

/// `web` beside the compose services here, which are started by default.
fn project() -> Project {
    Project::new().line("compose: {}").service("web", puppet())
}

#[test]
fn one_start_one_stream_one_stop() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project().depends("web", "db"), &compose("  db: {IMAGE, TALKS}\n"));
        let up = shop.up().sees("db      | first words").sees("db      | and trouble");
        assert_eq!(shop.running(), [shop.container("db")]);
        assert!(shop.checkout.ledger_text("services.pids.services").contains("db:"));
        let log = shop.checkout.ledger_text("logs/db.log");
        assert!(log.contains("stdout F first words") && log.contains("stderr F and trouble"));
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = ended
            .says("compose completed")
            .says_in_order(&["[1/5] graceful    web", "[1/5] graceful    db", "[4/5] containers"])
            .says("1 container, 1 network removed")
            .leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn what_ran_before_stays_and_the_rest_goes() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let text = compose("  db: {IMAGE, POLITE}\n  cache: {IMAGE, TALKS}\n");
        let shop = Shop::new(project(), &text);
        shop.compose(&["up", "-d", "db"]);
        let up = shop.up().sees("cache   | first words").sees("db      | it runs already");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ =
            ended.says("1 container removed").says("1 container left as it was").leaves_nothing();
        assert_eq!(shop.running(), [shop.container("db")]);

        let up = shop.up().sees("cache   | first words");
        let _ = shop.checkout.down(&[]).ends_with(Exit::Ok);
        let _ = up.ends_with(Exit::Ok).leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn health_is_the_engines() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let check = "healthcheck: {test: \"[ -e /ready ]\", interval: 1s, retries: 60}";
        let text = compose(&format!("  db: {{IMAGE, TALKS, {check}}}\n"));
        let healthy = "depends_on: {db: {condition: service_healthy}}";
        let shop = Shop::new(project().with("web", healthy), &text);
        let up = shop.checkout.launch().sees("db      | first words");
        assert_eq!(shop.checkout.roles_that("born"), [""; 0], "it did not wait");
        shop.docker(&["exec", &shop.container("db"), "touch", "/ready"]);
        shop.checkout.wait_until_settled();
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn conditions_between_containers_are_kept() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let text = compose(
            "  migrate: {IMAGE, command: [sh, -c, \"echo migrated\"]}\n  api: {IMAGE, TALKS, depends_on: [migrate]}\n",
        );
        let shop = Shop::new(project(), &text);
        let up = shop.up().sees("api     | first words").sees("migrate completed");
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok);
        let _ = ended.says("2 containers, 1 network removed").leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn a_container_with_a_terminal_is_heard() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), &compose("  db: {IMAGE, TALKS, tty: true}\n"));
        let up = shop.up().sees("db      | first words").sees("db      | and trouble");
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn a_container_that_fails_fails_its_service() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let text = compose("  db: {IMAGE, command: [sh, -c, \"echo no disk; exit 3\"]}\n");
        let shop = Shop::new(project(), &text);
        let up = shop.up().sees("db failed: exit 3");
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).says("no disk").leaves_nothing();
        shop.has_no_container();
    });
}

/// Somebody stops the containers: nothing has failed, and processes go on.
#[test]
fn containers_that_are_taken_away_did_not_fail() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(
            project().flag("--abort-on-failure"),
            &compose("  db: {IMAGE, DEAF, stop_grace_period: 1s}\n"),
        );
        let up = shop.up().waits_until("the container runs", || !shop.running().is_empty());
        let _ = shop.checkout.down(&["--containers"]).ends_with(Exit::Ok);
        shop.has_no_container();
        let up = up.sees("db completed").is_well();
        let _ =
            up.signal(Signal::SIGINT).ends_with(Exit::Ok).never_says("db failed").leaves_nothing();
    });
}

#[test]
fn a_killed_supervisor_takes_its_containers_along() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), &compose("  db: {IMAGE, TALKS}\n"));
        let up = shop.up().sees("db      | first words").kills_supervisor();
        let _ = up.finish().says("1 container, 1 network removed");
        shop.checkout.leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn a_procfile_has_them_when_asked() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let procfile = Project::new().procfile().service("web", puppet());
        let shop = Shop::new(procfile.flag("--compose"), &compose("  db: {IMAGE, TALKS}\n"));
        let up = shop.up().sees("db      | first words");
        let _ = up.is_well().signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        shop.has_no_container();
    });
}

#[test]
fn without_a_tool_both_are_named() {
    fenced(|| {
        let checkout = project().env("PATH", "/nowhere").check_out();
        checkout.write("compose.yaml", "services: {db: {image: db}}\n");
        let ended = checkout.launch().ends_with(Exit::Error);
        let _ = ended
            .says("`docker compose` or `docker-compose`")
            .says("hint: install")
            .leaves_nothing();
    });
}

#[test]
fn who_does_not_want_them_needs_no_tool() {
    fenced(|| {
        let checkout = project().env("PATH", "/nowhere").flag("web").check_out();
        checkout.write("compose.yaml", "services: {db: {image: db}}\n");
        let up = checkout.up();
        let _ = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}

/// Killed with all its guards, it could not even say so.
#[test]
fn doctor_finds_containers_of_a_killed_run() {
    if !engine_for_fences() {
        return;
    }
    fenced(|| {
        let shop = Shop::new(project(), &compose("  db: {IMAGE, TALKS}\n"));
        let up = shop.up().sees("db      | first words");
        let ended = up.kills_all_of_devsup().finish();
        let checkout = ended.checkout();
        let said = checkout.call(&["doctor"]).ends_with(Exit::Error);
        let _ = said.says("1 container of a killed run is still there");
        let _ = checkout.call(&["doctor", "--fix", "--yes"]).ends_with(Exit::Ok);
        shop.has_no_container();
        let _ = checkout.call(&["doctor"]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}
