//! Tables: columns where they fit, a few lines a row where they do not.

use super::style::Look;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;

/// Rows under a head. With `columns`, the width of a terminal, a table that
/// does not fit is written row by row instead, each cell after its name.
pub fn text(head: &[&str], rows: &[Vec<String>], columns: Option<u16>, look: Look) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
            cells.chain([head[at].width()]).max().unwrap_or(0)
        })
        .collect();
    let whole = widths.iter().sum::<usize>() + GAP * head.len().saturating_sub(1);
    match columns {
        Some(columns) if whole > usize::from(columns) => stacked(head, &rows, look),
        _ => side_by_side(head, &rows, &widths, look),
    }
}

fn side_by_side(head: &[&str], rows: &[Vec<String>], widths: &[usize], look: Look) -> String {
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    let mut text = look.bold(&line(&head, widths)) + "\n";
    for row in rows {
        text.push_str(&line(row, widths));
        text.push('\n');
    }
    text
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let fill = width.saturating_sub(cell.width()) + GAP;
        let _ = write!(line, "{cell}{:fill$}", "");
    }
    line.truncate(line.trim_end().len());
    line
}

fn stacked(head: &[&str], rows: &[Vec<String>], look: Look) -> String {
    let mut text = String::new();
    for row in rows {
        let mut cells = row.iter().zip(head);
        if let Some((first, _)) = cells.next() {
            let _ = writeln!(text, "{}", look.bold(first));
        }
        for (cell, name) in cells.filter(|(cell, _)| !cell.is_empty()) {
            let _ = writeln!(text, "  {}: {cell}", name.to_lowercase());
        }
    }
    text
}

/// Text that can't steer the terminal it is shown on.
pub fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { colour: false, unicode: false };

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["A".to_owned(), "价值".to_owned(), "x".to_owned()],
            vec!["LONG".to_owned(), "a\x1b[31m".to_owned(), String::new()],
        ]
    }

    #[test]
    fn columns_stand_below_each_other() {
        let text = text(&["NAME", "VALUE", "BY"], &rows(), Some(80), LOOK);
        assert_eq!(text, "NAME  VALUE       BY\nA     价值        x\nLONG  a\\u{1b}[31m\n");
    }

    #[test]
    fn what_does_not_fit_is_written_row_by_row() {
        let text = text(&["NAME", "VALUE", "BY"], &rows(), Some(10), LOOK);
        assert_eq!(text, "A\n  value: 价值\n  by: x\nLONG\n  value: a\\u{1b}[31m\n");
    }
}
