//! Broken YAML in words for people who do not know its grammar.

use super::super::diagnostic::{Diagnostic, Span, merge_mark};
use super::super::source::Source;
use super::DEPTH;
use granit_parser::{ErrorKind, ScanError};
use std::sync::Arc;

/// What is wrong, where the parser noticed it.
pub fn mistake(source: &Arc<Source>, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(source.text.len());
    let at = last_text(source, source.boundary(at));
    if let Some(mark) = merge_mark(&whole_line(source, at)) {
        return mark;
    }
    let length = source.text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let (message, hint) = words(error);
    let hint = Some(hint).filter(|hint| !hint.is_empty());
    Diagnostic::error(message).at(&Span::new(source, at..at + length)).hint_if(hint)
}

fn whole_line(source: &Arc<Source>, at: usize) -> Span {
    let start = source.text[..at].rfind('\n').map_or(0, |end| end + 1);
    Span::new(source, start..source.text.len()).first_line()
}

/// A mistake that is only noticed at the end of the file is shown at the last
/// character there is.
fn last_text(source: &Source, at: usize) -> usize {
    let text = source.text.trim_end();
    if at < text.len() { at } else { source.boundary(text.len().saturating_sub(1)) }
}

fn words(error: &ScanError) -> (String, &'static str) {
    let kind = error.kind();
    if let Some((message, hint)) = layout(kind).or_else(|| brackets(kind)) {
        return (message.to_owned(), hint);
    }
    match kind {
        ErrorKind::RecursionLimitExceeded => {
            (format!("lists and maps nest deeper than {DEPTH} levels"), "")
        }
        _ => (error.info().trim_end_matches('.').replace('\'', "`"), ""),
    }
}

type Words = (&'static str, &'static str);

/// Mistakes of indentation, colons and quotes.
fn layout(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as Kind;
    Some(match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar
        | Kind::TabAtBlockScalarStart => {
            ("there is a tab in the indentation", "YAML is indented with spaces, not tabs")
        }
        Kind::ExpectedBlockMappingKey
        | Kind::ExpectedBlockSequenceEntry
        | Kind::InvalidIndentation
        | Kind::BlockSequenceEntryNotAllowed => (
            "this line does not fit those above it",
            "keys of one section start in the same column, deeper ones further right",
        ),
        Kind::MappingValueNotAllowed | Kind::MappingKeyNotAllowed | Kind::InvalidColonPlacement => {
            ("there is a second `:` in this line", "put a value with `: ` in it in quotes")
        }
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => {
            ("there is no `:` after this key", "write `key: value`")
        }
        Kind::UnclosedQuotedScalar
        | Kind::InvalidQuotedScalarIndent
        | Kind::DocumentIndicatorInQuotedScalar => {
            ("a quote is still open here", "close it, and look at the lines above")
        }
        Kind::UnknownQuotedScalarEscape => (
            "unknown escape in double quotes",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        _ => return None,
    })
}

/// Mistakes in lists and maps between brackets.
fn brackets(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as Kind;
    Some(match kind {
        Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::UnclosedFlowCollection { .. }
        | Kind::ExpectedFlowMappingSeparator
        | Kind::ExpectedFlowSequenceSeparator
        | Kind::InvalidFlowScalarIndent => (
            "a `[` or `{` is still open here",
            "put `,` between values and close it; a value that starts with one needs quotes",
        ),
        Kind::MismatchedFlowCollectionEnd { .. } | Kind::MisplacedFlowCollectionEnd => {
            ("the brackets do not match", "every `[` is closed by `]`, every `{` by `}`")
        }
        Kind::UnexpectedCharacter { .. } => {
            ("a value can't start with this character", "put the value in quotes")
        }
        _ => return None,
    })
}
