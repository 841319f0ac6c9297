//! `devsup serve`: who is let in, and each attack refused.

use crate::harness::web::Served;
use crate::harness::{Exit, Project, fenced, puppet};
use nix::sys::signal::Signal;
use serde_json::json;

/// A project that runs, served.
fn served(scenario: impl FnOnce(&Served)) {
    let up = Project::new().service("web", puppet().forks(2)).up();
    let served = up.checkout().serve();
    scenario(&served);
    served.close();
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

const KILL: &str = r#"{"scope":"project"}"#;

#[test]
fn the_page_comes_with_shields_and_the_api_with_the_token() {
    fenced(|| {
        served(|served| {
            let page = served.ask("GET /", &[], "");
            assert_eq!(page.status, 200);
            assert!(page.body.contains("<title>devsup</title>"));
            for shield in [
                "content-security-policy: default-src 'none'",
                "frame-ancestors 'none'",
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                "cache-control: no-store",
            ] {
                assert!(page.head.contains(shield), "{shield} is missing in {}", page.head);
            }
            assert!(!page.head.contains("unsafe-inline") && !page.head.contains("access-control"));
            let services = served.get("/v1/services");
            assert_eq!(services.status, 200);
            assert!(services.head.contains("nosniff"));
            assert!(services.body.contains("\"instance\":\"web\""));
            let projects = served.get("/v1/projects").json();
            let key = projects["projects"][0]["key"].as_str().expect("it has a key").to_owned();
            assert!(served.get(&format!("/p/{key}/v1/processes")).body.contains("\"pid\""));
        });
    });
}

#[test]
fn without_the_token_nobody_is_told_anything() {
    fenced(|| {
        served(|served| {
            let wrong = format!("authorization: Bearer {}", "0".repeat(served.token.len()));
            let half = format!("authorization: Bearer {}", &served.token[..10]);
            let basic = format!("authorization: Basic {}", served.token);
            let cookie = format!("cookie: token={}", served.token);
            for headers in [vec![], vec![wrong.as_str()], vec![&half], vec![&basic], vec![&cookie]] {
                for path in ["/v1/services", "/v1/projects", "/v1/logs", "/openapi.json", "/x"] {
                    let answer = served.ask(&format!("GET {path}"), &headers, "");
                    assert_eq!(answer.status, 401, "{path} {headers:?}");
                    assert!(!answer.body.contains("web"), "{}", answer.body);
                }
                let kill = served.ask("POST /v1/processes/kill", &headers, KILL);
                assert_eq!(kill.status, 401);
            }
            let in_query = format!("GET /v1/services?token={}", served.token);
            assert_eq!(served.ask(&in_query, &[], "").status, 401);
        });
    });
}

/// DNS rebinding: the attacker's name leads to us, and the browser takes us
/// for the attacker's own server.
#[test]
fn another_host_is_refused_even_with_the_token() {
    fenced(|| {
        served(|served| {
            let port = served.port;
            let key = served.key();
            for host in
                [format!("evil.example:{port}"), "127.0.0.1".to_owned(), "localhost:1".to_owned()]
            {
                let host = format!("host: {host}");
                for path in ["/", "/v1/services"] {
                    let answer = served.ask_as(&format!("GET {path}"), &[&host, &key], "");
                    assert_eq!(answer.status, 403, "{host} {path}");
                }
            }
            let none = served.ask_as("GET /v1/services", &[&key], "");
            assert!([400, 403].contains(&none.status), "{}", none.status);
            let local = format!("host: localhost:{port}");
            assert_eq!(served.ask_as("GET /v1/services", &[&local, &key], "").status, 200);
        });
    });
}

#[test]
fn another_page_is_refused_even_with_the_token() {
    fenced(|| {
        served(|served| {
            let key = served.key();
            let json = "content-type: application/json";
            for from in [
                "origin: http://evil.example",
                "origin: http://127.0.0.1:3000",
                "origin: null",
                "sec-fetch-site: cross-site",
                // Another port of this machine is the same site, and not us.
                "sec-fetch-site: same-site",
            ] {
                let answer = served.ask("POST /v1/processes/kill", &[&key, json, from], KILL);
                assert_eq!(answer.status, 403, "{from}");
                assert!(!answer.head.contains("access-control"), "{}", answer.head);
                let asked = "access-control-request-method: POST";
                let before = served.ask("OPTIONS /v1/processes/kill", &[from, asked], "");
                assert!([401, 403].contains(&before.status), "{from}");
                assert!(!before.head.contains("access-control-allow"), "{}", before.head);
            }
            let own = format!("origin: http://127.0.0.1:{}", served.port);
            let answer = served.ask("GET /v1/services", &[&key, &own, "sec-fetch-site: same-origin"], "");
            assert_eq!(answer.status, 200);
        });
    });
}

/// A form can be sent from anywhere without asking first, with these kinds.
#[test]
fn a_form_is_refused() {
    fenced(|| {
        served(|served| {
            let key = served.key();
            for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
                let kind = format!("content-type: {kind}");
                let without = served.ask("POST /v1/processes/kill", &[&kind], KILL);
                assert_eq!(without.status, 401, "{kind}");
                let with = served.ask("POST /v1/processes/kill", &[&key, &kind], KILL);
                assert_eq!(with.status, 400, "{kind}");
            }
        });
    });
}

