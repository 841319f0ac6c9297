//! Values that must not be seen: in the stream, in the files, in the history,
//! in what is printed as JSON.

use crate::harness::wait::until_so;
use crate::harness::{Checkout, Exit, Project, fenced};
use nix::sys::signal::Signal;
use std::fs;

const VALUE: &str = "hunter2hunter2";

/// Writes its secrets, also to a child's command line, and then rests.
fn talker() -> Project {
    let command = "sh -c 'echo token $API_TOKEN; echo odd $ODD >&2; sh -c \"echo ready; sleep 1000; :\" \
                   $API_TOKEN; :'";
    Project::new().command("web", command).with("web", "tty: false").with(
        "web",
        &format!("environment: {{API_TOKEN: {VALUE}, ODD: {{value: oddly, secret: true}}}}"),
    )
}

fn is_nowhere_in(checkout: &Checkout) {
    for name in ["logs/web.log", "history.jsonl", "run.json"] {
        let text = checkout.ledger_text(name);
        assert!(!text.contains(VALUE) && !text.contains("oddly"), "{name}:\n{text}");
    }
}

#[test]
fn stream_files_and_history_do_not_have_them() {
    fenced(|| {
        let up = talker().launch().sees("web | ready");
        let checkout = up.checkout().clone();
        is_nowhere_in(&checkout);
        let logs = checkout.call(&["logs", "--json"]).ends_with(Exit::Ok);
        let _ = logs.says("token ********").says("odd ********").never_says(VALUE);
        let plan = checkout.down(&["--dry-run", "--json"]);
        let _ = plan.says("echo ready").never_says(VALUE);
        let ended = up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        let _ = ended.says("token ********").never_says(VALUE).never_says("oddly");
        is_nowhere_in(&checkout);
        assert!(checkout.ledger_text("history.jsonl").contains("echo ready"));
    });
}

#[test]
fn a_crash_does_not_tell_them() {
    fenced(|| {
        let up = Project::new()
            .command("web", "sh -c 'echo $API_TOKEN; exit 3'")
            .env("API_TOKEN", VALUE)
            .launch();
        let ended = up.ends_with(Exit::Error).leaves_nothing();
        let _ = ended.says("│ ********").never_says(VALUE);
    });
}

#[test]
fn without_a_supervisor_down_hides_them_too() {
    fenced(|| {
        let up = talker().launch().sees("web | ready").kills_all_of_devsup();
        let ended = up.finish();
        let checkout = ended.checkout();
        let down = checkout.down(&["--json"]).ends_with(Exit::Ok);
        let _ = down.says("echo ready").never_says(VALUE);
        let left = fs::read_dir(checkout.root().join(".pids")).expect("it is there");
        assert!(left.count() > 0);
        is_nowhere_in(checkout);
        checkout.leaves_nothing();
    });
}

/// Its guard writes what it says then.
#[test]
fn without_a_supervisor_its_log_does_not_have_them() {
    fenced(|| {
        let command = "sh -c 'echo ready; until [ -e go ]; do sleep 0.01; done; \
                       echo token $API_TOKEN; echo said; exec sleep 1000'";
        let project = Project::new().command("web", command).env("API_TOKEN", VALUE);
        let up = project.flag("--on-supervisor-death stay").launch().sees("ready");
        let ended = up.kills_all_but_guards().finish();
        let checkout = ended.checkout();
        checkout.write("go", "");
        until_so("it is written", || checkout.ledger_text("logs/web.log").contains("F said"));
        assert!(checkout.ledger_text("logs/web.log").contains("F token ********"));
        is_nowhere_in(checkout);
        let _ = checkout.down(&[]).ends_with(Exit::Ok);
        checkout.leaves_nothing();
    });
}
