//! No file makes loading panic, hang or grow, whatever is in it.

use super::given;
use devsup::config::{Diagnostic, Request, draft, load, render};
use proptest::prelude::*;
use std::fs;

const EVERY_KEY: &str = include_str!("every_key.yaml");

/// Loads a file of these bytes and renders what is said: every mistake has a
/// place, unless it is one of the file as a whole.
fn survives(name: &str, bytes: &[u8]) {
    let given = given().file(name, bytes);
    if let Err(failure) = given.load() {
        failure.diagnostics.iter().for_each(has_a_place);
    }
    let said = given.said();
    assert!(said.len() < 10_000_000);
}

fn has_a_place(diagnostic: &Diagnostic) {
    let whole = ["declares no service", "is UTF-16", "can't be read: ", "is a program"];
    match diagnostic.span() {
        Some(span) => assert!(span.range().end <= span.source().text.len()),
        None => assert!(
            whole.iter().any(|words| diagnostic.message.contains(words)),
            "without a place: {}",
            diagnostic.message
        ),
    }
}

/// A valid file with one piece replaced by another piece of it, or by noise.
fn mutated() -> impl Strategy<Value = String> {
    let at = any::<prop::sample::Index>();
    let noise = prop_oneof![
        "[ -~\n\t]{0,6}",
        r"([{}\[\]:,&*!|>'#%@`~-]|<<|\$\{|---|\.\.\.|\u{0}|é|\n  ){1,4}",
    ];
    (at.clone(), 0usize..12, at, 0usize..40, noise).prop_map(|(at, cut, from, length, noise)| {
        let text = EVERY_KEY;
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        let from = from.index(text.len());
        let piece = &text[from..(from + length).min(text.len())];
        format!("{}{noise}{piece}{}", &text[..at], &text[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["devsup.yaml", "Procfile"] {
            survives(name, &bytes);
        }
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("Procfile"), "web: x\n").expect("a file");
        fs::write(directory.path().join(".env"), &bytes).expect("a file");
        let request = Request { start_dir: directory.path().to_owned(), ..Request::default() };
        if let Err(failure) = load(&request) {
            render(&failure.diagnostics, true, 0);
        }
    }

    #[test]
    fn random_env_files_of_services(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let services = "services: {web: {command: x, env_file: own.env}}\n";
        let given = given().yaml(services).file("own.env", &bytes);
        if let Err(failure) = given.load() {
            failure.diagnostics.iter().for_each(has_a_place);
        }
    }

    /// What `init` makes of anything is a file that is read, or it says why not.
    #[test]
    fn first_files_of_anything(
        name in prop::sample::select(vec!["package.json", "process-compose.yaml", "Procfile"]),
        text in r#"(\{|\}|"scripts"|"dev"|: |,|processes:|\n  |command|depends_on|web|[ -~]|é){0,40}"#,
    ) {
        let given = given().file(name, &text);
        if let Ok(draft) = draft(given.path()) {
            let own = tempfile::tempdir().expect("a directory");
            fs::write(own.path().join("devsup.yaml"), &draft.text).expect("a file");
            let start_dir = own.path().to_owned();
            let loaded = load(&Request { start_dir, ..Request::default() });
            prop_assert!(loaded.is_ok(), "{}\n{:?}", draft.text, loaded.err());
        }
    }

    #[test]
    fn valid_files_with_a_piece_changed(text in mutated()) {
        survives("devsup.yaml", text.as_bytes());
    }
}

/// Text made of a piece a number of times.
fn times(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

#[test]
fn yaml_made_to_explode() {
    let nine = |below: usize| vec![format!("*a{below}"); 9].join(", ");
    let bomb = times(30, |level| format!("a{}: &a{} [{}]\n", level + 1, level + 1, nine(level)));
    let merges = times(2000, |at| format!("x{}: &m{} {{<<: *m{at}, k{at}: 1}}\n", at + 1, at + 1));
    let chain = times(3000, |at| format!("  s{}: {{command: x, depends_on: [s{at}]}}\n", at + 1));
    for text in [
        format!("a0: &a0 [x, x, x]\n{bomb}"),
        format!("x0: &m0 {{a: 1}}\n{merges}"),
        format!("services:\n{chain}  s0: {{command: x}}\n"),
        "services: {a: {command: x, environment: {V: \"${A:-${A:-${A:-$A}}}\"}}}\n".to_owned(),
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "a: 1\n".repeat(30_000),
        "&a ".repeat(30_000),
        times(19_000, |at| format!("k{at}: 1\n")),
        "x".repeat(2 << 20),
    ] {
        survives("devsup.yaml", text.as_bytes());
    }
}

#[test]
fn lines_made_to_explode() {
    survives("Procfile", times(4000, |at| format!("s{at}: x\n")).as_bytes());
    survives("Procfile", "no colon\n".repeat(100_000).as_bytes());
    for env in ["A=$A\n".repeat(100_000), "A=$B\n".repeat(100_000), "A='\n".repeat(100_000)] {
        let given = given().procfile("web: x\n").file(".env", env);
        given.said();
    }
}
