//! Reads typed values out of a YAML tree and collects every mistake instead of
//! stopping at the first. Knows no key by name: the readers of the sections
//! bring them.

use super::diagnostic::{Diagnostic, Span, Spanned};
use super::interpolate::{Lookup, interpolate};
use super::keys::{PROJECT, Section};
use super::scalar::{self, Bad};
use super::source::absolute;
use super::yaml::{Entry, Node, Value};
use crate::model::did_you_mean;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Keys that other tools have and devsup does not, each with the way out.
pub type Foreign = &'static [(&'static str, &'static str)];

/// Collects mistakes and knows the variables that values refer to.
pub struct Reader<'a> {
    /// What was found so far.
    pub diagnostics: Vec<Diagnostic>,
    lookup: Lookup<'a>,
    missing: BTreeSet<String>,
    /// Places of unknown keys. A map that is merged into several services is
    /// read as often, but its keys are unknown only once.
    unknown: HashSet<(usize, usize)>,
}

impl<'a> Reader<'a> {
    /// A reader that follows references with `lookup`.
    pub fn new(lookup: Lookup<'a>) -> Self {
        Self { diagnostics: Vec::new(), lookup, missing: BTreeSet::new(), unknown: HashSet::new() }
    }

    /// Adds a mistake or a warning.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds a mistake at a place and returns nothing, for use as a value.
    pub fn refuse<T>(&mut self, span: &Span, message: impl AsRef<str>, hint: &str) -> Option<T> {
        let mut diagnostic = Diagnostic::error(message).at(span);
        if !hint.is_empty() {
            diagnostic = diagnostic.hint(hint);
        }
        self.report(diagnostic);
        None
    }

    /// Follows the references of a text that stands at `span`.
    pub fn interpolate(&mut self, text: &str, span: &Span) -> Option<String> {
        self.interpolate_with(text, span, self.lookup)
    }

    /// The same with other variables.
    pub fn interpolate_with(
        &mut self,
        text: &str,
        span: &Span,
        lookup: Lookup<'_>,
    ) -> Option<String> {
        match interpolate(text, lookup) {
            Ok(out) => {
                for name in out.missing {
                    self.missing(name, span);
                }
                Some(out.text)
            }
            Err(problem) => {
                let place = span.part(&problem.piece);
                let hint = problem.hint.unwrap_or_default();
                self.refuse(&place, problem.message, &hint)
            }
        }
    }

    fn missing(&mut self, name: String, span: &Span) {
        let warning = Diagnostic::warning(format!("`{name}` is not set and counts as empty"))
            .at(&span.part(&name))
            .hint(format!("set it, write `${{{name}:-default}}`, or `$$` for a dollar sign"));
        if self.missing.insert(name) {
            self.report(warning);
        }
    }

    /// The text of a scalar as it was written, references not followed.
    pub fn raw(&mut self, entry: Named<'_>) -> Option<Spanned<String>> {
        let text = match &entry.node.value {
            Value::Scalar(text) if text.contains('\0') => {
                let problem = format!("`{}` can't contain a NUL byte", entry.name);
                return self.refuse(&entry.node.span, problem, "");
            }
            Value::Scalar(text) => text.clone(),
            Value::Refused => return None,
            other => {
                let problem =
                    format!("`{}` must be text, and this is {}", entry.name, other.kind());
                let null = entry.node.value == Value::Null && !entry.node.span.text().is_empty();
                let hint = if null { "put it in quotes if you mean the word" } else { "" };
                return self.refuse(&entry.node.span, problem, hint);
            }
        };
        Some(Spanned::new(text, &entry.node.span))
    }

    /// The text of a scalar.
    pub fn text(&mut self, entry: Named<'_>) -> Option<Spanned<String>> {
        let raw = self.raw(entry)?;
        let value = self.interpolate(&raw.value, &raw.span)?;
        if value.contains('\0') {
            return self.refuse(
                &raw.span,
                format!("`{}` can't contain a NUL byte", entry.name),
                "",
            );
        }
        Some(Spanned { value, span: raw.span })
    }

    /// A text that must not be empty.
    pub fn filled(&mut self, entry: Named<'_>) -> Option<Spanned<String>> {
        let text = self.text(entry)?;
        if text.value.trim().is_empty() {
            return self.refuse(&text.span, format!("`{}` is empty", entry.name), "");
        }
        Some(text)
    }

    /// A scalar in one of the small notations.
    pub fn scalar<T>(
        &mut self,
        entry: Named<'_>,
        parse: impl FnOnce(&str) -> Result<T, Bad>,
    ) -> Option<Spanned<T>> {
        let text = self.text(entry)?;
        match parse(&text.value) {
            Ok(value) => Some(Spanned { value, span: text.span }),
            Err(bad) => {
                let problem = format!("`{}`: `{}` {}", entry.name, text.value, bad.message);
                self.refuse(&text.span, problem, &bad.hint)
            }
        }
    }

    /// A duration.
    pub fn duration(&mut self, entry: Named<'_>) -> Option<Spanned<Duration>> {
        self.scalar(entry, scalar::duration)
    }

    /// True or false.
    pub fn switch(&mut self, entry: Named<'_>) -> Option<Spanned<bool>> {
        self.scalar(entry, scalar::switch)
    }

