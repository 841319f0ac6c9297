//! Procfiles: `name: command`, one a line. Knows neither variables (the shell
//! follows them) nor ports.

use super::diagnostic::{Diagnostic, Span, Spanned, merge_mark};
use super::source::Source;
use crate::model::ServiceName;
use std::collections::HashMap;
use std::sync::Arc;

/// A line of a Procfile.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name before the colon.
    pub name: Spanned<ServiceName>,
    /// All after it, without blanks at either end.
    pub command: Spanned<String>,
}

/// Reads a Procfile. Blank lines and lines that start with `#` are passed over;
/// every other line that is no entry is a mistake, added to `diagnostics`.
pub fn parse(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut continued = false;
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if !text.is_empty() && !text.starts_with('#') {
            let line = Span::new(source, start..start + text.len());
            match entry(&line) {
                Ok(entry) => {
                    let name = entry.name.value.to_string();
                    let first = *by_name.entry(name).or_insert(entries.len());
                    match entries.get(first) {
                        Some(first) => diagnostics.push(twice(first, &entry)),
                        None => entries.push(entry),
                    }
                }
                Err(problem) if continued => diagnostics.push(problem.hint(CONTINUED)),
                Err(problem) => diagnostics.push(problem),
            }
        }
        continued = text.ends_with('\\');
    }
    entries
}

fn entry(line: &Span) -> Result<Entry, Diagnostic> {
    let text = line.text();
    if let Some(mark) = merge_mark(line) {
        return Err(mark);
    }
    let Some((before, after)) = text.split_once(':') else {
        return Err(Diagnostic::error("this line is no entry: it has no `:`").at(line).hint(USAGE));
    };
    let start = line.range().start;
    let (name, command) = (before.trim_end(), after.trim());
    let name_span = Span::new(line.source(), start..start + name.len());
    let checked = ServiceName::new(name).map_err(|bad| {
        Diagnostic::error(bad.to_string())
            .at(if name.is_empty() { line } else { &name_span })
            .hint(USAGE)
    })?;
    if command.is_empty() {
        let yaml = matches!(name, "services" | "processes");
        let hint = if yaml { YAML } else { "write it behind the colon, in the same line" };
        return Err(Diagnostic::error(format!("`{name}` has no command")).at(line).hint(hint));
    }
    if command.contains('\0') {
        return Err(Diagnostic::error("a command can't contain a NUL byte").at(line));
    }
    let end = line.range().end;
    let command_span = Span::new(line.source(), end - command.len()..end);
    Ok(Entry {
        name: Spanned::new(checked, &name_span),
        command: Spanned::new(command.to_owned(), &command_span),
    })
}

fn twice(first: &Entry, again: &Entry) -> Diagnostic {
    let name = &again.name.value;
    let lines = (first.name.span.line(), again.name.span.line());
    Diagnostic::error(format!(
        "`{name}` stands here twice: in line {} and in line {}",
        lines.0, lines.1
    ))
    .also(&again.name.span, "again here")
    .also(&first.name.span, "first here")
    .hint("give one of them another name")
}

const CONTINUED: &str = "lines can't be continued; put the command in one line or in a script";

const YAML: &str = "this looks like YAML; call the file `devsup.yaml`";

const USAGE: &str = "an entry is `name: command`; put `#` before a comment";

#[cfg(test)]
mod tests;
