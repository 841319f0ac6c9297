//! Every input that other readers of Procfiles were tried on, with our answer,
//! and why it is not theirs where they differ.

use super::super::source::Source;
use super::parse;
use proptest::prelude::*;
use std::path::Path;

fn answer(text: &str) -> String {
    let source = Source::new(Path::new("/p/Procfile"), "Procfile".to_owned(), text);
    let mut diagnostics = Vec::new();
    let entries = parse(&source, &mut diagnostics);
    let entries =
        entries.iter().map(|entry| format!("{}={:?}", entry.name.value, entry.command.value));
    let said = diagnostics.iter().map(|diagnostic| format!("[{}]", diagnostic.message));
    entries.chain(said).collect::<Vec<_>>().join(" ")
}

#[test]
fn inputs_that_other_readers_were_tried_on() {
    const SLASH: &str =
        "[a service name can't contain `/`; letters, digits, `_`, `.` and `-` are allowed]";
    const ACCENT: &str =
        "[a service name can't contain `é`; letters, digits, `_`, `.` and `-` are allowed]";
    for (input, expected, reason) in [
        ("web: cmd a", r#"web="cmd a""#, ""),
        ("web:cmd", r#"web="cmd""#, "overmind and hivemind drop the line"),
        ("web:\tcmd", r#"web="cmd""#, ""),
        ("web:    cmd", r#"web="cmd""#, ""),
        ("  web: cmd", r#"web="cmd""#, "all but goreman drop the line"),
        ("web : cmd", r#"web="cmd""#, "all but goreman drop the line"),
        ("# web: cmd", "", ""),
        ("#web: cmd", "", ""),
        ("web: cmd # note", r#"web="cmd # note""#, "the shell knows comments"),
        ("web: cmd   ", r#"web="cmd""#, "the others keep the blanks, which mean nothing"),
        ("web: cmd\r\nworker: c2\r\n", r#"web="cmd" worker="c2""#, ""),
        ("web-1: cmd", r#"web-1="cmd""#, ""),
        ("web_1: cmd", r#"web_1="cmd""#, ""),
        ("web.1: cmd", r#"web.1="cmd""#, "all but goreman drop the line"),
        (
            "-web: cmd",
            "[a service name can't start with `-`]",
            "the name could not be told from a flag on our command line",
        ),
        ("a/b: cmd", SLASH, "goreman takes it, the others drop it; it can't name a log file"),
        ("wéb: cmd", ACCENT, "goreman takes it, the others drop it silently"),
        ("web:", "[`web` has no command]", "dropped, or run as nothing"),
        ("web: ", "[`web` has no command]", "foreman runs a blank"),
        (
            "web: a\nweb: b",
            r#"web="a" [`web` stands here twice: in line 1 and in line 2]"#,
            "foreman and goreman run both under one name",
        ),
        (
            "web: a \\\n  b",
            r#"web="a \\" [this line is no entry: it has no `:`]"#,
            "all drop the second line and run the first with a stray backslash",
        ),
        ("web: a:b: c", r#"web="a:b: c""#, ""),
        ("web: echo \"a b\" 'c'", r#"web="echo \"a b\" 'c'""#, ""),
        ("web: FOO=1 cmd $PORT", r#"web="FOO=1 cmd $PORT""#, ""),
        ("web: cmd", r#"web="cmd""#, ""),
        ("\u{feff}web: cmd", r#"web="cmd""#, "dropped, or taken into the name"),
        ("http://x: y", r#"http="//x: y""#, "overmind and hivemind drop the line"),
        ("\n\nrelease: ./migrate\nweb: cmd", r#"release="./migrate" web="cmd""#, ""),
    ] {
        assert_eq!(answer(input), expected, "{input:?}: {reason}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r"([a-c]|[:#\\\n\r -]|é|\u{feff}|.){0,40}") {
        let _ = answer(&text);
    }

    /// What looks like an entry is one, with the command as it stands.
    #[test]
    fn entries_are_read(name in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", command in "[!-~]([ -~]{0,20}[!-~])?") {
        prop_assert_eq!(answer(&format!("{name}: {command}")), format!("{name}={command:?}"));
    }
}
