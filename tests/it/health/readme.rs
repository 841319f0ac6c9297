//! The example of the README, as it stands there.

use crate::harness::{Exit, Project, binary, fenced, free_port};
use nix::sys::signal::Signal;
use std::fs;

const README: &str = include_str!("../../../README.md");

/// What stands between the marker and the end of its block.
fn example() -> &'static str {
    let behind = README.split_once("<!-- health -->\n```yaml\n").expect("there is a marker").1;
    behind.split_once("```").expect("the block has an end").0
}

/// With programs that do what their names promise.
#[test]
fn the_example_does_what_the_section_says() {
    fenced(|| {
        let (port, socket) = (free_port(), std::env::temp_dir().join("shop.sock"));
        let text = example().replace("8080", &port.to_string());
        let text = text.replace("/tmp/shop.sock", &socket.to_string_lossy());
        let checkout = Project::new().check_out();
        checkout.write("devsup.yaml", &text);
        fs::create_dir(checkout.root().join("bin")).expect("a directory");
        let page = checkout.beside("page");
        fs::write(&page, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("written");
        let puppet = |role: &str, words: &str| {
            let (puppet, registry) = (binary("puppet"), checkout.registry());
            let (puppet, registry) = (puppet.display(), registry.display());
            let text = format!("#!/bin/sh\nexec {puppet} {registry} - {role} {words}\n");
            checkout.write_script(&format!("bin/{role}"), &text, 0o755);
        };
        puppet("db", "listen-unix=$2");
        puppet("api", &format!("serve={port}:{}", page.display()));
        puppet("worker", "");
        let up = checkout.launch().sees("3 services are up in ");
        let up = up.waits_until("the worker has begun", || {
            checkout.roles_that("settled").contains(&"worker".to_owned())
        });
        let first = checkout.process("worker");
        fs::write(checkout.root().join("bin/worker"), "#!/bin/sh\nexit 1\n").expect("written");
        first.signal(Signal::SIGKILL);
        let up = up.sees("worker crashed: killed by SIGKILL").sees("started again in 1 s");
        let up = up.sees("worker crashed: exit 1").sees("started again in 2 s (restart 2)");
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
    });
}