    /// A whole number.
    pub fn number(&mut self, entry: Named<'_>, least: u32, most: u32) -> Option<Spanned<u32>> {
        self.scalar(entry, |text| scalar::number(text, least, most))
    }

    /// A path, made absolute from the directory of the file that says it.
    pub fn path(&mut self, entry: Named<'_>) -> Option<Spanned<PathBuf>> {
        let text = self.filled(entry)?;
        let base = text.span.source().directory().to_owned();
        Some(text.map(|text| absolute(Path::new(&text), &base)))
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, entry: Named<'_>) -> Vec<Spanned<String>> {
        entry.items().into_iter().filter_map(|item| self.filled(item)).collect()
    }

    /// The keys of a map.
    pub fn fields<'n>(&mut self, entry: Named<'n>) -> Option<Fields<'n>> {
        match &entry.node.value {
            Value::Map(entries) => Some(Fields::new(entries)),
            Value::Null | Value::Refused => Some(Fields::new(&[])),
            other => {
                let problem =
                    format!("`{}` must be a map, and this is {}", entry.name, other.kind());
                self.refuse(&entry.node.span, problem, "")
            }
        }
    }
}

/// A node and what it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Named<'n> {
    /// The key it stands under.
    pub name: &'n str,
    /// The value.
    pub node: &'n Node,
}

impl<'n> Named<'n> {
    /// The nodes of a list; anything else is a list of itself.
    pub fn items(self) -> Vec<Self> {
        match &self.node.value {
            Value::Null | Value::Refused => Vec::new(),
            Value::List(nodes) => nodes.iter().map(|node| Self { name: self.name, node }).collect(),
            _ => vec![self],
        }
    }

    /// The value of an entry, called by the entry's key.
    pub fn of(entry: &'n Entry) -> Self {
        Self { name: &entry.key, node: &entry.value }
    }
}

/// A service beside `services` instead of below it.
fn one_level_too_high(section: &Section, value: &Node) -> Option<String> {
    let Value::Map(entries) = &value.value else { return None };
    let is_service = section.id == PROJECT.id && entries.iter().any(|key| key.key == "command");
    is_service.then(|| "a service stands below `services:`, further right".to_owned())
}

/// The keys of a map, taken out one by one; what is left over is unknown.
pub struct Fields<'n> {
    entries: &'n [Entry],
    taken: Vec<bool>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    fn new(entries: &'n [Entry]) -> Self {
        Self { entries, taken: vec![false; entries.len()], known: Vec::new() }
    }

    /// Takes the entry of the first of `names` (a key and its other names) that
    /// is there. Nothing where the value is absent, as in `environment:` with
    /// all its lines commented out.
    pub fn take(&mut self, reader: &mut Reader<'_>, names: &[&'static str]) -> Option<Named<'n>> {
        self.take_entry(reader, names)
            .map(Named::of)
            .filter(|named| !matches!(named.node.value, Value::Null | Value::Refused))
    }

    /// The same with the key, and with an absent value.
    pub fn take_entry(
        &mut self,
        reader: &mut Reader<'_>,
        names: &[&'static str],
    ) -> Option<&'n Entry> {
        self.known.extend(names);
        let mut found: Option<&Entry> = None;
        for (at, entry) in self.entries.iter().enumerate() {
            if !names.contains(&entry.key.as_str()) {
                continue;
            }
            self.taken[at] = true;
            match found {
                None => found = Some(entry),
                Some(first) => {
                    let problem = format!("`{}` and `{}` are the same key", first.key, entry.key);
                    let diagnostic =
                        Diagnostic::error(problem).at(&entry.span).also(&first.span, "first here");
                    reader.report(diagnostic.hint("delete one of them"));
                }
            }
        }
        found
    }

    /// Every key that was not asked for is a mistake, but for `x-…`. Returns
    /// those keys. All keys of the section must have been asked for by now.
    pub fn finish(
        self,
        reader: &mut Reader<'_>,
        section: &Section,
        owner: &str,
        foreign: Foreign,
    ) -> Vec<&'n str> {
        debug_assert_eq!(
            section.names().collect::<BTreeSet<_>>(),
            self.known.iter().copied().collect::<BTreeSet<_>>(),
            "the reader of `{}` and the table of keys differ",
            section.id
        );
        let rest = self.entries.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        let rest = rest.map(|(entry, _)| entry).filter(|entry| !entry.key.starts_with("x-"));
        let mut unknown = Vec::new();
        for entry in rest {
            let key = entry.key.as_str();
            let known = foreign.iter().find(|(name, _)| *name == key).map(|(_, hint)| *hint);
            let hint = known
                .map(str::to_owned)
                .or_else(|| did_you_mean(key, self.known.iter().copied()))
                .or_else(|| one_level_too_high(section, &entry.value));
            let problem = match known {
                Some(_) => format!("devsup has no key `{key}` in {owner}"),
                None => format!("unknown key `{key}` in {owner}"),
            };
            unknown.push(key);
            if reader.unknown.insert(entry.span.identity()) {
                reader.report(Diagnostic::error(problem).at(&entry.span).hint_if(hint));
            }
        }
        unknown
    }
}
