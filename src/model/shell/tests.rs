//! Which commands get an `exec`, and that a real shell agrees.

use super::{exec_prefix, first_word};
use proptest::prelude::*;
use std::process::Command;

#[test]
fn simple_commands_get_exec() {
    for (command, expected) in [
        ("server", "exec server"),
        ("  server -p 1", "  exec server -p 1"),
        ("A=1 B='x y' server $PORT", "A=1 B='x y' exec server $PORT"),
        ("A=$(pwd) server", "A=$(pwd) exec server"),
        ("server >log 2>&1 </dev/null", "exec server >log 2>&1 </dev/null"),
        (">log server", ">log exec server"),
        ("2>log server", "2>log exec server"),
        ("server # a; b", "exec server # a; b"),
        ("'my server' x", "exec 'my server' x"),
        ("~/bin/server", "exec ~/bin/server"),
        ("server \"$(date; id)\" `id` ${A:-;}", "exec server \"$(date; id)\" `id` ${A:-;}"),
        ("server \\\n  -p 1\n", "exec server \\\n  -p 1\n"),
        ("node -e 'a && b'", "exec node -e 'a && b'"),
        ("a\\;b", "exec a\\;b"),
        ("env A=1 server", "exec env A=1 server"),
        ("x=y=z w", "x=y=z exec w"),
        ("2x=1 w", "exec 2x=1 w"),
    ] {
        assert_eq!(exec_prefix(command), expected, "{command:?}");
    }
}

#[test]
fn everything_else_stays_as_it_is() {
    for command in [
        "",
        "   ",
        "# only a comment",
        "A=1",
        "a && b",
        "a; b",
        "a | b",
        "a &",
        "a &> log",
        "(a)",
        "{ a; }",
        "! a",
        "a\nb",
        "cd x",
        "exec a",
        "echo hi",
        "true",
        "if a",
        "$CMD x",
        "\"$CMD\" x",
        "`which a`",
        "a <<E\nE",
        "a <(b)",
        "a 'unclosed",
        "a \"unclosed",
        "a $(unclosed",
        "a ${unclosed",
        "a `unclosed",
        "a >",
        "[ -f x ]",
        "./bin/* x",
        "''",
    ] {
        assert_eq!(exec_prefix(command), command, "{command:?}");
    }
}

#[test]
fn the_program_of_a_simple_command_is_known() {
    for (command, expected) in [
        ("A=1 ./server x", Some("./server")),
        ("exec ./server x", Some("./server")),
        ("'my server' x", Some("my server")),
        ("my\\ server", Some("my server")),
        (">log server", Some("server")),
        ("~/bin/server", None),
        ("$X", None),
        ("cd x", None),
        ("a; b", None),
        ("exec", None),
        ("", None),
    ] {
        assert_eq!(first_word(command).as_deref(), expected, "{command:?}");
    }
}

/// What a shell prints for a command must not depend on our `exec`.
#[test]
fn a_shell_does_the_same_with_and_without_exec() {
    for command in [
        "A=1 sh -c 'echo $A'",
        "A='x y' B=\"$A\" sh -c 'echo \"$A-$B\"'",
        "sh -c 'echo out; echo err >&2' 2>&1",
        "2>&1 A=3 sh -c 'echo $A >&2'",
        "sh -c 'echo \"$1\"' sh \"$(printf '%s' '; x')\" # note; echo no",
    ] {
        let run = |text: &str| Command::new("/bin/sh").args(["-c", text]).output();
        let (plain, with) = (run(command), run(&exec_prefix(command)));
        assert_ne!(exec_prefix(command), command);
        assert_eq!(plain.expect("sh runs").stdout, with.expect("sh runs").stdout, "{command}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ -~\n\t\u{e9}]{0,40}") {
        let prefixed = exec_prefix(&text);
        prop_assert!(prefixed == text || prefixed.len() == text.len() + 5);
        first_word(&text);
    }

    #[test]
    fn no_shell_text_makes_it_panic(text in r#"[a$(){}`'"\\ ;=<>&1#*~]{0,24}"#) {
        exec_prefix(&text);
        first_word(&text);
    }
}
