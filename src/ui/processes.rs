//! How processes look: a tree of them, and what a kill would do or did.

use super::services::span;
use super::style::Look;
use super::table::{self, printable};
use crate::api::{Killed, Processes};
use crate::model::{Kind, Missed, Plan, Process, Reason, Totals};
use jiff::Timestamp;

/// Columns that a command line should have, and those that it always gets.
const USUAL_COMMAND: usize = 24;
const LEAST_COMMAND: usize = 8;
/// What a narrow terminal is not shown, the first to go first.
const DISPENSABLE: [&str; 4] = ["WITH BELOW", "AGE", "CPU", "PORTS"];
/// Most of those who are spared that are listed.
const MOST_SPARED: usize = 12;

/// The tree, with what all use together below it.
pub fn tree(all: &Processes, columns: Option<u16>, look: Look) -> String {
    let branches = branches(&all.processes, look.unicode);
    let now = Timestamp::now();
    let mut head = vec!["WHOSE", "PID", "CPU", "MEMORY", "WITH BELOW", "PORTS", "AGE", "COMMAND"];
    let mut rows: Vec<Vec<String>> = all.processes.iter().map(|one| row(one, now)).collect();
    let room = columns.map(|columns| make_room(&mut head, &mut rows, usize::from(columns)));
    for ((row, one), branch) in rows.iter_mut().zip(&all.processes).zip(branches) {
        let command = format!("{branch}{}", printable(&one.command));
        row.push(room.map_or(command.clone(), |room| clipped(&command, room, look)));
    }
    table::text(&head, &rows, None, look) + &look.dim(&together(&all.totals)) + "\n"
}

fn row(one: &Process, now: Timestamp) -> Vec<String> {
    let ports: Vec<String> = one.ports.iter().map(u16::to_string).collect();
    vec![
        whose(one),
        one.pid.to_string(),
        percent(one.cpu),
        bytes(one.memory),
        if one.memory_tree > one.memory { bytes(one.memory_tree) } else { String::new() },
        ports.join(","),
        one.started_at.map_or(String::new(), |since| span(since, now)),
    ]
}

/// To whom it belongs, in a word or two.
fn whose(one: &Process) -> String {
    match (one.kind, one.instance.as_deref()) {
        (Kind::Service, Some(name)) => name.to_owned(),
        (Kind::Job, _) => format!("job {}", one.job.as_deref().unwrap_or_default()),
        (Kind::Service | Kind::Stray, None) => "stray".to_owned(),
        (Kind::Stray, Some(name)) => format!("stray of {name}"),
        (Kind::Suspect, _) => "suspect".to_owned(),
        (Kind::Devsup, _) => "devsup".to_owned(),
        (Kind::Other, _) => "not ours".to_owned(),
    }
}

/// Leaves columns out until the last one has its room, and says how much it is.
fn make_room(head: &mut Vec<&str>, rows: &mut [Vec<String>], columns: usize) -> usize {
    for name in DISPENSABLE {
        if room(head, rows, columns) >= USUAL_COMMAND {
            break;
        }
        if let Some(at) = head.iter().position(|one| *one == name) {
            head.remove(at);
            for row in &mut *rows {
                row.remove(at);
            }
        }
    }
    room(head, rows, columns).max(LEAST_COMMAND)
}

/// What is left for the last column.
fn room(head: &[&str], rows: &[Vec<String>], columns: usize) -> usize {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([head[at].chars().count()]).max().unwrap_or(0) + 2
    };
    let taken: usize = (0..head.len() - 1).map(width).sum();
    columns.saturating_sub(taken)
}

fn clipped(text: &str, room: usize, look: Look) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let dots = look.dots();
    let kept: String = text.chars().take(room.saturating_sub(dots.chars().count())).collect();
    kept + dots
}

