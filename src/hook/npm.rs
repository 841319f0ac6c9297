//! npm, and whatever else reads `package.json`: the script `pretest`. The file
//! is somebody's, down to its blanks, so it is edited as text; what stands where
//! is found by a scanner that may rely on it being JSON.

use super::{COMMAND, Refusal};
use std::ops::Range;

pub(super) fn snippet() -> String {
    format!("\"pretest\": \"{COMMAND}\",\n")
}

pub(super) fn install(text: Option<&str>) -> Result<String, Refusal> {
    let none = || Refusal::new("there is no package.json here", "go where it is, or use `-C DIR`");
    let text = text.ok_or_else(none)?;
    serde_json::from_str::<serde_json::Value>(text).map_err(|error| {
        Refusal::new(format!("package.json is no JSON: {error}"), "mend it first")
    })?;
    let scripts = scripts(text);
    if let Some(pretest) = scripts.iter().find(|member| member.key == "pretest") {
        return Ok(before(text, pretest));
    }
    let tests = scripts.iter().find(|member| member.key == "test").ok_or_else(|| {
        let hint = "npm runs `pretest` only before the script `test`";
        Refusal::new("package.json has no script `test`", hint)
    })?;
    let at = tests.start;
    let blank = &text[text[..at].trim_end().len()..at];
    let (head, tail) = text.split_at(at);
    Ok(format!("{head}\"pretest\": \"{COMMAND}\",{blank}{tail}"))
}

/// A `pretest` that was there already comes after ours.
fn before(text: &str, pretest: &Member) -> String {
    let value = &text[pretest.value.clone()];
    if value.contains(COMMAND) || !value.starts_with('"') {
        return text.to_owned();
    }
    let at = pretest.value.start + 1;
    format!("{}{COMMAND} && {}", &text[..at], &text[at..])
}

pub(super) fn uninstall(text: &str) -> String {
    if serde_json::from_str::<serde_json::Value>(text).is_err() {
        return text.to_owned();
    }
    let scripts = scripts(text);
    let Some(at) = scripts.iter().position(|member| member.key == "pretest") else {
        return text.to_owned();
    };
    let value = scripts[at].value.clone();
    let shared = format!("{COMMAND} && ");
    let gone = if text[value.clone()] == format!("\"{COMMAND}\"") {
        match (scripts.get(at + 1), at.checked_sub(1)) {
            (Some(next), _) => scripts[at].start..next.start,
            (None, Some(previous)) => scripts[previous].value.end..value.end,
            (None, None) => scripts[at].start..value.end,
        }
    } else if text[value.start + 1..].starts_with(&shared) {
        value.start + 1..value.start + 1 + shared.len()
    } else {
        return text.to_owned();
    };
    format!("{}{}", &text[..gone.start], &text[gone.end..])
}

/// A member of an object: where its name begins, and where its value is.
struct Member {
    key: String,
    start: usize,
    value: Range<usize>,
}

fn scripts(text: &str) -> Vec<Member> {
    let top = members(text, text.find('{').unwrap_or(0));
    let found = top.iter().find(|member| member.key == "scripts");
    let object = found.filter(|member| text[member.value.clone()].starts_with('{'));
    object.map(|member| members(text, member.value.start)).unwrap_or_default()
}

/// The members of the object that begins at `open`.
fn members(text: &str, open: usize) -> Vec<Member> {
    let mut members = Vec::new();
    let mut at = open + 1;
    while let Some(start) = skip(text, at, &[',']).filter(|at| text[*at..].starts_with('"')) {
        let name = end_of(text, start);
        let Some(value) = skip(text, name, &[':']) else { break };
        let end = end_of(text, value);
        let key = serde_json::from_str(&text[start..name]).unwrap_or_default();
        members.push(Member { key, start, value: value..end });
        at = end;
    }
    members
}

/// The next byte that is neither blank nor one of these.
fn skip(text: &str, from: usize, these: &[char]) -> Option<usize> {
    let rest = &text[from..];
    let found = rest.find(|c: char| !c.is_ascii_whitespace() && !these.contains(&c))?;
    Some(from + found)
}

/// Where the value that begins here ends.
fn end_of(text: &str, start: usize) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => {
                quoted = !quoted;
                if !quoted && depth == 0 {
                    return at + 1;
                }
            }
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 1 { at + 1 } else { at },
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}
