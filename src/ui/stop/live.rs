//! The lines that say for whom a stop waits, while it does.

use super::{Look, seconds};
use crate::model::{ContainerStep, Progress, Waited};
use owo_colors::OwoColorize;

/// What each line begins with.
const HEAD: &str = "[1/5] ";
/// Most services that have a line of their own.
const MOST_LIVE: usize = 8;
/// Longest name that others are padded to.
const LONGEST_NAME: usize = 20;

/// What a terminal shows at its foot for as long as it is true: a line for each
/// service that is waited for. `None`: what is there stays.
pub fn live_lines(progress: &Progress, look: Look, columns: usize) -> Option<Vec<String>> {
    match progress {
        Progress::Waiting { on, .. } => Some(waits(on, look, columns)),
        Progress::Container {
            doing: step @ (ContainerStep::Stopping { .. } | ContainerStep::Waiting { .. }),
        } => Some(vec![format!("[4/5] {}", cut(&step.words(), columns.saturating_sub(7)))]),
        Progress::Ended { .. } | Progress::Note { .. } => None,
        _ => Some(Vec::new()),
    }
}

/// Whether it is told again and again, so that where it is shown live no line
/// of it stays.
pub fn is_wait(progress: &Progress) -> bool {
    matches!(
        progress,
        Progress::Waiting { .. } | Progress::Container { doing: ContainerStep::Waiting { .. } }
    )
}

fn waits(on: &[Waited], look: Look, columns: usize) -> Vec<String> {
    let width = on.iter().map(|one| one.who.service.len()).max().unwrap_or(0).min(LONGEST_NAME);
    let room = columns.saturating_sub(HEAD.len() + 1).max(10);
    let shown = on.iter().take(MOST_LIVE).map(|one| cut(&wait(one, width), room));
    let more = on.len().saturating_sub(MOST_LIVE);
    let rest = (more > 0).then(|| format!("and {more} more"));
    let head = if look.colour { HEAD.dimmed().to_string() } else { HEAD.to_owned() };
    shown.chain(rest).map(|words| format!("{head}{words}")).collect()
}

/// `api  SIGTERM, 2.0 s left: `node` (pid 12) and 3 more`
fn wait(waited: &Waited, width: usize) -> String {
    let Waited { who, signal, left_ms, process, more, .. } = waited;
    let others = if *more > 0 { format!(" and {more} more") } else { String::new() };
    let process = match process {
        Some(process) => format!("`{}` (pid {}){others}", process.name, process.pid),
        None => format!("pid {}", who.pid),
    };
    let left = seconds(*left_ms);
    match vain(waited) {
        Some(vain) => format!("{:<width$}  {left} left, {vain} {process}", who.service),
        None => format!("{:<width$}  {signal}, {left} left: {process}", who.service),
    }
}

/// Where waiting is in vain, and what may help.
pub(super) fn vain(waited: &Waited) -> Option<String> {
    let ignored = waited.ignores?;
    let hint = waited.instead.map(|other| format!(": use `stop_signal: {other}`?"));
    Some(format!("ignores {ignored}{}", hint.unwrap_or_default()))
}

fn cut(words: &str, room: usize) -> String {
    if words.chars().count() <= room {
        return words.to_owned();
    }
    words.chars().take(room.saturating_sub(3)).chain("...".chars()).collect()
}
