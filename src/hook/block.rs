//! Lines of ours between two marks, in a file where `#` begins a comment.

const OPEN: &str = "# >>> devsup hook >>>";
const CLOSE: &str = "# <<< devsup hook <<<";

/// The lines between their marks, without a newline at the end.
pub(super) fn marked(lines: &str) -> String {
    format!("{OPEN}\n{lines}\n{CLOSE}")
}

/// Whether the text has a block of ours.
pub(super) fn is_in(text: &str) -> bool {
    find(text).is_some()
}

/// Appends a block, an empty line before it. A file without a newline at its
/// end has none afterwards either, by which [`cut`] knows how it was.
pub(super) fn append(text: &str, lines: &str) -> String {
    let (block, newline) = (marked(lines), newline_of(text));
    let block = block.replace('\n', newline);
    match text {
        "" => format!("{block}{newline}"),
        text if text.ends_with('\n') => format!("{text}{newline}{block}{newline}"),
        text => format!("{text}{newline}{newline}{block}"),
    }
}

/// Takes out what [`append`] put in.
pub(super) fn cut(text: &str) -> String {
    let Some((start, end)) = find(text) else { return text.to_owned() };
    let (before, behind) = (&text[..start], &text[end..]);
    let newline = newline_of(text);
    let whole = text[..end].ends_with('\n');
    let mut before = before.strip_suffix(newline).unwrap_or(before);
    if !whole {
        before = before.strip_suffix(newline).unwrap_or(before);
    }
    format!("{before}{behind}")
}

/// Puts a block at this place, where a line begins.
pub(super) fn insert(text: &str, at: usize, lines: &str) -> String {
    let newline = newline_of(text);
    let block = marked(lines).replace('\n', newline);
    format!("{}{block}{newline}{}", &text[..at], &text[at..])
}

/// Takes out what [`insert`] put in.
pub(super) fn cut_inserted(text: &str) -> String {
    match find(text) {
        Some((start, end)) => format!("{}{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    }
}

/// Where the first block begins, and where the line after it does.
fn find(text: &str) -> Option<(usize, usize)> {
    let start = text.find(OPEN)?;
    let close = start + text[start..].find(CLOSE)? + CLOSE.len();
    let rest = &text[close..];
    let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    Some((start, close + newline))
}

pub(super) fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
