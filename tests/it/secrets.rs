//! Values that must not be seen: in the stream, in the files, in the history,
//! in what is printed as JSON.

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
