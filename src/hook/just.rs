//! just: a dependency of the recipe `test`, which has to stand in its first
//! line, and a hidden recipe of our own.

use super::{COMMAND, Refusal, block};

const NAME: &str = " _devsup-clean";

fn lines() -> String {
    format!("_devsup-clean:\n    @{COMMAND}")
}

pub(super) fn snippet() -> String {
    format!("test:{NAME}\n\n{}\n", lines())
}

pub(super) fn install(text: &str) -> Result<String, Refusal> {
    if block::is_in(text) {
        return Ok(text.to_owned());
    }
    let at = colon(text).ok_or_else(|| {
        let hint = format!("run `{COMMAND}` first in the recipe that runs your tests");
        Refusal::new("the justfile has no recipe `test`", hint)
    })?;
    let named = format!("{}{NAME}{}", &text[..at], &text[at..]);
    Ok(block::append(&named, &lines()))
}

/// Where the colon of `test` ends.
fn colon(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = head(line) {
            return Some(start + at);
        }
        start += line.len();
    }
    None
}

/// The end of the colon in the first line of the recipe `test`. Defaults of
/// parameters may have colons, in quotes.
fn head(line: &str) -> Option<usize> {
    let name = line.strip_prefix('@').unwrap_or(line).strip_prefix("test")?;
    if !name.starts_with([' ', ':']) {
        return None;
    }
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ':') => return (!line[at + 1..].starts_with('=')).then_some(at + 1),
            _ => {}
        }
    }
    None
}

pub(super) fn uninstall(text: &str) -> String {
    if !block::is_in(text) {
        return text.to_owned();
    }
    let text = block::cut(text);
    match colon(&text) {
        Some(at) if text[at..].starts_with(NAME) => {
            format!("{}{}", &text[..at], &text[at + NAME.len()..])
        }
        _ => text,
    }
}
