//! Values on their way out, as YAML for people or JSON for programs. A YAML
//! library would write neither comments nor the short lists that people write,
//! so the little that is needed is here. Knows no key.

use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt::Write as _;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Text; quoted where a reader could take it for something else.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A number with a fraction, finite.
    Fraction(f64),
    /// True or false.
    Switch(bool),
    /// A list.
    List(Vec<Tree>),
    /// A map, in order.
    Map(Vec<Entry>),
}

/// A key, its value, and the comment above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Tree,
    /// Lines above it, without `#`; an empty one is a blank line.
    pub above: Vec<String>,
}

/// A list that fits is written in one line.
const LINE: usize = 80;

impl Tree {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A list of texts.
    pub fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::text(text.as_ref())).collect())
    }

    /// An empty map, to be filled.
    pub const fn map() -> Self {
        Self::Map(Vec::new())
    }

    /// The map with one more key. Anything else stays what it is.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Self>) -> Self {
        self.put(key, value, Vec::new());
        self
    }

    /// The same, if there is a value.
    #[must_use]
    pub fn with_if(self, key: &str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The same with a key before all others.
    #[must_use]
    pub fn headed(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Map(entries) = &mut self {
            let (key, value) = (key.to_owned(), value.into());
            entries.insert(0, Entry { key, value, above: Vec::new() });
        }
        self
    }

    /// Adds a key with the comment that goes above it.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<Self>, above: Vec<String>) {
        if let Self::Map(entries) = self {
            entries.push(Entry { key: key.into(), value: value.into(), above });
        }
    }

    /// Replaces every text in it.
    #[must_use]
    pub fn map_texts(self, with: &impl Fn(String) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(with(text)),
            Self::List(items) => {
                Self::List(items.into_iter().map(|item| item.map_texts(with)).collect())
            }
            Self::Map(entries) => {
                let each = |entry: Entry| Entry { value: entry.value.map_texts(with), ..entry };
                Self::Map(entries.into_iter().map(each).collect())
            }
            other => other,
        }
    }

    /// As YAML, with a newline at its end.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        match self {
            Self::Map(entries) if !entries.is_empty() => map(entries, 0, &mut text),
            other => {
                let _ = writeln!(text, "{}", other.inline());
            }
        }
        text
    }

    /// As JSON over several lines, with a newline at its end.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |text| text + "\n")
    }

    /// In one line.
    fn inline(&self) -> String {
        match self {
            Self::Text(text) => scalar(text, true),
            Self::Number(number) => number.to_string(),
            Self::Fraction(number) => number.to_string(),
            Self::Switch(switch) => switch.to_string(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::inline).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let each = |entry: &Entry| {
                    format!("{}: {}", scalar(&entry.key, true), entry.value.inline())
                };
                let entries: Vec<String> = entries.iter().map(each).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<bool> for Tree {
    fn from(switch: bool) -> Self {
        Self::Switch(switch)
    }
}

impl From<u64> for Tree {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Tree {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Tree {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<Vec<Self>> for Tree {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Fraction(number) => to.serialize_f64(*number),
            Self::Switch(switch) => to.serialize_bool(*switch),
            Self::List(items) => to.collect_seq(items),
            Self::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.value)?;
                }
                map.end()
            }
        }
    }
}

fn map(entries: &[Entry], indent: usize, out: &mut String) {
    for entry in entries {
        comment(&entry.above, indent, out);
        let _ = write!(out, "{:indent$}{}:", "", scalar(&entry.key, true));
        value(&entry.value, indent, out);
    }
}

/// Lines of comment at an indentation.
fn comment(lines: &[String], indent: usize, out: &mut String) {
    for line in lines {
        let line = if line.is_empty() { String::new() } else { format!("{:indent$}# {line}", "") };
        let _ = writeln!(out, "{line}");
    }
}

/// What follows a key's colon.
fn value(tree: &Tree, indent: usize, out: &mut String) {
    match tree {
        Tree::Map(entries) if !entries.is_empty() && !is_short(entries, indent) => {
            out.push('\n');
            map(entries, indent + 2, out);
        }
        Tree::List(items) if indent + tree.inline().len() > LINE => {
            out.push('\n');
            for item in items {
                let _ = writeln!(out, "{:indent$}  - {}", "", item.inline());
            }
        }
        Tree::Text(text) if is_block(text) => block(text, indent + 2, out),
        Tree::Text(text) => {
            let _ = writeln!(out, " {}", scalar(text, false));
        }
        other => {
            let _ = writeln!(out, " {}", other.inline());
        }
    }
}

