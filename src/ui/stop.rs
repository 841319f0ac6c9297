//! How a stop looks: one line a step, a verdict at the end. The supervisor
//! puts the lines into its stream, `down` on standard error.
//!
//! Must not know how anything is stopped.

use crate::model::{Evidence, Hit, Named, Progress, Report, Spared, Survivor, Verdict, Waited};
use owo_colors::OwoColorize;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use unicode_width::UnicodeWidthChar;

/// Most names that are listed in one line.
const MOST_NAMED: usize = 5;
/// Longest command line among several, in characters.
const SHORT_COMMAND: usize = 60;
/// Seconds after which a wait is worth a line where lines stay: often at
/// first, then hardly ever.
const WORTH_A_LINE: [u64; 4] = [1, 3, 10, 30];
/// Width of the head of a line.
const HEAD: usize = 18;

/// How words may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// With signs beyond ASCII.
    pub unicode: bool,
}

/// The line of a step, if it is worth one that stays.
pub fn line(progress: &Progress, look: Look) -> Option<String> {
    let (phase, words) = words(progress)?;
    Some(match phase {
        Some(phase) => format!("{} {words}", head(phase, look)),
        None => format!("{} {words}", sign(Sign::Warning, look)),
    })
}

/// What a terminal of so many columns shows in place for as long as it is true.
/// It must never wrap: what has wrapped can't be written over.
pub fn live_line(progress: &Progress, look: Look, columns: usize) -> Option<String> {
    let Progress::Waiting { left_ms, on, .. } = progress else {
        return None;
    };
    // The head and the blank behind it, and the last column, where some wrap.
    let room = columns.saturating_sub(HEAD + 1);
    Some(format!("{} {}", head(1, look), fitting(&waiting(*left_ms, on), room)))
}

