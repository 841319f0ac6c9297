//! What the supervisor says about its units: facts in, words out.

use super::stop::Why;
use super::unit::{Last, Unit};
use crate::exit::Status;
use crate::log::LastWords;
use crate::model::order::Awaited;
use crate::model::{
    Failure, Health, InstanceName, Outcome, Port, Project, ServiceName, State, Then,
};
use crate::os::signal_name;
use crate::ui::style::Look;
use std::fmt::Write as _;
use std::time::Duration;

/// Last lines shown in a crash block.
const LINES: usize = 10;

/// What the end of a unit means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// All is being stopped anyway.
    Nothing,
    /// This end stops all; because it is a Procfile, or because it was asked.
    AllStop(bool),
    /// The others go on; it had so many restarts in a row to get well.
    OthersGoOn(Option<u32>),
    /// It is started again.
    Again {
        /// How often in a row, this time included.
        tries: u32,
        /// How often at most.
        max: Option<u32>,
        /// After this pause.
        after: Duration,
    },
}

/// Whether the service promised to listen there.
pub(super) fn is_declared(port: Port) -> bool {
    matches!(port, Port::Fixed(_) | Port::Expect { .. })
}

/// The status of a run that ended because this unit did.
pub(super) fn status_of(state: &State) -> Status {
    match state {
        State::Completed(outcome) | State::Failed(Failure::Ended(outcome)) => match outcome {
            Outcome::Exited(0) => Status::Ok,
            Outcome::Exited(code) => Status::Passed(u8::try_from(*code).unwrap_or(1)),
            Outcome::Signaled(number) => Status::Passed(u8::try_from(128 + number).unwrap_or(1)),
            Outcome::Unknown => Status::Error,
        },
        State::Stopped => Status::Ok,
        _ => Status::Error,
    }
}

/// What is said when a unit is over, once its last lines are out.
pub(super) fn ended(unit: &Unit, next: Next, look: Look) -> LastWords {
    let name = unit.instance.to_string();
    let state = unit.state.clone();
    let last = unit.last;
    Box::new(move |lines| match &state {
        State::Completed(outcome) => {
            let line =
                format!("{} {name} completed: {}{}", look.good(), decode(*outcome), after(last));
            with_next(line, next, look)
        }
        State::Failed(Failure::Ended(outcome)) => crash(&name, *outcome, last, lines, next, look),
        State::Failed(Failure::Start(why)) => {
            with_next(format!("{} {name} can't start: {why}", look.bad()), next, look)
        }
        State::Failed(Failure::Dependency(path)) => dependency_failed(&name, path, look),
        State::Failed(Failure::Unhealthy(_)) => with_next(
            format!("{} {name} failed: it was never healthy for long", look.bad()),
            next,
            look,
        ),
        _ => String::new(),
    })
}

/// What is said when a unit has ended and is started again.
pub(super) fn started_again(unit: &Unit, outcome: Outcome, next: Next, look: Look) -> LastWords {
    let name = unit.instance.to_string();
    let well = matches!(outcome, Outcome::Exited(0));
    let last = unit.last;
    Box::new(move |lines| match next {
        Next::Again { .. } if well => {
            let ended =
                format!("{} {name} ended: {}{}", look.warning(), decode(outcome), after(last));
            format!("{ended}; {}", again(next))
        }
        Next::Again { .. } => crash(&name, outcome, last, lines, next, look),
        // Why was said when it was stopped.
        Next::Nothing | Next::AllStop(_) | Next::OthersGoOn(_) => String::new(),
    })
}

/// `it is started again in 5 s (1 of 3)`.
fn again(next: Next) -> String {
    let Next::Again { tries, max, after } = next else { return String::new() };
    let when = if after.is_zero() { "now".to_owned() } else { format!("in {}", span(after)) };
    let count = max.map_or_else(|| format!("restart {tries}"), |max| format!("{tries} of {max}"));
    format!("it is started again {when} ({count})")
}

