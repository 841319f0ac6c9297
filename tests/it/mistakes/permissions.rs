//! Places that may not be read or written, and records that are not what they
//! should be.

use super::{Case, NEVER, case, fenced_text, fine, mistakes, report};

/// Ends by itself, and well.
const SHORT: &str = "services:\n  web: {command: echo done}\n";

/// Starts a service that ends once devsup has warned of something.
fn warned(name: &'static str, before: &str) -> Case {
    let line = format!(
        "{before}; mkfifo go; set -o pipefail; devsup up 2>&1 | while read -r said; do \
         case $said in '! '*) echo \"$said\"; echo > go;; esac; done"
    );
    let service = "services: {web: {command: [sh, -c, \"echo done; read x < go\"]}}\n";
    case(name, &line).file("devsup.yaml", service)
}

fn short(name: &'static str, line: &str) -> Case {
    case(name, line).file("devsup.yaml", SHORT)
}

#[test]
fn of_places() {
    mistakes![
        short("a project that may not be written", "chmod a-w .; devsup up"),
        short("nowhere to write", "chmod a-w . ~; devsup up"),
        short("nowhere for sockets", "XDG_RUNTIME_DIR=/proc/nowhere devsup up"),
        short("a file for the records", "touch .pids; devsup up"),
        short("a link for the records", "ln -s /tmp .pids; devsup up"),
        short("records that may not be read", "mkdir .pids; chmod 0 .pids; devsup up"),
        warned("logs that may not be written", "mkdir -p .pids/logs; chmod a-w .pids/logs"),
        warned("a directory for a log", "mkdir -p .pids/logs/web.log"),
        short(
            "a log that may not be read",
            "mkdir -p .pids/logs; echo x > .pids/logs/web.log; chmod 0 .pids/logs/web.log; devsup logs"
        ),
        fine("a first file that may not be written", "rm devsup.yaml; chmod a-w .; devsup init"),
        case("a directory that may not be entered", "mkdir in; chmod 0 in; devsup -C in up"),
        fine("output that may not be written", "devsup config >&-"),
    ];
}

#[test]
fn of_records() {
    mistakes![
        short("damaged, and up", "devsup up").file(".pids/run.json", "{\"version\": 1"),
        short("damaged, and down", "devsup down").file(".pids/run.json", "nonsense"),
        short("of a newer devsup", "devsup down").file(".pids/run.json", "{\"version\": 99}"),
        short("lists alone", "devsup down").file(".pids/services.pids.groups", "PGID:web:4711\n"),
        short("a log of another tool", "devsup logs").file(".pids/logs/web.log", "plain words\n"),
    ];
}
