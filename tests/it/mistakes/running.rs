//! Mistakes that show only when something starts.

use super::{Case, NEVER, case, fenced_text, mistakes, report};

fn up(name: &'static str, command: &str) -> Case {
    let text =
        format!("services:\n  web:\n    command: {command}\n  api: {{command: sleep 1000}}\n");
    case(name, "devsup up --abort-on-exit").file("devsup.yaml", text)
}

#[test]
fn of_starting() {
    mistakes![
        up("a program that is not there", "nmp run dev"),
        up("a file that is not there", "./bin/sever"),
        up("a file that may not be run", "./server").file("server", "#!/bin/sh\n"),
        up("a script of a missing interpreter", "[./server]").file("server", "#!/usr/bin/pyton\n"),
        up("a directory that is not there", "pwd\n    working_dir: wbe"),
        up("a shell that does not understand", "'if true; echo'"),
    ];
}