/// What a change of health means; nothing where it is no news.
pub(super) fn health(
    unit: &Unit,
    before: &State,
    max: Option<u32>,
    early: bool,
    look: Look,
) -> Option<String> {
    let name = &unit.instance;
    match (before, &unit.state) {
        (State::Running { health: was, .. }, State::Running { health: Health::Healthy, .. }) => {
            let again = if *was == Health::Unhealthy { " again" } else { "" };
            let news = *was != Health::Healthy && !(early && again.is_empty());
            news.then(|| format!("{} {name} is healthy{again}{}", look.good(), answer(unit)))
        }
        (State::Running { health: was, .. }, State::Running { health: Health::Unhealthy, .. }) => {
            (*was != Health::Unhealthy).then(|| {
                format!(
                    "{} {name} is unhealthy: {}; it is left running",
                    look.warning(),
                    said(unit)
                )
            })
        }
        (State::Running { .. }, State::Stopping { then, .. }) => match then {
            Then::Retry { after, tries, last: Failure::Unhealthy(why) } => {
                let next = Next::Again { tries: *tries, max, after: *after };
                Some(format!("{} {name} is unhealthy: {why}; {}", look.warning(), again(next)))
            }
            Then::Fail(Failure::Unhealthy(why)) => {
                let tried = restarts_were_no_help(max);
                Some(format!("{} {name} is unhealthy: {why}; stopping it{tried}", look.bad()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn restarts_were_no_help(max: Option<u32>) -> String {
    match max {
        None | Some(0) => String::new(),
        Some(1) => " (a restart did not help)".to_owned(),
        Some(max) => format!(" ({max} restarts did not help)"),
    }
}

fn said(unit: &Unit) -> &str {
    unit.health.last.as_ref().map_or("no answer", |told| told.answer.words.as_str())
}

fn answer(unit: &Unit) -> String {
    let up = unit.live.as_ref().map_or(Duration::ZERO, |live| live.since.elapsed());
    format!(" ({}, {} after its start)", said(unit), span(up))
}

/// It restarts because something it depends on does.
pub(super) fn taken_along(name: &InstanceName, on: &ServiceName, look: Look) -> String {
    format!("{} {name} is restarted, because {on} is", look.warning())
}

/// Why it failed, in a few words.
pub(super) fn in_short(failure: &Failure) -> String {
    match failure {
        Failure::Dependency(path) => {
            format!("it depends on {}, which failed", path.last().map_or("", ServiceName::as_str))
        }
        Failure::Start(why) => why.clone(),
        Failure::Ended(outcome) => decode(*outcome),
        Failure::Unhealthy(why) => format!("unhealthy: {why}"),
    }
}

/// Who is awaited, and why.
pub(super) fn awaited(on: &[Awaited]) -> String {
    let names: Vec<String> = on.iter().map(ToString::to_string).collect();
    format!("waits for {}", names.join(", "))
}

/// What its probe said last.
pub(super) fn not_healthy(unit: &Unit) -> String {
    format!("is not healthy yet ({})", said(unit))
}

/// A start takes long: who is not there yet, and why.
pub(super) fn waiting(waits: &[(String, String)], so_far: Duration, look: Look) -> Option<String> {
    if waits.is_empty() {
        return None;
    }
    let mut text = look.dim(&format!("still starting after {}:", span(so_far)));
    for (name, why) in waits {
        let _ = write!(text, "\n  {}", look.dim(&format!("{name} {why}")));
    }
    Some(text)
}

fn with_next(line: String, next: Next, look: Look) -> String {
    match next {
        Next::AllStop(procfile) => format!("{line}\n{}", all_stop(procfile, look)),
        Next::Again { .. } | Next::OthersGoOn(_) | Next::Nothing => line,
    }
}

fn all_stop(procfile: bool, look: Look) -> String {
    let why = if procfile {
        "with a Procfile, one exit stops all (a devsup.yaml lets the others go on)"
    } else {
        "all others are stopped, as asked"
    };
    look.dim(&format!("  {why}"))
}

fn dependency_failed(name: &str, path: &[ServiceName], look: Look) -> String {
    let mut chain = name.to_owned();
    for on in path {
        let _ = write!(chain, " -> {on}");
    }
    let on = path.last().map_or("", ServiceName::as_str);
    format!("{} {name} is not started: it depends on {on}, which failed ({chain})", look.bad())
}

/// One block: what happened, how long it had run, its last lines, what is next.
fn crash(
    name: &str,
    outcome: Outcome,
    last: Option<Last>,
    lines: &[String],
    next: Next,
    look: Look,
) -> String {
    let mut block = format!(
        "{} {}",
        look.bad(),
        look.bold(&format!("{name} failed: {}{}", decode(outcome), after(last)))
    );
    if let Some(hint) = hint(outcome) {
        let _ = write!(block, "\n  {}", look.dim(hint));
    }
    let lines = &lines[lines.len().saturating_sub(LINES)..];
    if !lines.is_empty() {
        let _ = write!(block, "\n  {}", look.dim("its last lines:"));
    }
    for line in lines {
        let _ = write!(block, "\n  {} {line}", look.dim(look.bar()));
    }
    match next {
        Next::AllStop(procfile) => {
            let _ = write!(block, "\n{}", all_stop(procfile, look));
        }
        Next::OthersGoOn(max) => {
            let tried = restarts_were_no_help(max);
            let words = format!("it is not restarted{tried}; the others go on");
            let _ = write!(block, "\n  {}", look.dim(&words));
        }
        Next::Again { .. } => {
            let _ = write!(block, "\n  {}", look.dim(&again(next)));
        }
        Next::Nothing => {}
    }
    block
}

fn after(last: Option<Last>) -> String {
    let Some(last) = last else { return String::new() };
    let ran = last.until.map_or_else(|| last.since.elapsed(), |until| until - last.since);
    format!(" after {} (pid {})", span(ran), last.pid)
}

/// An outcome for people.
pub(super) fn decode(outcome: Outcome) -> String {
    match outcome {
        Outcome::Exited(code) => format!("exit {code}"),
        Outcome::Signaled(number) => format!("killed by {}", signal_name(number)),
        Outcome::Unknown => "ended unseen (its guard was killed)".to_owned(),
    }
}

fn hint(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Exited(127) => Some("127 is the shell's: command not found"),
        Outcome::Exited(126) => Some("126 is the shell's: found, but not executable"),
        Outcome::Exited(137) => Some(
            "137 is 128 + 9: something below it was killed by SIGKILL, often for lack of memory",
        ),
        Outcome::Signaled(9) => Some("by hand, or by the kernel for lack of memory (see dmesg)"),
        Outcome::Signaled(6) => Some("it called abort(), as failed assertions do"),
        Outcome::Signaled(11) => Some("it touched memory that is not its own"),
        _ => None,
    }
}

/// A duration as people say it.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The table shown once everything has started.
pub(super) fn summary(units: &[Unit], project: &Project, took: Duration, look: Look) -> String {
    let width = units.iter().map(|unit| unit.instance.as_str().len()).max().unwrap_or(0);
    let running = |unit: &&Unit| matches!(unit.state, State::Running { .. });
    let up = units.iter().filter(running).count();
    let failed = units.iter().filter(|unit| matches!(unit.state, State::Failed(_))).count();
    let mark = if failed > 0 { look.warning() } else { look.good() };
    let what = if up == 1 { "service is" } else { "services are" };
    let mut text = format!("{mark} {}: {up} {what} up in {}", project.name, span(took));
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    let _ = write!(text, "  {}", look.dim("(Ctrl-C stops everything)"));
    for unit in units {
        let _ = write!(text, "\n  {:width$}  {:9}", unit.instance, unit.state.phase());
        let _ = write!(text, "{}", facts(unit, project));
    }
    text
}

fn facts(unit: &Unit, project: &Project) -> String {
    match &unit.state {
        State::Running { pid, health, .. } => {
            let service = &project.services[unit.service];
            let health = match health {
                Health::None => String::new(),
                Health::Starting | Health::Healthy | Health::Unhealthy => format!("  {health}"),
            };
            let place = match unit.port {
                Some(port) if is_declared(service.port) => format!("  http://127.0.0.1:{port}"),
                Some(port) => format!("  PORT={port}"),
                None => String::new(),
            };
            format!("  pid {pid}{health}{place}")
        }
        State::Delayed { after, .. } => format!("  started again in {}", span(*after)),
        State::Failed(failure @ Failure::Unhealthy(_)) => format!("  {}", in_short(failure)),
        State::Completed(outcome) => format!("  {}{}", decode(*outcome), after(unit.last)),
        State::Failed(Failure::Ended(outcome)) => format!("  {}", decode(*outcome)),
        // Why was said above, in full.
        State::Failed(Failure::Start(_)) => "  could not start".to_owned(),
        State::Failed(Failure::Dependency(path)) => {
            format!("  depends on {}", path.last().map_or("", ServiceName::as_str))
        }
        _ => String::new(),
    }
}

/// What is said when everything begins to stop; nothing where nobody looks.
pub(super) fn stopping(why: &Why, look: Look) -> Option<String> {
    match why {
        Why::Interrupt => Some(look.bold("stopping everything (press Ctrl-C again to force)")),
        Why::Asked => Some(look.bold("stopping everything, as asked")),
        Why::Ended(name) => Some(look.bold(&format!("stopping everything, because {name} ended"))),
        Why::TerminalGone | Why::ReaderGone => None,
    }
}

/// The second Ctrl-C.
pub(super) fn forcing(look: Look) -> String {
    look.bold("killing what is left (press Ctrl-C again to leave it to the guards)")
}

/// The third Ctrl-C.
pub(super) fn leaving(look: Look) -> String {
    format!("{} left before the end was proven; `devsup down` finishes it", look.warning())
}

/// A guard was killed by somebody.
pub(super) fn guard_killed(unit: &Unit, look: Look) -> String {
    format!(
        "{} the guard of {} was killed; what is left of the service ends with `devsup down`",
        look.warning(),
        unit.instance
    )
}
