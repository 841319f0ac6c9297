//! The page of `devsup serve` in a real browser.

mod hands;
mod jobs;
mod pictures;

use crate::harness::browser::Browser;
use crate::harness::web::Served;
use crate::harness::{Checkout, Exit, Project, Running, fenced, puppet};
use nix::sys::signal::Signal;

/// Lines of a flood in a second.
const FLOOD: usize = 50_000;

/// A project that runs, and a browser that looks at it; skipped where there is
/// no browser.
fn seen(project: Project, scenario: impl FnOnce(&Browser, &Served, &Checkout)) {
    let Some(browser) = Browser::open() else { return };
    let up: Running = project.up();
    let served = up.checkout().serve();
    browser.go(&served.url());
    scenario(&browser, &served, up.checkout());
    drop(browser);
    served.close();
    up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
}

#[test]
fn the_page_loads_with_the_token_and_not_without() {
    fenced(|| {
        seen(Project::new().service("web", puppet()), |browser, served, _| {
            browser.waits_until("document.querySelector('[data-instance=web]')");
            let address = browser.run("return location.href");
            assert!(!address.to_string().contains(&served.token), "{address}");
            // All of it comes from here, so it needs no network.
            let foreign = "performance.getEntriesByType('resource')\
                .filter((one) => !one.name.startsWith(location.origin)).map((one) => one.name)";
            assert_eq!(browser.run(&format!("return {foreign}")), serde_json::json!([]));
            // Kept for this tab, so that it can be loaded again.
            browser.run("location.reload()");
            browser.waits_until("document.querySelector('[data-instance=web]')");
            browser.run("sessionStorage.clear()");
            browser.go(&format!("http://127.0.0.1:{}/", served.port));
            browser.waits_until("!document.getElementById('locked').hidden");
            assert!(browser.texts("[data-instance]").is_empty());
            browser.go(&format!("http://127.0.0.1:{}/?#token=00", served.port));
            browser.waits_until("!document.getElementById('locked').hidden");
            assert!(browser.texts("[data-instance]").is_empty());
        });
    });
}

#[test]
fn the_tree_shows_the_children_of_a_service() {
    fenced(|| {
        let project = Project::new().service("web", puppet().child(puppet().forks(2)));
        seen(project, |browser, _, checkout| {
            browser.clicks("#tab-processes");
            for role in ["web", "web/1", "web/1/1", "web/1/2"] {
                let pid = checkout.process(role).pid;
                browser.waits_until(&format!("document.getElementById('row-p-{pid}')"));
            }
            let pid = checkout.process("web/1/1").pid;
            let level =
                format!("document.getElementById('row-p-{pid}')?.getAttribute('aria-level')");
            assert_eq!(browser.waits_for(&level), "3");
            // Folded, what is below it goes.
            let middle = checkout.process("web/1").pid;
            browser.clicks(&format!("#row-p-{middle} .toggle"));
            browser.waits_until(&format!("!document.getElementById('row-p-{pid}')"));
        });
    });
}

#[test]
fn the_dialog_lists_whom_it_kills_and_kills_exactly_these() {
    fenced(|| {
        let project = Project::new()
            .service("web", puppet().child(puppet().forks(2)))
            .service("db", puppet().forks(1));
        seen(project, |browser, _, checkout| {
            browser.clicks("#tab-processes");
            let pid = checkout.process("web/1").pid;
            browser.clicks(&format!("#row-p-{pid} .row-kill button"));
            browser.waits_until("!document.getElementById('kill-confirm').hidden");
            let mut listed = browser.texts("[aria-label='Will be killed'] .pid");
            listed.sort();
            let mut meant =
                ["web/1", "web/1/1", "web/1/2"].map(|role| checkout.process(role).pid.to_string());
            meant.sort();
            assert_eq!(listed, meant);
            let spared = browser.texts("[aria-label=Spared] .pid");
            assert!(spared.contains(&checkout.process("db").pid.to_string()), "{spared:?}");
            assert!(checkout.process("web/1").lives(), "only looked at so far");
            browser.clicks("#kill-confirm");
            browser.waits_until("!document.getElementById('kill').open");
            let lives = |role: &str| checkout.process(role).lives();
            assert!(!lives("web/1") && !lives("web/1/1") && !lives("web/1/2"));
            assert!(lives("web") && lives("db") && lives("db/1"));
        });
    });
}

/// While a flood comes in, the page goes on drawing frames, follows the end,
/// and holds no more than the lines in sight.
#[test]
fn a_flood_of_lines_does_not_freeze_the_page() {
    fenced(|| {
        let project = Project::new().service("web", puppet().pours(FLOOD));
        seen(project, |browser, _, _| {
            browser.clicks("#tab-logs");
            browser.waits_until("document.querySelectorAll('#log .line').length > 5");
            let first = browser.run("return document.querySelector('.lines').textContent");
            browser.run(
                "window.frames_seen = 0; const count = () => { window.frames_seen += 1; \
                 requestAnimationFrame(count); }; count();",
            );
            browser.waits_until("window.frames_seen > 60");
            browser.waits_until("document.querySelectorAll('#log .line').length > 5");
            let elements = browser.run("return document.querySelectorAll('#log .line').length");
            assert!(elements.as_u64().is_some_and(|count| count < 300), "{elements}");
            // It follows.
            browser
                .waits_until(&format!("document.querySelector('.lines').textContent !== {first}"));
            // Scrolled up, it stays where it is.
            browser.run("document.getElementById('log').scrollTop = 0");
            browser.waits_until("!document.getElementById('log-latest').hidden");
            browser.clicks("#log-latest");
            browser.waits_until("document.getElementById('log-latest').hidden");
        });
    });
}

#[test]
fn a_crash_appears_by_itself() {
    fenced(|| {
        let project = Project::new().service("web", puppet()).service("db", puppet());
        seen(project, |browser, _, checkout| {
            let mood = "document.querySelector('[data-instance=web]')?.dataset.mood";
            browser.waits_until(&format!("{mood} === 'good'"));
            checkout.process("web").signal(Signal::SIGKILL);
            browser.waits_until(&format!("{mood} === 'bad'"));
            browser.waits_until("document.querySelector('.toast.bad')");
            let words = browser.texts("[data-instance=web] .state-words");
            assert!(words[0].contains("failed") && words[0].contains("SIGKILL"), "{words:?}");
            assert!(browser.texts("#activity li").iter().any(|line| line.contains("SIGKILL")));
        });
    });
}
