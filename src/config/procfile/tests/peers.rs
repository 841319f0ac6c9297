//! What foreman, honcho, overmind, hivemind and goreman make of the same Procfiles.

/// What is read, our answer, the answers of those who give another (the ones not
/// named give ours; an empty answer is a file with nothing in it), and why ours is
/// not theirs.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const CASES: [Case; 28] = [
    ("web: cmd a", r#"web="cmd a""#, &[], ""),
    (
        "web:cmd",
        r#"web="cmd""#,
        &[("overmind and hivemind", "")],
        "the blank says nothing that the colon has not said",
    ),
    ("web:\tcmd", r#"web="cmd""#, &[], ""),
    ("web:    cmd", r#"web="cmd""#, &[], ""),
    (
        "  web: cmd",
        r#"web="cmd""#,
        &[("foreman, honcho, overmind and hivemind", "")],
        "blanks before a name mean nothing to a reader",
    ),
    (
        "web : cmd",
        r#"web="cmd""#,
        &[("foreman, honcho, overmind and hivemind", "")],
        "blanks before the colon mean nothing to a reader",
    ),
    ("# web: cmd", "", &[], ""),
    ("#web: cmd", "", &[], ""),
    ("web: cmd # note", r#"web="cmd # note""#, &[], ""),
    (
        "web: cmd   ",
        r#"web="cmd""#,
        &[("foreman, honcho, overmind and hivemind", r#"web="cmd   ""#)],
        "nobody sees blanks at the end of a line, and the shell drops them",
    ),
    ("web: cmd\r\nworker: c2\r\n", r#"web="cmd" worker="c2""#, &[], ""),
    ("web-1: cmd", r#"web-1="cmd""#, &[], ""),
    ("web_1: cmd", r#"web_1="cmd""#, &[], ""),
    (
        "web.1: cmd",
        r#"web.1="cmd""#,
        &[("foreman, honcho, overmind and hivemind", "")],
        "a name may have dots; that of a copy of another entry is refused later",
    ),
    (
        "-web: cmd",
        "[a service name can't start with `-`]",
        &[("foreman, honcho, overmind and hivemind, goreman", r#"-web="cmd""#)],
        "on a command line it could not be told from a flag",
    ),
    (
        "a/b: cmd",
        "[a service name can't contain `/`; letters, digits, `_`, `.` and `-` are allowed]",
        &[("foreman, honcho, overmind and hivemind", ""), ("goreman", r#"a/b="cmd""#)],
        "it can't name a log file, and dropping it in silence would be worse than saying so",
    ),
    (
        "wéb: cmd",
        "[a service name can't contain `é`; letters, digits, `_`, `.` and `-` are allowed]",
        &[("foreman, honcho, overmind and hivemind", ""), ("goreman", r#"wéb="cmd""#)],
        "it can't name a variable or a file everywhere; said, not dropped",
    ),
    (
        "web:",
        "[`web` has no command]",
        &[("foreman, honcho, overmind and hivemind", ""), ("goreman", r#"web="""#)],
        "nothing to run: said, neither dropped nor run",
    ),
    (
        "web: ",
        "[`web` has no command]",
        &[
            ("foreman, honcho", r#"web=" ""#),
            ("overmind and hivemind", ""),
            ("goreman", r#"web="""#),
        ],
        "nothing to run: said, neither dropped nor run",
    ),
    (
        "web: a\nweb: b",
        r#"web="a" [`web` stands here twice: in line 1 and in line 2]"#,
        &[
            ("foreman, goreman", r#"web="a" web="b""#),
            ("honcho", "error: process names must be unique within a Procfile"),
            ("overmind and hivemind", "error: names must be unique"),
        ],
        "which of both was meant is unknown; both lines are named",
    ),
    (
        "web: a \\\n  b",
        r#"web="a \\" [this line is no entry: it has no `:`]"#,
        &[("foreman, honcho, overmind and hivemind, goreman", r#"web="a \\""#)],
        "there are no continued lines; the second is named instead of dropped",
    ),
    ("web: a:b: c", r#"web="a:b: c""#, &[], ""),
    ("web: echo \"a b\" 'c'", r#"web="echo \"a b\" 'c'""#, &[], ""),
    ("web: FOO=1 cmd $PORT", r#"web="FOO=1 cmd $PORT""#, &[], ""),
    ("web: cmd", r#"web="cmd""#, &[], ""),
    (
        "\u{feff}web: cmd",
        r#"web="cmd""#,
        &[("foreman, honcho, overmind and hivemind", ""), ("goreman", "\u{feff}web=\"cmd\"")],
        "an editor's mark is no part of the first name",
    ),
    (
        "http://x: y",
        r#"http="//x: y""#,
        &[("overmind and hivemind", "")],
        "an entry like any other: the blank is not needed",
    ),
    ("\n\nrelease: ./migrate\nweb: cmd", r#"release="./migrate" web="cmd""#, &[], ""),
];

#[test]
fn inputs_that_other_readers_were_tried_on() {
    for (input, ours, others, why) in CASES {
        assert_eq!(super::answer(input), ours, "{input:?}: {why}");
        assert_eq!(others.is_empty(), why.is_empty(), "{input:?}: a difference has a reason");
        assert!(others.iter().all(|(_, theirs)| *theirs != ours), "{input:?}: no difference");
    }
}
