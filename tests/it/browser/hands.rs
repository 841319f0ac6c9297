//! What a person does with the page: keys alone, buttons, words to look for, and
//! what is shown when there is nothing or very much.

use super::{Browser, seen};
use crate::harness::{Exit, Project, fenced, puppet};

const DOWN: char = '\u{e015}';
const UP: char = '\u{e013}';
const LEFT: char = '\u{e012}';
const RIGHT: char = '\u{e014}';
const DELETE: char = '\u{e017}';
const ESCAPE: char = '\u{e00c}';
const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';

/// Rows that are elements: those in sight and a few more.
const MOST_ROWS: usize = 100;

#[test]
fn keys_alone_will_do() {
    fenced(|| {
        let project = Project::new().service("web", puppet().child(puppet().forks(2)));
        seen(project, |browser, _, checkout| {
            browser.waits_until("document.querySelector('[data-instance=web]')");
            browser.presses(&['2']);
            browser
                .waits_until("document.getElementById('tab-processes') === document.activeElement");
            let pid = |role: &str| checkout.process(role).pid;
            browser.waits_until(&format!("document.getElementById('row-p-{}')", pid("web/1/2")));
            // Through the filter, the choice, the box and the buttons, into the tree.
            while browser.run("return document.activeElement.id") != "tree" {
                browser.presses(&[TAB]);
            }
            // The heading, the service, its child.
            browser.presses(&[DOWN, DOWN, DOWN]);
            is_active(browser, pid("web/1"));
            browser.presses(&[LEFT]);
            browser.waits_until(&format!("!document.getElementById('row-p-{}')", pid("web/1/1")));
            browser.presses(&[RIGHT]);
            browser.waits_until(&format!("document.getElementById('row-p-{}')", pid("web/1/1")));
            browser.presses(&[DOWN, UP, DELETE]);
            browser.waits_until("!document.getElementById('kill-confirm').hidden");
            browser.presses(&[ESCAPE]);
            browser.waits_until("!document.getElementById('kill').open");
            assert!(checkout.process("web/1").lives(), "it was not confirmed");
            is_active(browser, pid("web/1"));
            browser.presses(&[DELETE]);
            browser.waits_until("document.activeElement.id === 'kill-confirm'");
            browser.presses(&[ENTER]);
            browser.waits_until("!document.getElementById('kill').open");
            assert!(!checkout.process("web/1/1").lives() && checkout.process("web").lives());
        });
    });
}

fn is_active(browser: &Browser, pid: i32) {
    let active = "document.getElementById('tree').getAttribute('aria-activedescendant')";
    browser.waits_until(&format!("{active} === 'row-p-{pid}'"));
}

#[test]
fn a_service_is_stopped_started_and_started_again() {
    fenced(|| {
        let project = Project::new().service("web", puppet().forks(1)).service("db", puppet());
        seen(project, |browser, _, checkout| {
            let button = |verb: &str| format!("[data-instance=web] [aria-label='{verb} web']");
            let mood = "document.querySelector('[data-instance=web]')?.dataset.mood";
            let first = checkout.process("web");
            browser.clicks(&button("Restart"));
            browser.waits_until(&format!("{mood} === 'good'"));
            crate::harness::wait::until_so("there is another", || {
                checkout.process("web") != first && checkout.process("web").lives()
            });
            browser.clicks(&button("Stop"));
            browser.waits_until(&format!("{mood} === 'off'"));
            assert!(!checkout.process("web").lives() && checkout.process("db").lives());
            browser.clicks(&button("Start"));
            browser.waits_until(&format!("{mood} === 'good'"));
        });
    });
}

#[test]
fn lines_have_their_colours_and_are_looked_for() {
    fenced(|| {
        let alert = puppet().says("\u{1b}[31mred\u{1b}[0m alert").says("all is well");
        let project = Project::new().service("web", alert).service("db", puppet().says("here"));
        seen(project, |browser, _, _| {
            browser.clicks("#tab-logs");
            browser.waits_until("document.querySelectorAll('#log .line').length === 3");
            assert_eq!(browser.texts("#log .line .fore-red"), ["red"]);
            browser.run(
                "const field = document.getElementById('log-search'); field.value = 'ALERT'; \
                 field.dispatchEvent(new Event('input'))",
            );
            browser.waits_until("document.querySelectorAll('#log .line').length === 1");
            assert_eq!(browser.texts("#log .line mark"), ["alert"]);
        });
    });
}

/// Markup in a line is text.
#[test]
fn a_line_is_no_markup() {
    fenced(|| {
        let evil = "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>";
        let project = Project::new().service("web", puppet().says(evil));
        seen(project, |browser, _, _| {
            browser.clicks("#tab-logs");
            browser.waits_until("document.querySelectorAll('#log .line').length === 1");
            assert!(browser.texts("#log .line")[0].ends_with(evil));
            assert_eq!(browser.run("return window.hit ?? 0"), 0);
        });
    });
}

/// Nothing runs, then something does, then its supervisor is killed.
#[test]
fn it_follows_a_project_that_comes_and_goes() {
    fenced(|| {
        let Some(browser) = Browser::open() else { return };
        let checkout = Project::new().service("web", puppet().forks(1)).check_out();
        let served = checkout.serve();
        browser.go(&served.url());
        browser.waits_until("!document.getElementById('nothing').hidden");
        let up = checkout.up();
        browser
            .waits_until("document.querySelector('[data-instance=web]')?.dataset.mood === 'good'");
        assert_eq!(browser.run("return document.getElementById('nothing').hidden"), true);
        let up = up.kills_supervisor();
        browser.waits_until("!document.getElementById('nothing').hidden");
        assert!(browser.texts("[data-instance]").is_empty());
        drop(browser);
        served.close();
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        up.finish().leaves_nothing();
    });
}

#[test]
fn many_processes_are_few_elements() {
    fenced(|| {
        seen(Project::new().service("web", puppet().forks(300)), |browser, _, _| {
            browser.clicks("#tab-processes");
            browser.waits_until("document.getElementById('tree').ariaRowCount === '302'");
            let rows = "document.querySelectorAll('#tree .row').length";
            let count = browser.run(&format!("return {rows}")).as_u64().expect("a number");
            assert!(count > 5 && count < MOST_ROWS as u64, "{count}");
            browser.run("document.getElementById('tree').scrollTop = 1e6");
            browser.waits_until("document.querySelector('#tree [aria-rowindex=\"302\"]')");
            browser.run("document.getElementById('leaders-only').click()");
            browser.waits_until("document.getElementById('tree').ariaRowCount === '2'");
        });
    });
}

/// What a reader of screens is told: names of all that can be pressed or typed in.
#[test]
fn everything_has_a_name() {
    fenced(|| {
        seen(Project::new().service("web", puppet()), |browser, _, _| {
            browser.waits_until("document.querySelector('[data-instance=web]')");
            let nameless = "return [...document.querySelectorAll('button, input, select, \
                [role=table], [role=treegrid], [role=log], svg[role=img]')].filter((one) => \
                !one.ariaLabel && !one.labels?.length && !one.textContent.trim() && \
                !one.getAttribute('aria-label')).map((one) => one.outerHTML)";
            assert_eq!(browser.run(nameless), serde_json::json!([]));
            assert_eq!(browser.run("return document.documentElement.lang"), "en");
        });
    });
}
