//! How jobs look: a table of many, a card of one.

use super::style::Look;
use super::table;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Columns a command takes at most.
const COMMAND: usize = 40;
/// Columns the last line takes at least, and at most where nothing says how
/// many there are.
const LEAST: usize = 16;
const MOST: usize = 60;

/// A job in the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: String,
    /// Its tags, joined.
    pub tags: String,
    /// What it runs.
    pub command: String,
    /// Its process, if it runs.
    pub pid: Option<String>,
    /// The last line of its output.
    pub last: String,
}

/// All of them, with the last line cut to what is left of the width.
pub fn table(rows: &[Row], columns: Option<u16>, look: Look) -> String {
    let head = ["ID", "NAME", "STATUS", "TAGS", "PID", "COMMAND", "LAST LINE"];
    let cells = |row: &Row| {
        let pid = row.pid.clone().unwrap_or_default();
        let command = short(&row.command, COMMAND, look);
        vec![row.id.clone(), row.name.clone(), row.status.clone(), row.tags.clone(), pid, command]
    };
    let mut table: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let width = |at: usize| {
        let cells = table.iter().map(|row| row[at].width());
        cells.chain([head[at].len()]).max().unwrap_or(0) + 2
    };
    let taken: usize = (0..head.len() - 1).map(width).sum();
    let room = columns.map_or(MOST, |all| usize::from(all).saturating_sub(taken).max(LEAST));
    for (cells, row) in table.iter_mut().zip(rows) {
        cells.push(short(&row.last, room, look));
    }
    table::text(&head, &table, columns, look)
}

/// The text in so many columns, its end cut off.
fn short(text: &str, columns: usize, look: Look) -> String {
    let text = table::printable(text.trim());
    if text.width() <= columns {
        return text;
    }
    let dots = look.dots();
    let mut cut = String::new();
    for c in text.chars() {
        if cut.width() + dots.width() + 2 > columns {
            break;
        }
        cut.push(c);
    }
    cut + dots
}

/// One job: its facts by name, and its last lines.
pub fn card(facts: &[(&str, String)], lines: &[String], look: Look) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in facts {
        let name = look.dim(&format!("{name:width$}"));
        let _ = writeln!(text, "{name}  {}", table::printable(value));
    }
    if !lines.is_empty() {
        let _ = writeln!(text, "{}", look.dim("its last lines:"));
    }
    for line in lines {
        let _ = writeln!(text, "{} {}", look.dim(look.bar()), table::printable(line));
    }
    text
}

/// A time as the clock on the wall shows it.
pub fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
