//! What foreman, honcho and the dotenv libraries of Ruby, npm and Python make of the
//! same files.

/// What is read, our answer, the answers of those who give another (the ones not
/// named give ours; an empty answer is a file with nothing in it), and why ours is
/// not theirs.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const CASES: [Case; 35] = [
    ("A=b", r#"A="b""#, &[], ""),
    ("A = b", r#"A="b""#, &[("foreman", "")], "blanks round the `=` mean nothing to a reader"),
    (
        "export A=b",
        r#"A="b""#,
        &[("foreman, honcho", "")],
        "files that a shell reads too are read here as well",
    ),
    ("A='b c'", r#"A="b c""#, &[], ""),
    ("A=\"b c\"", r#"A="b c""#, &[], ""),
    ("A=b c", r#"A="b c""#, &[("honcho", r#"A="bc""#)], "a value ends at the end of its line"),
    (
        "A=b # c",
        r#"A="b""#,
        &[("foreman", r#"A="b # c""#)],
        "compose's rule: a `#` behind a blank begins a comment",
    ),
    (
        "A=b#c",
        r#"A="b#c""#,
        &[("honcho, dotenv of Ruby, dotenv of npm", r#"A="b""#)],
        "compose's rule: without the blank it is part of the value, as in a colour or an address",
    ),
    (
        "A=\"b\" # c",
        r#"A="b""#,
        &[("foreman", r#"A="\"b\" # c""#)],
        "quotes are no part of a value, nor is what is behind them",
    ),
    ("A=\"b # c\"", r#"A="b # c""#, &[], ""),
    (
        "A=\"b\\nc\"",
        r#"A="b\nc""#,
        &[("dotenv of Ruby", r#"A="b\\nc""#)],
        "that is what double quotes are for",
    ),
    (
        "A='b\\nc'",
        r#"A="b\\nc""#,
        &[("honcho", r#"A="b\nc""#)],
        "single quotes are literal, as in a shell",
    ),
    (
        "A=b\\nc",
        r#"A="b\\nc""#,
        &[("honcho, dotenv of Ruby", r#"A="bnc""#)],
        "without quotes a backslash is one, as in a path",
    ),
    (
        "A=\"b\\\"c\"",
        r#"A="b\"c""#,
        &[("dotenv of npm", r#"A="b\\\"c""#)],
        "the quote was escaped, so the backslash is no part of the value",
    ),
    (
        "A=\"b\nc\"",
        r#"A="b\nc""#,
        &[("foreman", r#"A="\"b""#), ("honcho", "error: ValueError: No closing quotation")],
        "keys and certificates have lines; half a value helps nobody",
    ),
    (
        "X=1\nA=$X",
        r#"X="1" A="1""#,
        &[("foreman, honcho, dotenv of npm, python-dotenv", r#"X="1" A="$X""#)],
        "compose's rule: references are followed, with and without braces",
    ),
    (
        "X=1\nA=${X}",
        r#"X="1" A="1""#,
        &[("foreman, honcho, dotenv of npm", r#"X="1" A="${X}""#)],
        "compose's rule: references are followed",
    ),
    ("X=1\nA='$X'", r#"X="1" A="$X""#, &[], ""),
    (
        "A=${NOPE:-d}",
        r#"A="d""#,
        &[
            ("foreman, honcho, dotenv of npm", r#"A="${NOPE:-d}""#),
            ("dotenv of Ruby", r#"A=":-d}""#),
        ],
        "compose's rule: a reference may have a default",
    ),
    (
        "A=\\$X",
        r#"A="$X""#,
        &[("foreman, dotenv of npm, python-dotenv", r#"A="\\$X""#)],
        "the dollar was escaped, so the backslash is no part of the value",
    ),
    ("A=", r#"A="""#, &[("honcho", "")], "set and empty is not the same as not set"),
    (
        "A",
        "[`A` has no value]",
        &[
            ("foreman, honcho, dotenv of npm", ""),
            ("dotenv of Ruby", r#"A="""#),
            ("python-dotenv", "A=null"),
        ],
        "compose's rule: it passes the shell's value on; where there is none, that is said",
    ),
    (
        "A-B=c",
        r#"A-B="c""#,
        &[("foreman, honcho, dotenv of Ruby", "")],
        "the kernel takes any name, and a dropped line is missed late",
    ),
    (
        "A.B=c",
        r#"A.B="c""#,
        &[("foreman, honcho", "")],
        "the kernel takes any name, and a dropped line is missed late",
    ),
    ("a=b", r#"a="b""#, &[], ""),
    (
        "1A=b",
        r#"1A="b""#,
        &[("honcho", "")],
        "the kernel takes any name, and a dropped line is missed late",
    ),
    ("  A=b", r#"A="b""#, &[("foreman", "")], "blanks before a name mean nothing to a reader"),
    (
        "A=b   ",
        r#"A="b""#,
        &[("foreman", r#"A="b   ""#)],
        "nobody sees blanks at the end of a line; quotes keep them",
    ),
    ("A=b=c", r#"A="b=c""#, &[], ""),
    (
        "A={\"k\": \"v\"}",
        r#"A="{\"k\": \"v\"}""#,
        &[("honcho", r#"A="{k:v}""#)],
        "quotes inside a value are part of it",
    ),
    (
        "A=postgres://u:p@h/d?x=1&y=2#f",
        r#"A="postgres://u:p@h/d?x=1&y=2#f""#,
        &[("honcho, dotenv of Ruby, dotenv of npm", r#"A="postgres://u:p@h/d?x=1&y=2""#)],
        "no blank before the `#`, so it is part of the address",
    ),
    (
        "A: b",
        "[this line has `:` instead of `=`]",
        &[("foreman, honcho, python-dotenv", ""), ("dotenv of Ruby, dotenv of npm", r#"A="b""#)],
        "neither taken nor dropped in silence: no written grammar has it, and it may be a mistake",
    ),
    ("A=b\r\nC=d\r\n", r#"A="b" C="d""#, &[], ""),
    ("A=1\nA=2", r#"A="2""#, &[], ""),
    (
        "\u{feff}A=b",
        r#"A="b""#,
        &[("foreman, honcho", "")],
        "an editor's mark is no part of the first name",
    ),
];

#[test]
fn inputs_that_other_readers_were_tried_on() {
    for (input, ours, others, why) in CASES {
        assert_eq!(super::answer(input), ours, "{input:?}: {why}");
        assert_eq!(others.is_empty(), why.is_empty(), "{input:?}: a difference has a reason");
        assert!(others.iter().all(|(_, theirs)| *theirs != ours), "{input:?}: no difference");
    }
}