/// The lines in front of each. Read from the end, the first of a level to come
/// is the last one of its parent.
fn branches(processes: &[Process], unicode: bool) -> Vec<String> {
    let [goes_on, blank, tee, end] =
        if unicode { ["│ ", "  ", "├─ ", "└─ "] } else { ["| ", "  ", "|- ", "`- "] };
    let mut open = Vec::new();
    let mut branches = Vec::with_capacity(processes.len());
    for one in processes.iter().rev() {
        open.resize(one.depth + 1, false);
        let above = (1..one.depth).map(|level| if open[level] { goes_on } else { blank });
        let mut branch: String = above.collect();
        if one.depth > 0 {
            branch.push_str(if open[one.depth] { tee } else { end });
        }
        open[one.depth] = true;
        branches.push(branch);
    }
    branches.reverse();
    branches
}

fn together(totals: &Totals) -> String {
    let Totals { processes, cpu, memory } = totals;
    let noun = if *processes == 1 { "process" } else { "processes" };
    format!("{processes} {noun}, {}, {}", percent(*cpu), bytes(*memory))
}

/// Those in a directory, whosever they are, and why they count as that.
pub fn here(all: &Processes, columns: Option<u16>, look: Look) -> String {
    let head = ["PID", "WHOSE", "MEMORY", "COMMAND", "DIRECTORY", "WHY"];
    let rows: Vec<Vec<String>> = all
        .processes
        .iter()
        .map(|one| {
            let why = one.reason.clone().unwrap_or_else(|| evidence(one));
            let cwd = one.cwd.as_ref().map_or(String::new(), |cwd| cwd.display().to_string());
            let command: String = one.command.chars().take(60).collect();
            vec![one.pid.to_string(), whose(one), bytes(one.memory), command, cwd, why]
        })
        .collect();
    table::text(&head, &rows, columns, look)
}

fn evidence(one: &Process) -> String {
    one.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a kill did, or, in a dry run, would do.
pub fn killed(done: &Killed, look: Look) -> String {
    let mut lines = Vec::new();
    if let Some(plan) = &done.plan {
        lines.extend(planned(plan, look));
    } else {
        let count = done.killed.len();
        let noun = if count == 1 { "process" } else { "processes" };
        let mark = if done.failed.is_empty() { look.good() } else { look.warning() };
        lines.push(format!("{mark} {count} {noun} ended or signalled"));
    }
    lines.extend(done.failed.iter().map(|missed| failed(missed, look)));
    lines.join("\n")
}

fn failed(missed: &Missed, look: Look) -> String {
    let Missed { pid, reason, words } = missed;
    format!("{} pid {pid} is spared ({}): {words}", look.bad(), reason_word(*reason))
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::NotOurs => "not ours",
        Reason::PermissionDenied => "permission denied",
        Reason::KillFailed => "kill failed",
        Reason::SystemError => "system error",
    }
}

fn planned(plan: &Plan, look: Look) -> Vec<String> {
    let count = plan.targets.len();
    let noun = if count == 1 { "process" } else { "processes" };
    let mut lines = vec![format!("{count} {noun} would get {}, in this order:", plan.signal)];
    lines.extend(plan.targets.iter().map(|one| {
        let owner = one.instance.as_deref().or(one.job.as_deref()).unwrap_or("stray");
        format!("  {:>7}  {owner}  {}", one.pid.raw(), printable(&one.command))
    }));
    if !plan.spared.is_empty() {
        lines.push("spared:".to_owned());
    }
    lines.extend(plan.spared.iter().take(MOST_SPARED).map(|one| {
        let text = format!("  {:>7}  {}: {}", one.pid.raw(), printable(&one.command), one.reason);
        look.dim(&text)
    }));
    if plan.spared.len() > MOST_SPARED {
        lines.push(look.dim(&format!("  and {} more", plan.spared.len() - MOST_SPARED)));
    }
    lines
}

/// As much of it as says something: `3.1%`, `140%`.
fn percent(cpu: f32) -> String {
    if cpu < 10.0 { format!("{cpu:.1}%") } else { format!("{cpu:.0}%") }
}

/// A size in a unit that suits it.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut size = count as f64 / 1000.0;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(size < 10.0);
    format!("{size:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests;
