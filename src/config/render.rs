//! Diagnostics as text for people: the source line, the place underlined, the
//! way out below. Does not print.

use super::diagnostic::{Diagnostic, Mark, Severity};
use super::source::Source;
use crate::model::list;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};
use std::fmt::Write as _;
use std::sync::Arc;

/// A file that is not a config file at all would otherwise fill the screen.
const SHOWN_AT_MOST: usize = 100;

/// All diagnostics, each with its source line, and a last line that counts
/// them. Empty for none. `width` is the terminal's, in columns.
pub fn render(diagnostics: &[Diagnostic], colour: bool, width: usize) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(width.max(40)).decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN_AT_MOST) {
        text.push_str(renderer.render(&[group(diagnostic)]).trim_end());
        text.push_str("\n\n");
    }
    if let Some(more) = diagnostics.len().checked_sub(SHOWN_AT_MOST).filter(|&more| more > 0) {
        let _ = write!(text, "… and {more} more\n\n");
    }
    if matches!(diagnostics, [one] if one.span().is_none()) {
        // One sentence needs no count.
        text.pop();
        return text;
    }
    text.push_str(&summary(diagnostics));
    text.push('\n');
    text
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    group = group.elements(pieces(&diagnostic.marks));
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    group
}

/// A line longer than this was not written by hand, and is not shown.
const WIDEST: usize = 4096;

/// One piece a file, in the order the files are named.
fn pieces(marks: &[Mark]) -> Vec<Element<'_>> {
    let mut files: Vec<&Arc<Source>> = Vec::new();
    for mark in marks {
        if !files.iter().any(|file| Arc::ptr_eq(file, mark.span.source())) {
            files.push(mark.span.source());
        }
    }
    files.into_iter().map(|file| piece(file, marks)).collect()
}

/// Only the lines from the first to the last mark are handed over, so that a
/// long file does not cost its length for every diagnostic.
fn piece<'a>(file: &'a Arc<Source>, marks: &'a [Mark]) -> Element<'a> {
    let here = || marks.iter().filter(|mark| Arc::ptr_eq(file, mark.span.source()));
    let start = here().map(|mark| mark.span.range().start).min().unwrap_or(0);
    let end = here().map(|mark| mark.span.range().end).max().unwrap_or(start);
    let from = file.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = file.text[end..].find('\n').map_or(file.text.len(), |at| end + at);
    if file.text[from..to].lines().any(|line| line.len() > WIDEST) {
        let (line, column) = file.position(start);
        return Origin::path(file.shown.as_str()).line(line).char_column(column).into();
    }
    let annotations = here().map(|mark| {
        let blamed = marks.first().is_some_and(|first| std::ptr::eq(first, mark));
        let kind = if blamed { AnnotationKind::Primary } else { AnnotationKind::Context };
        let range = mark.span.range();
        let annotation = kind.span(range.start - from..range.end - from);
        if mark.label.is_empty() { annotation } else { annotation.label(mark.label.as_str()) }
    });
    let snippet: Snippet<'_, Annotation<'_>> = Snippet::source(&file.text[from..to])
        .path(file.shown.as_str())
        .line_start(file.position(from).0)
        .annotations(annotations);
    snippet.into()
}

/// `3 errors, 1 warning in devsup.yaml and .env`.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let counts = [(errors, "error"), (diagnostics.len() - errors, "warning")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let mut files: Vec<&str> = Vec::new();
    for span in diagnostics.iter().filter_map(Diagnostic::span) {
        if !files.contains(&span.source().shown.as_str()) {
            files.push(&span.source().shown);
        }
    }
    let counts = counts.join(", ");
    if files.is_empty() { counts } else { format!("{counts} in {}", list(&files)) }
}
