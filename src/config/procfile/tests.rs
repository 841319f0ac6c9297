//! What is read from Procfiles.

mod peers;

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