#[test]
fn no_path_leads_to_a_file() {
    fenced(|| {
        served(|served| {
            for path in [
                "/../../etc/passwd",
                "/..%2f..%2fetc%2fpasswd",
                "//etc/passwd",
                "/assets/../app.js",
                "/p/../v1/services",
                "/p/..%2f..%2fx/v1/services",
                "/p/%2e%2e/v1/services",
                "/app.js/../../Cargo.toml",
            ] {
                let open = served.ask(&format!("GET {path}"), &[], "");
                assert_eq!(open.status, 401, "{path}");
                let answer = served.get(path);
                assert!([400, 404, 503].contains(&answer.status), "{path}: {}", answer.status);
                assert!(!answer.body.contains("root:"), "{path}");
            }
        });
    });
}

#[test]
fn a_huge_body_or_head_is_refused_and_the_next_one_served() {
    fenced(|| {
        served(|served| {
            let huge = format!("{{\"scope\":\"{}\"}}", "x".repeat(1 << 20));
            let key = served.key();
            let json = "content-type: application/json";
            let body = served.ask("POST /v1/processes/kill", &[&key, json], &huge);
            // Refused before all of it was read, which can end the connection.
            assert!([413, 0].contains(&body.status), "{}", body.status);
            let long = format!("x-long: {}", "y".repeat(1 << 17));
            let head = served.ask("GET /v1/services", &[&key, &long], "");
            assert!([431, 400, 0].contains(&head.status), "{}", head.status);
            assert_eq!(served.get("/v1/services").status, 200);
        });
    });
}

#[test]
fn other_machines_are_kept_out_unless_it_is_said_twice() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let refused = checkout.call(&["serve", "--listen", "0.0.0.0", "--port", "0"]);
        let _ = refused.ends_with(Exit::Usage).says("--i-know");
        let known = checkout.start(&["serve", "--listen", "0.0.0.0", "--port", "0", "--i-know"]);
        let _ = known.sees("#token=").signal(Signal::SIGINT).finish();
    });
}

#[test]
fn each_start_has_a_token_of_its_own() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let (one, other) = (checkout.serve(), checkout.serve());
        assert_ne!(one.token, other.token);
        let stolen = format!("authorization: Bearer {}", other.token);
        assert_eq!(one.ask("GET /v1/projects", &[&stolen], "").status, 401);
    });
}

#[test]
fn where_nothing_runs_it_says_so_and_still_shows_what_is_left() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let served = checkout.serve();
        let services = served.get("/v1/services");
        assert_eq!(services.status, 503);
        assert_eq!(services.json()["error"]["code"], "not_running");
        let processes = served.get("/v1/processes");
        assert_eq!(processes.json()["totals"]["processes"], 0);
        let up = checkout.up();
        assert_eq!(served.get("/v1/services").status, 200);
        let done = served.post("/v1/processes/kill", &json!({"scope": "project", "dry_run": true}));
        assert_eq!(done.json()["plan"]["targets"].as_array().map(Vec::len), Some(1));
        served.close();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
