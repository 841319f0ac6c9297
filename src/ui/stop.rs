//! How a stop looks: one line a step, a verdict at the end. The supervisor
//! puts the lines into its stream, `down` on standard error.
//!
//! Must not know how anything is stopped.

mod live;
mod screen;

pub use live::{is_wait, live_lines};
pub use screen::Screen;

use crate::model::{
    ContainerStep, Evidence, Fate, Gone, Hit, Named, Progress, Report, Spared, SparedThing, Strays,
    Survivor, Teardown, ThingKind, Verdict, Waited,
};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use std::fmt::Write as _;
use std::io::Write;

/// Most names that are listed in one line.
const MOST_NAMED: usize = 5;
/// Longest command line among several, in characters.
const SHORT_COMMAND: usize = 60;
/// Seconds after which a wait is worth a line where lines stay: often at
/// first, then hardly ever.
const WORTH_A_LINE: [u64; 4] = [1, 3, 10, 30];

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

/// The end of a stop: the verdict, then what is left, a line each.
pub fn verdict(report: &Report, look: Look) -> String {
    if report.dry_run {
        return rehearsal(report);
    }
    let mut text = match report.verdict {
        Verdict::Nothing => format!("{} nothing to do", sign(Sign::Good, look)),
        Verdict::Clean | Verdict::Left => summary(report, look),
    };
    for survivor in &report.survivors {
        // Writing to a string can't fail.
        let _ok = write!(text, "\n  {}", survivor_words(survivor));
    }
    for words in strays(report).chain(kept(report)).chain(spared(report)) {
        let _ok = write!(text, "\n  {words}");
    }
    text
}

/// Who left processes behind, so that somebody can mend it.
fn strays(report: &Report) -> impl Iterator<Item = String> + '_ {
    report.strays.iter().map(|one| {
        let left = count(one.processes, "process", "processes");
        let Strays { service, times, runs, .. } = one;
        let often =
            if *runs > 1 { format!(", in {times} of the last {runs} runs") } else { String::new() };
        format!("{service} left {left} behind{often}")
    })
}

/// What lives on because the config says so, counted apart.
fn kept(report: &Report) -> impl Iterator<Item = String> + '_ {
    let kept: Vec<&Spared> = report.spared.iter().filter(|one| one.fate == Fate::Kept).collect();
    let first = kept.first().map(|one| format!("`{}` (pid {})", short(&one.command), one.pid));
    first.into_iter().map(move |first| {
        let more =
            if kept.len() > 1 { format!(" and {} more", kept.len() - 1) } else { String::new() };
        format!(
            "{} kept by `shutdown.keep`: {first}{more}",
            count(kept.len(), "process", "processes")
        )
    })
}

/// Who was spared although much speaks for its being the project's.
fn spared(report: &Report) -> impl Iterator<Item = String> + '_ {
    let near = |one: &&Spared| {
        one.fate == Fate::HandedOver
            || (one.fate == Fate::Spared && one.evidence.contains(&Evidence::Directory))
    };
    let all: Vec<&Spared> = report.spared.iter().filter(near).collect();
    let more = all.len().saturating_sub(MOST_NAMED);
    let lines: Vec<String> = all
        .into_iter()
        .take(MOST_NAMED)
        .map(|one| format!("spared `{}` (pid {}): {}", short(&one.command), one.pid, one.reason))
        .chain((more > 0).then(|| format!("spared {more} more")))
        .collect();
    lines.into_iter()
}

/// A stop that was over some time ago: when, and every process it ended.
pub fn past(at: Timestamp, report: &Report, look: Look) -> String {
    let mut text = format!("{} stopped at {}", report.project, super::jobs::time(at));
    for hit in &report.hits {
        let service = hit.service.as_deref().unwrap_or("-");
        let fate = if hit.fate == Fate::Stopped { "stopped" } else { "killed" };
        let _ok =
            write!(text, "\n  {fate:<7} {:>7}  {service:<10}  `{}`", hit.pid, short(&hit.command));
    }
    for note in &report.notes {
        let _ok = write!(text, "\n  note: {note}");
    }
    let _ok = write!(text, "\n{}", verdict(report, look));
    text
}

