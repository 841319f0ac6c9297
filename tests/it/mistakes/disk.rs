//! Disks without room, and limits that are reached.

use super::{Case, NEVER, case, fenced_text, fine, mistakes, report};

/// Types a line in a project on a disk of its own, in which this many kB are
/// free.
fn full(name: &'static str, free: u32, line: &str) -> Case {
    let script = format!(
        "mount -t tmpfs -o size=64k none . && cd ../shop && cp -r ../shop.files/. . \
         && head -c $((56 - {free}))k /dev/zero > ballast; {line}"
    );
    let line = format!("unshare -rm bash -c '{script}'");
    case(name, &line).file("../shop.files/devsup.yaml", "services: {web: {command: echo done}}\n")
}

#[test]
fn of_disks() {
    mistakes![
        full("full, and up", 0, "devsup up"),
        full("full, and init", 0, "rm devsup.yaml; cat /dev/zero > more; devsup init"),
        full("full for a service", 16, "devsup up"),
        fine("output to a full disk", "devsup config > /dev/full"),
        fine("completions to a full disk", "devsup completions bash > /dev/full"),
        fine(
            "logs to a full disk",
            "mkdir -p .pids/logs; echo '2026-01-01T00:00:00.000000000Z stdout F x' > .pids/logs/web.log; devsup logs > /dev/full"
        ),
        fine("a plan to a full disk", "devsup up --dry-run > /dev/full"),
    ];
}

#[test]
fn of_limits() {
    mistakes![
        fine("few open files", "ulimit -n 12; devsup up"),
        fine("no processes", "ulimit -u 0; devsup up"),
    ];
}
