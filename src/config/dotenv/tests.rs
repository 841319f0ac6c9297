//! What is read from `.env` files.

mod peers;

use super::super::source::Source;
use super::{Assignment, parse};
use proptest::prelude::*;
use std::path::Path;

fn read(text: &str) -> (Vec<Assignment>, Vec<String>) {
    let source = Source::new(Path::new("/p/.env"), ".env".to_owned(), text);
    let system = |name: &str| (name == "SYSTEM").then(|| "outer".to_owned());
    let mut diagnostics = Vec::new();
    let found = parse(&source, &system, true, &mut diagnostics);
    (found, diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
}

/// The variables that come out, the last of a name winning; or what is said.
fn answer(text: &str) -> String {
    let (found, said) = read(text);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for set in found {
        pairs.retain(|(name, _)| *name != set.name);
        pairs.push((set.name, set.value));
    }
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let said: Vec<String> = said.into_iter().map(|said| format!("[{said}]")).collect();
    [pairs, said].concat().join(" ")
}

#[test]
fn quotes_and_comments() {
    for (input, expected) in [
        ("# A=b\n\n  # c\nA=b", r#"A="b""#),
        ("A=#b", r#"A="""#),
        ("A= # b", r#"A="""#),
        ("A='it\\'s'", r#"A="it's""#),
        ("A=\"a\\tb\\\\n\\x\"", r#"A="a\tb\\n\\x""#),
        ("A=\"\\$SYSTEM $SYSTEM\"", r#"A="$SYSTEM outer""#),
        ("A=$$SYSTEM", r#"A="$SYSTEM""#),
        ("A=a'b'\"c\"", r#"A="a'b'\"c\"""#),
        ("A='l1\r\nl2'\r\nB=1", r#"A="l1\nl2" B="1""#),
        ("SYSTEM=inner\nA=$SYSTEM", r#"SYSTEM="inner" A="outer""#),
        ("SYSTEM", ""),
        ("export\tA=b", r#"A="b""#),
        ("exported=b", r#"exported="b""#),
        ("export=b", r#"export="b""#),
        ("A=$X", r#"A="" [`X` is not set and counts as empty]"#),
        ("A=\"\\${X:-d}\"", r#"A="${X:-d}""#),
        ("A\0=b", "[this line is no assignment]"),
        ("A=b\0", "[a value can't contain a NUL byte]"),
        ("A=\"b\nB=1", "B=\"1\" [the quote `\"` is never closed]"),
    ] {
        assert_eq!(answer(input), expected, "{input:?}");
    }
}

#[test]
fn lines_are_counted_through_quoted_values() {
    let (found, _) = read("A=1\n\nB='x\ny'\n# c\nC=2\nbad line\nD=3");
    let lines: Vec<(&str, usize)> = found.iter().map(|set| (set.name.as_str(), set.line)).collect();
    assert_eq!(lines, [("A", 1), ("B", 3), ("C", 6), ("D", 8)]);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"([A-C]|[=#'"$\n\\{}: ]|export |é|\r\n|.){0,40}"#) {
        let _ = read(&text);
    }

    /// A value in double quotes comes back as it was, whatever is in it.
    #[test]
    fn quoted_values_survive(value in "[^\0\r]{0,30}") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        let (found, said) = read(&format!("A=\"{escaped}\"\nB=end"));
        prop_assert_eq!(said, Vec::<String>::new());
        prop_assert_eq!(&found[0].value, &value);
        prop_assert_eq!(&found[1].value, "end");
    }
}
