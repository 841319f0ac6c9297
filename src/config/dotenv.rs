//! `.env` files: the grammar of the compose specification, and `export `.
//! Knows nothing of services or of who wins over whom.
//!
//! One assignment a line, `NAME=VALUE`. Without quotes the value ends at the
//! line's end or at a `#` after a blank, and blanks around it are dropped. In
//! single quotes everything stands for itself but `\'`; in double quotes `\n`,
//! `\r`, `\t`, `\\`, `\"` and `\$` are read, any other backslash stays. Quoted
//! values may span lines. References are followed without quotes and in double
//! quotes. `NAME` alone passes the operating system's value on.

use super::diagnostic::{Diagnostic, Span};
use super::interpolate::{Lookup, interpolate};
use super::source::Source;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// `NAME=VALUE` of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value, references followed.
    pub value: String,
    /// Where the name stands.
    pub span: Span,
    /// The line it starts in, from 1.
    pub line: usize,
}

/// Reads a file. `outside` knows the variables of the operating system and of
/// the files before; names set further up in this file are found first, unless
/// `outside_wins`. Every mistake is added to `diagnostics`.
pub fn parse(
    source: &Arc<Source>,
    outside: Lookup<'_>,
    outside_wins: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Assignment> {
    let mut reader =
        Reader { source, at: 0, line: 1, found: Vec::new(), index: HashMap::new(), diagnostics };
    while reader.at < source.text.len() {
        let start = reader.at;
        if let Err(problem) = reader.statement(outside, outside_wins) {
            reader.diagnostics.push(problem);
            reader.finish_line();
        }
        reader.line += source.text[start..reader.at].matches('\n').count();
    }
    reader.found
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    at: usize,
    line: usize,
    found: Vec<Assignment>,
    /// The last assignment of each name.
    index: HashMap<String, usize>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// How a value was written.
#[derive(PartialEq)]
enum Quotes {
    None,
    Single,
    Double,
}

type Step<T> = Result<T, Diagnostic>;

impl Reader<'_> {
    /// The rest of the current line.
    fn rest(&self) -> &str {
        let rest = &self.source.text[self.at..];
        rest.lines().next().unwrap_or_default()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn error(&self, range: Range<usize>, message: impl AsRef<str>) -> Diagnostic {
        Diagnostic::error(message).at(&self.span(range))
    }

    fn finish_line(&mut self) {
        let rest = &self.source.text[self.at..];
        self.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Reads one line (or more, in quotes) and stands at the next one after it.
    fn statement(&mut self, outside: Lookup<'_>, outside_wins: bool) -> Step<()> {
        self.skip_blanks();
        if self.rest().trim_end().is_empty() || self.rest().starts_with('#') {
            self.finish_line();
            return Ok(());
        }
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with([' ', '\t'])
        {
            self.at += "export".len();
            self.skip_blanks();
        }
        let span = self.name()?;
        self.skip_blanks();
        let line = self.line;
        let name = span.text().to_owned();
        if self.rest().starts_with('=') {
            self.at += 1;
            let value = self.value(outside, outside_wins)?;
            self.index.insert(name.clone(), self.found.len());
            self.found.push(Assignment { name, value, span, line });
        } else {
            self.alone(&span, outside);
        }
        self.finish_line();
        Ok(())
    }

    fn name(&mut self) -> Step<Span> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-'))
            .unwrap_or(rest.len());
        let whole = self.at..self.at + rest.trim_end().len();
        if length == 0 {
            return Err(self.error(whole, "this line is no assignment").hint(USAGE));
        }
        let span = self.span(self.at..self.at + length);
        let after = rest[length..].trim_start();
        if let Some(value) = after.strip_prefix(':') {
            let hint = format!("write `{}={}`", span.text(), value.trim());
            return Err(self.error(whole, "this line has `:` instead of `=`").hint(hint));
        }
        if !after.is_empty() && !after.starts_with(['=', '#']) {
            return Err(self.error(whole, "this line is no assignment").hint(USAGE));
        }
        self.at += length;
        Ok(span)
    }

    /// `NAME` without `=`: the operating system's value, if there is one.
    fn alone(&mut self, span: &Span, outside: Lookup<'_>) {
        if outside(span.text()).is_none() {
            let name = span.text();
            let warning = Diagnostic::warning(format!("`{name}` has no value"))
                .at(span)
                .hint(format!("write `{name}=` for an empty one"));
            self.diagnostics.push(warning);
        }
    }

    fn value(&mut self, outside: Lookup<'_>, outside_wins: bool) -> Step<String> {
        self.skip_blanks();
        let start = self.at;
        let (raw, quotes) = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => (self.unquoted(), Quotes::None),
        };
        let range = start..self.at;
        if raw.contains('\0') {
            return Err(self.error(range, "a value can't contain a NUL byte"));
        }
        if quotes == Quotes::Single {
            return Ok(raw.replace("\\'", "'"));
        }
        let (found, index) = (&self.found, &self.index);
        let own = |name: &str| index.get(name).map(|&at| found[at].value.clone());
        let lookup = |name: &str| {
            if outside_wins {
                outside(name).or_else(|| own(name))
            } else {
                own(name).or_else(|| outside(name))
            }
        };
        match unescape(&raw, &quotes, &lookup) {
            Ok((value, missing)) => {
                self.missing(&missing, &range);
                Ok(value)
            }
            Err(problem) => {
                let span = self.span(range).part(&problem.piece).first_line();
                let error = Diagnostic::error(problem.message).at(&span);
                Err(error.hint_if(problem.hint))
            }
        }
    }

    fn missing(&mut self, names: &[String], range: &Range<usize>) {
        for name in names {
            let span = self.span(range.clone()).part(name).first_line();
            let warning = Diagnostic::warning(format!("`{name}` is not set and counts as empty"))
                .at(&span)
                .hint(format!("set it, or write `${{{name}:-default}}`"));
            self.diagnostics.push(warning);
        }
    }

    /// Up to the line's end or a comment, without blanks at the end.
    fn unquoted(&mut self) -> String {
        let rest = self.rest();
        let comment = rest
            .char_indices()
            .find(|&(at, c)| c == '#' && (at == 0 || rest[..at].ends_with([' ', '\t'])))
            .map_or(rest.len(), |(at, _)| at);
        let value = rest[..comment].trim_end().to_owned();
        self.at += value.len();
        value
    }

    /// Up to the closing quote, lines and all; only a comment may follow.
    fn quoted(&mut self, quote: char) -> Step<(String, Quotes)> {
        let start = self.at;
        let inside = &self.source.text[start + 1..];
        let mut escaped = false;
        let end = inside.char_indices().find(|&(_, c)| {
            let closes = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some((length, _)) = end else {
            let line = start..start + self.rest().trim_end().len();
            let other = if quote == '"' { "single quotes" } else { "double quotes" };
            let hint = format!("close it, or put all of the value between {other}");
            return Err(self
                .error(line, format!("the quote `{quote}` is never closed"))
                .hint(hint));
        };
        let value = inside[..length].replace("\r\n", "\n");
        self.at = start + 1 + length + 1;
        let after = self.rest();
        if !after.trim().is_empty() && !after.trim_start().starts_with('#') {
            let range = self.at..self.at + after.trim_end().len();
            return Err(self
                .error(range, "only a comment may follow the closing quote")
                .hint("put the whole value between the quotes"));
        }
        Ok((value, if quote == '"' { Quotes::Double } else { Quotes::Single }))
    }
}

const USAGE: &str = "write `NAME=VALUE`, and `#` before a comment";

/// Stands for an escaped dollar while references are followed. Files can't
/// contain it: NUL bytes were refused before.
const DOLLAR: char = '\0';

fn unescape(
    raw: &str,
    quotes: &Quotes,
    lookup: Lookup<'_>,
) -> Result<(String, Vec<String>), super::interpolate::Problem> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let read = match (c, next) {
            ('\\', Some('$')) => Some(DOLLAR),
            ('\\', Some(next)) if *quotes == Quotes::Double => match next {
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                '\\' | '"' => Some(next),
                _ => None,
            },
            _ => None,
        };
        if read.is_some() {
            rest.next();
        }
        text.push(read.unwrap_or(c));
    }
    let out = interpolate(&text, lookup)?;
    Ok((out.text.replace(DOLLAR, "$"), out.missing))
}

#[cfg(test)]
mod tests;
