//! Mistakes that show only when something starts.

use super::{Case, NEVER, case, fenced_text, mistakes, report};

fn run(name: &'static str, line: &str, command: &str) -> Case {
    case(name, line).file("devsup.yaml", format!("services:\n  web:\n    command: {command}\n"))
}

#[test]
fn of_starting() {
    mistakes![
        run("a program that is not there", "devsup up", "nmp run dev"),
        run("a file that is not there", "devsup up", "./bin/sever"),
        run("a file that may not be run", "devsup up", "./server").file("server", "#!/bin/sh\n"),
        run("a script of a missing interpreter", "chmod +x server; devsup up", "[./server]")
            .file("server", "#!/usr/bin/pyton\n"),
        run("a directory that is not there", "devsup up", "pwd\n    working_dir: wbe"),
        run("a shell that does not understand", "devsup up", "'if true; echo'"),
        run("a program that crashes", "devsup up", "sh -c 'kill -SEGV $$'"),
        case("one of a Procfile", "devsup up").file("Procfile", "web: nmp run dev\n"),
    ];
}