/// The end where only containers were asked for.
pub fn containers_verdict(report: &Report, look: Look) -> String {
    if report.verdict == Verdict::Nothing {
        // An engine that could not be asked has left a note.
        let (kind, words) = if report.notes.is_empty() {
            (Sign::Good, "no containers to remove")
        } else {
            (Sign::Warning, "nothing was removed")
        };
        return format!("{} {words}", sign(kind, look));
    }
    let good = report.verdict != Verdict::Left;
    let sign = sign(if good { Sign::Good } else { Sign::Bad }, look);
    let left = count(report.survivors.len(), "container", "containers");
    let mut text = format!("{sign} {left} left (in {})", seconds(report.took_ms));
    for survivor in &report.survivors {
        let _ok = write!(text, "\n  {}", survivor_words(survivor));
    }
    text
}

fn words(progress: &Progress) -> Option<(Option<u8>, String)> {
    let (phase, words) = match progress {
        Progress::Begun { forced: true, .. } => (1, "passed over, all are told at once".to_owned()),
        Progress::Begun { services: 0, .. } => (1, "no service to ask".to_owned()),
        Progress::Begun { .. } => return None,
        Progress::Asked { who, command: Some(line), .. } => {
            (1, format!("{} `{}`", named(who), short(line)))
        }
        Progress::Asked { who, signal, .. } => (1, format!("{} {signal}", named(who))),
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
        Progress::Container { doing } => (4, container(doing)?),
        Progress::Containers { words } => (4, words.clone()),
        Progress::Verified { processes, ports, containers: 0 } => {
            (5, format!("{} left", counts(*processes, *ports)))
        }
        Progress::Verified { processes, ports, containers } => {
            let containers = count(*containers, "container", "containers");
            (5, format!("{}, {containers} left", counts(*processes, *ports)))
        }
        Progress::Note { words } => return Some((None, words.clone())),
    };
    Some((Some(phase), words))
}

/// A step of phase 4, if it is worth a line that stays: how each one ended,
/// and who keeps the others waiting.
fn container(doing: &ContainerStep) -> Option<String> {
    match doing {
        ContainerStep::Stopping { .. } => None,
        ContainerStep::Waiting { waited, .. } if !WORTH_A_LINE.contains(waited) => None,
        step => Some(step.words()),
    }
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
    let one = |waited: &Waited| match live::vain(waited) {
        Some(vain) => format!("{}, which {vain}", named(&waited.who)),
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
    let containers = |survivor: &&Survivor| matches!(survivor, Survivor::Container(_));
    let containers = report.survivors.iter().filter(containers).count();
    let others = report.survivors.len() - ports - processes - containers;
    let others =
        if others > 0 { format!(", {}", count(others, "doubt", "doubts")) } else { String::new() };
    let left = counts(processes, ports);
    let containers = count(containers, "container", "containers");
    format!("{sign} {left}, {containers}{others} left ({})", freed(report))
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
    match report.containers.count(ThingKind::Container) {
        0 => {}
        removed => parts.push(count(removed, "container", "containers")),
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
        Survivor::Container(left) => format!("{}: {}", left.thing, left.reason),
        Survivor::Engine { reason } => {
            format!("not proven that the containers of this run are gone: {reason}")
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
        let what = match one.fate {
            Fate::Suspect => "suspect",
            Fate::Kept => "would keep",
            _ => "would spare",
        };
        format!("{what:<11} {:>7}  {:<10}  `{}` ({})", one.pid, "-", one.command, one.reason)
    };
    let lines = report.hits.iter().map(hit).chain(report.spared.iter().map(spared));
    for line in lines.chain(rehearsed_containers(&report.containers)) {
        let _ok = writeln!(text, "{line}");
    }
    let spared = report.spared.len() + report.containers.spared.len();
    let mut counted = count(report.hits.len(), "process", "processes");
    match report.containers.count(ThingKind::Container) {
        0 => {}
        some => counted = format!("{counted}, {}", count(some, "container", "containers")),
    }
    let _ok = write!(text, "{counted}, {spared} spared");
    text
}

fn rehearsed_containers(torn: &Teardown) -> impl Iterator<Item = String> {
    let gone = |gone: &Gone| format!("would remove {} ({})", gone.thing, gone.claim);
    let spared = |spared: &SparedThing| format!("would spare {} ({})", spared.thing, spared.why);
    torn.gone.iter().map(gone).chain(torn.spared.iter().map(spared))
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

/// Writes data to standard output.
pub fn print(text: &str) {
    // A reader that has gone has read enough.
    let _unread = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests;