/// Whether a map is better read in the line of its key: a small one, deep inside.
fn is_short(entries: &[Entry], indent: usize) -> bool {
    let simple = |entry: &Entry| {
        let nested = matches!(entry.value, Tree::Map(_) | Tree::List(_));
        entry.above.is_empty() && !nested
    };
    let width: usize =
        entries.iter().map(|entry| entry.key.len() + entry.value.inline().len() + 4).sum();
    indent >= 4
        && entries.len() <= 2
        && entries.iter().all(simple)
        && indent + width < LINE / 2 + 16
}

/// Whether a text is better read as lines below its key.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

fn block(text: &str, indent: usize, out: &mut String) {
    let _ = writeln!(out, " {}", if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.lines() {
        let line = if line.is_empty() { String::new() } else { format!("{:indent$}{line}", "") };
        let _ = writeln!(out, "{line}");
    }
}

/// What YAML lets stand for itself.
fn is_printable(c: char) -> bool {
    let special = matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    !c.is_control() && !special && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A text as one writes it: bare where every reader takes it for a text.
fn scalar(text: &str, inside: bool) -> String {
    if is_plain(text, inside) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str, inside: bool) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/' | '.' | '$');
    let starts = (text.starts_with(first) && !text.starts_with("...")) || is_quantity(text);
    let word = text.to_ascii_lowercase();
    let other = matches!(
        word.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null" | ".nan" | ".inf"
    );
    let number = text.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit());
    // A dash or colon is only a sign of YAML's before a blank.
    let joins = |c: char| c.is_ascii_alphabetic() || c == '/';
    let option = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphabetic());
    let starts = starts || (text.starts_with('-') && option);
    let odd = |c: char| !is_printable(c) || (inside && matches!(c, ',' | '[' | ']' | '{' | '}'));
    starts
        && !other
        && (!number || is_quantity(text))
        && !text.contains(odd)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !(inside && text.split(':').skip(1).any(|after| !after.starts_with(joins)))
}

/// `30s`, `10MB`: a number with a unit, which no reader takes for a number.
fn is_quantity(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let unit = |c: char| matches!(c, 's' | 'm' | 'h' | 'k' | 'M' | 'G');
    digits.len() < text.len()
        && digits.starts_with(unit)
        && digits.chars().all(|c| c.is_ascii_alphanumeric())
}

/// In double quotes, with escapes that YAML and JSON share.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::super::yaml::{self, Value};
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    /// What our own reader makes of a text that was written.
    fn read_back(text: &str) -> Option<Value> {
        let source = Source::new(Path::new("/x.yaml"), "x.yaml".to_owned(), text);
        let mut diagnostics = Vec::new();
        let root = yaml::parse(&source, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{text}\n{diagnostics:?}");
        let Value::Map(mut entries) = root?.value else { return None };
        Some(entries.swap_remove(0).value.value)
    }

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        for (text, written) in [
            ("./bin/db --port 5433", "./bin/db --port 5433"),
            ("$HOME/x", "$HOME/x"),
            ("8080", "\"8080\""),
            ("no", "\"no\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("*a", "\"*a\""),
            ("tab\there", "\"tab\\there\""),
            ("a\u{7f}b\u{2028}", "\"a\\u007fb\\u2028\""),
        ] {
            let tree = Tree::map().with("key", text);
            assert_eq!(tree.yaml(), format!("key: {written}\n"));
        }
    }

    #[test]
    fn lines_stay_lines() {
        let tree = Tree::map().with("command", "set -e\n\n  ./a\n./b\n");
        assert_eq!(tree.yaml(), "command: |\n  set -e\n\n    ./a\n  ./b\n");
    }

    #[test]
    fn long_lists_stand_below_each_other() {
        let long = Tree::texts(["x".repeat(50), "y".repeat(50)]);
        let text = Tree::map().with("a", Tree::map().with("b", long)).yaml();
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    proptest! {
        #[test]
        fn every_text_survives(text in "([ -~]|[\\n\\t:#'\"\\\\]|\\PC|[\u{80}-\u{9f}]){0,30}") {
            let alone = Tree::map().with("key", text.clone()).yaml();
            prop_assert_eq!(read_back(&alone), Some(Value::Scalar(text.clone())), "{}", alone);
            let listed = Tree::map().with("key", Tree::texts([text.clone(), text.clone()])).yaml();
            let Some(Value::List(items)) = read_back(&listed) else { panic!("{listed}") };
            for item in items {
                prop_assert_eq!(item.value, Value::Scalar(text.clone()), "{}", listed);
            }
        }
    }
}
