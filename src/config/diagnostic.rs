//! What is wrong with a file, and where. Does not know how it is shown.

use super::source::Source;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    source: Arc<Source>,
    range: Range<usize>,
}

impl Span {
    /// The bytes `range` of a source, moved to what the source really has.
    pub fn new(source: &Arc<Source>, range: Range<usize>) -> Self {
        let start = source.boundary(range.start);
        let end = source.boundary(range.end.max(start));
        Self { source: Arc::clone(source), range: start..end }
    }

    /// The file.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The bytes of the file's text.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The text it covers.
    pub fn text(&self) -> &str {
        &self.source.text[self.range()]
    }

    /// The same for two spans that start at the same place of the same file.
    pub fn identity(&self) -> (usize, usize) {
        (Arc::as_ptr(&self.source).addr(), self.range.start)
    }

    /// The line it starts in, from 1.
    pub fn line(&self) -> usize {
        self.source.position(self.range.start).0
    }

    /// The same up to the end of its first line, without blanks at the end.
    #[must_use]
    pub fn first_line(&self) -> Self {
        let line = self.text().lines().next().unwrap_or_default().trim_end();
        Self::new(&self.source, self.range.start..self.range.start + line.len())
    }

    /// Where `part` stands in it, or all of it where it doesn't literally.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        let Some(at) = self.text().find(part) else {
            return self.clone();
        };
        let start = self.range.start + at;
        Self::new(&self.source, start..start + part.len())
    }

    /// `shop.yaml:3:5`.
    pub fn place(&self) -> String {
        let (line, column) = self.source.position(self.range.start);
        format!("{}:{line}:{column}", self.source.shown)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value that stands at `span`.
    pub fn new(value: T, span: &Span) -> Self {
        Self { value, span: span.clone() }
    }

    /// Another value of the same place.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: with(self.value), span: self.span }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// It can, but not all of it will be what was meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place in a file and a few words to stand beside it; they may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The place.
    pub span: Span,
    /// The words.
    pub label: String,
}

/// One thing to say about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is: lower case, no full stop, literals in back-ticks.
    pub message: String,
    /// Where it is: the place to blame first, then those that belong to it.
    pub marks: Vec<Mark>,
    /// The way out.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(message: impl AsRef<str>) -> Self {
        Self::new(Severity::Error, message.as_ref())
    }

    /// A warning without a place yet.
    pub fn warning(message: impl AsRef<str>) -> Self {
        Self::new(Severity::Warning, message.as_ref())
    }

    fn new(severity: Severity, message: &str) -> Self {
        Self { severity, message: clean(message), marks: Vec::new(), hint: None }
    }

    /// Says where; the first place is the one to blame.
    #[must_use]
    pub fn at(self, span: &Span) -> Self {
        self.also(span, "")
    }

    /// Says where, with a few words beside the place.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl AsRef<str>) -> Self {
        let (span, label) = (span.clone(), clean(label.as_ref()));
        self.marks.push(Mark { span, label });
        self
    }

    /// The way out.
    #[must_use]
    pub fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(clean(hint.as_ref()));
        self
    }

    /// The way out, if there is one.
    #[must_use]
    pub fn hint_if(self, hint: Option<impl AsRef<str>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The way out, unless a better one was named already.
    #[must_use]
    pub fn hint_or(self, hint: impl AsRef<str>) -> Self {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The place to blame.
    pub fn span(&self) -> Option<&Span> {
        self.marks.first().map(|mark| &mark.span)
    }

    /// All of it in one line: `shop.yaml:3:5: message; hint`.
    pub fn line(&self) -> String {
        let place = self.span().map(|span| format!("{}: ", span.place())).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{place}{}{hint}", self.message)
    }
}

/// What is wrong with a line that a merge left behind, if it is one.
pub fn merge_mark(line: &Span) -> Option<Diagnostic> {
    let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "];
    let text = line.text();
    let is_mark = text == "=======" || marks.iter().any(|mark| text.starts_with(mark));
    is_mark.then(|| {
        Diagnostic::error("a merge is not finished: here is one of its marks")
            .at(line)
            .hint("keep what is right of both sides, and delete the marks")
    })
}

/// Text from a file must not steer the terminal it is shown on.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            cleaned.extend(c.escape_default());
        } else {
            cleaned.push(c);
        }
    }
    cleaned
}

/// Brings diagnostics into the order of the files and drops what was said
/// twice (an anchor used in two services is read twice).
pub fn sort(diagnostics: &mut Vec<Diagnostic>, files: &[Arc<Source>]) {
    let rank = |span: &Span| {
        let file = files.iter().position(|file| Arc::ptr_eq(file, span.source()));
        (file.unwrap_or(usize::MAX), span.range.start)
    };
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic.span().map_or((0, 0), |span| {
            let (file, start) = rank(span);
            (file.saturating_add(1), start)
        })
    });
    let mut seen = HashSet::new();
    diagnostics.retain(|diagnostic| {
        let place = diagnostic.span().map(rank);
        seen.insert((place, diagnostic.message.clone()))
    });
}
