//! Jobs on the page: beside the services, in the tree, and gone when they are.

use super::seen;
use crate::harness::wait::until_so;
use crate::harness::{Project, fenced, puppet};
use crate::jobs::{process, start, status};

#[test]
fn jobs_are_shown_with_their_tags_and_go_when_they_are_killed() {
    fenced(|| {
        seen(Project::new().service("web", puppet()), |browser, _, checkout| {
            browser.waits_until("document.querySelector('[data-instance=web]')");
            assert_eq!(browser.run("return document.getElementById('jobs').hidden"), true);
            let job = |tag| start(checkout, &["--tag", tag, "--", "sleep", "1000"]);
            let (id, other) = (job("watch"), job("build"));
            let row = |id: &str| format!("[data-job='{id}']");
            for (id, tag) in [(&id, "watch"), (&other, "build")] {
                browser.waits_until(&format!("document.querySelector(\"{}\")", row(id)));
                assert_eq!(browser.texts(&format!("{} .tag", row(id))), [tag]);
                assert_eq!(browser.texts(&format!("{} code", row(id))), ["sleep 1000"]);
            }
            // The list is drawn again with every look; who stands in it stays there.
            let button = format!("{} button", row(&id));
            browser.run(&format!("document.querySelector(\"{button}\").focus()"));
            let time = format!("document.querySelector(\"{} .note\").textContent", row(&id));
            let before = browser.run(&format!("return {time}"));
            browser.waits_until(&format!("{time} !== {before}"));
            let focused = format!("return document.activeElement.matches(\"{button}\")");
            assert_eq!(browser.run(&focused), true);
            // In the tree they stand behind the services.
            browser.clicks("#tab-processes");
            let pid = process(checkout, &id).pid;
            browser.waits_until(&format!("document.getElementById('row-p-{pid}')"));
            let headings = browser.texts("#tree .group-name");
            assert!(headings.contains(&format!("job {id}")), "{headings:?}");
            browser.clicks("#tab-services");
            browser.clicks(&button);
            browser.waits_until("!document.getElementById('kill-confirm').hidden");
            assert_eq!(browser.texts("[aria-label='Will be killed'] .pid"), [pid.to_string()]);
            browser.clicks("#kill-confirm");
            browser.waits_until(&format!("!document.querySelector(\"{}\")", row(&id)));
            until_so("the job is over", || status(checkout, &id) != "running");
            assert_eq!(status(checkout, &other), "running");
            let _ = checkout.call(&["job", "kill", &other]).ends_with(crate::harness::Exit::Ok);
            browser.waits_until("document.getElementById('jobs').hidden");
        });
    });
}