/// As much of a text as has room in so many columns.
fn fitting(text: &str, room: usize) -> &str {
    let mut width = 0;
    let end = text.char_indices().find(|(_, c)| {
        width += c.width().unwrap_or(0);
        width > room
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The end of a stop: the verdict, then what is left, a line each.
pub fn verdict(report: &Report, look: Look) -> String {
    if report.verdict == Verdict::Nothing {
        return format!("{} nothing to do", sign(Sign::Good, look));
    }
    if report.dry_run {
        return rehearsal(report);
    }
    let mut text = summary(report, look);
    for survivor in &report.survivors {
        // Writing to a string can't fail.
        let _ok = write!(text, "\n  {}", survivor_words(survivor));
    }
    if let Some(first) = report.spared.first() {
        let spared = count(report.spared.len(), "process", "processes");
        let _ok = write!(text, "\n  {spared} left to others: {}", first.reason);
    }
    text
}

fn words(progress: &Progress) -> Option<(Option<u8>, String)> {
    let (phase, words) = match progress {
        Progress::Begun { forced: true, .. } => (1, "passed over, all are told at once".to_owned()),
        Progress::Begun { services: 0, .. } => (1, "no service to ask".to_owned()),
        Progress::Begun { .. } => return None,
        Progress::Asked { who, signal } => (1, format!("{} {signal}", named(who))),
        Progress::Waiting { waited_ms, left_ms, on } => {
            if !WORTH_A_LINE.contains(&(waited_ms / 1000)) {
                return None;
            }
            (1, waiting(*left_ms, on))
        }
        Progress::Ended { took_ms, .. } if *took_ms < 1000 => return None,
        Progress::Ended { who, took_ms } => {
            (1, format!("{} ended after {}", named(who), seconds(*took_ms)))
        }
        Progress::Hurried => (1, "cut short".to_owned()),
        Progress::Forced { killed } => (2, forced(killed)),
        Progress::Orphans { found } => (3, orphans(found)),
        Progress::Containers { words } => (4, words.clone()),
        Progress::Verified { processes, ports } => {
            (5, format!("{} left", counts(*processes, *ports)))
        }
        Progress::Note { words } => return Some((None, words.clone())),
    };
    Some((Some(phase), words))
}

fn head(phase: u8, look: Look) -> String {
    let name = match phase {
        1 => "graceful",
        2 => "force",
        3 => "orphans",
        4 => "containers",
        _ => "verify",
    };
    let text = format!("[{phase}/5] {name:<11}");
    if look.colour { text.dimmed().to_string() } else { text }
}

fn named(who: &Named) -> String {
    format!("{} (pid {})", who.service, who.pid)
}

fn waiting(left_ms: u64, on: &[Waited]) -> String {
    let one = |waited: &Waited| match waited.ignores {
        Some(signal) => format!("{}, which ignores {signal}", named(&waited.who)),
        None => named(&waited.who),
    };
    format!("{} left for {}", seconds(left_ms), list(on.iter().map(one)))
}

fn forced(killed: &[Named]) -> String {
    match killed.len() {
        0 => "nobody had to be killed".to_owned(),
        count => format!("{count} killed: {}", list(killed.iter().map(named))),
    }
}

fn orphans(found: &[Hit]) -> String {
    let one = |hit: &Hit| {
        format!("`{}` (pid {}, {})", short(&hit.command), hit.pid, evidence_words(&hit.evidence))
    };
    match found.len() {
        0 => "none".to_owned(),
        count => format!("{count} found: {}", list(found.iter().map(one))),
    }
}

/// A command line as one of several in a line.
fn short(command: &str) -> String {
    if command.chars().count() <= SHORT_COMMAND {
        return command.to_owned();
    }
    command.chars().take(SHORT_COMMAND).chain("...".chars()).collect()
}

fn evidence_words(evidence: &[Evidence]) -> String {
    evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

/// `a, b, c and 4 more`.
fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let text = names.take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

fn counts(processes: usize, ports: usize) -> String {
    format!("{}, {}", count(processes, "process", "processes"), count(ports, "port", "ports"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn summary(report: &Report, look: Look) -> String {
    let ports = |survivor: &&Survivor| matches!(survivor, Survivor::Port { .. });
    let processes = |survivor: &&Survivor| matches!(survivor, Survivor::Process { .. });
    let ports = report.survivors.iter().filter(ports).count();
    let processes = report.survivors.iter().filter(processes).count();
    let good = report.verdict != Verdict::Left;
    let sign = sign(if good { Sign::Good } else { Sign::Bad }, look);
    let others = report.survivors.len() - ports - processes;
    let others =
        if others > 0 { format!(", {}", count(others, "doubt", "doubts")) } else { String::new() };
    let left = counts(processes, ports);
    format!("{sign} {left}, 0 containers{others} left ({})", freed(report))
}

fn freed(report: &Report) -> String {
    let freed = &report.freed;
    let mut parts = Vec::new();
    if freed.processes > 0 {
        parts.push(format!("freed {}", count(freed.processes, "process", "processes")));
        parts.push(bytes(freed.memory));
    }
    if let Some((last, rest)) = freed.ports.split_last() {
        let rest: Vec<String> = rest.iter().map(u16::to_string).collect();
        parts.push(if rest.is_empty() {
            format!("port {last}")
        } else {
            format!("ports {} and {last}", rest.join(", "))
        });
    }
    parts.push(format!("in {}", seconds(report.took_ms)));
    parts.join(", ")
}

fn survivor_words(survivor: &Survivor) -> String {
    match survivor {
        Survivor::Process { pid, command, evidence, reason, .. } => {
            format!("`{command}` (pid {pid}, {}): {reason}", evidence_words(evidence))
        }
        Survivor::Port { port, service, holder } => {
            let holder = holder.as_deref().unwrap_or("a process that can't be seen");
            format!("port {port} of {service}: held by {holder}")
        }
        Survivor::Lock { path } => format!("`{path}`: locked by a process that can't be seen"),
        Survivor::Unseen { what } => format!("not proven, since it could not be read: {what}"),
    }
}

/// Everybody who would be hit or spared, a line each.
fn rehearsal(report: &Report) -> String {
    let mut text = String::new();
    let hit = |hit: &Hit| {
        let service = hit.service.as_deref().unwrap_or("-");
        let why = evidence_words(&hit.evidence);
        format!("would stop  {:>7}  {service:<10}  `{}` ({why})", hit.pid, hit.command)
    };
    let spared = |one: &Spared| {
        format!("would spare {:>7}  {:<10}  `{}` ({})", one.pid, "-", one.command, one.reason)
    };
    let lines = report.hits.iter().map(hit).chain(report.spared.iter().map(spared));
    for line in lines {
        let _ok = writeln!(text, "{line}");
    }
    let (hits, spared) = (report.hits.len(), report.spared.len());
    let _ok = write!(text, "{}, {spared} spared", count(hits, "process", "processes"));
    text
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn bytes(bytes: u64) -> String {
    const MEGA: f64 = 1_000_000.0;
    let mega = bytes as f64 / MEGA;
    if mega >= 1000.0 { format!("{:.1} GB", mega / 1000.0) } else { format!("{mega:.0} MB") }
}

fn seconds(millis: u64) -> String {
    let tenths = millis.saturating_add(50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

#[derive(Clone, Copy)]
enum Sign {
    Good,
    Warning,
    Bad,
}

fn sign(sign: Sign, look: Look) -> String {
    let text = match (sign, look.unicode) {
        (Sign::Good, true) => "✓",
        (Sign::Good, false) => "ok",
        (Sign::Warning, _) => "!",
        (Sign::Bad, true) => "✗",
        (Sign::Bad, false) => "x",
    };
    if !look.colour {
        return text.to_owned();
    }
    match sign {
        Sign::Good => text.green().to_string(),
        Sign::Warning => text.yellow().to_string(),
        Sign::Bad => text.red().to_string(),
    }
}

/// Shows a stop on standard error, as it goes.
#[derive(Debug)]
pub struct Screen {
    look: Look,
    quiet: bool,
    /// Whether lines can be written over.
    live: bool,
    /// Whether one is there to be written over now.
    shown: bool,
}

impl Screen {
    /// A screen; a quiet one shows nothing.
    pub fn new(look: Look, quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = std::io::stderr().is_terminal() && !dumb;
        Self { look, quiet, live, shown: false }
    }

    /// Shows a step.
    pub fn progress(&mut self, progress: &Progress) {
        let columns = crate::os::descriptor::columns(std::io::stderr()).unwrap_or(80);
        match live_line(progress, self.look, usize::from(columns)).filter(|_| self.live) {
            Some(text) => {
                self.put(&text, "");
                self.shown = true;
            }
            None => {
                if let Some(text) = line(progress, self.look) {
                    self.say(&text);
                }
            }
        }
    }

    /// Shows a sentence.
    pub fn say(&mut self, text: &str) {
        self.put(text, "\n");
        self.shown = false;
    }

    /// Shows the end.
    pub fn verdict(&mut self, report: &Report) {
        let text = verdict(report, self.look);
        self.say(&text);
    }

    fn put(&self, text: &str, end: &str) {
        if self.quiet {
            return;
        }
        let wipe = if self.shown { "\r\x1b[K" } else { "" };
        // Nobody reads any more: the stop goes on all the same.
        let _unread = write!(std::io::stderr(), "{wipe}{text}{end}");
    }
}

/// Writes data to standard output.
pub fn print(text: &str) {
    // A reader that has gone has read enough.
    let _unread = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests;
