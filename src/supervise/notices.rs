//! What the supervisor says about its units: facts in, words out.

use super::stop::Why;
use super::unit::{Last, Unit};
use crate::exit::Status;
use crate::log::LastWords;
use crate::model::{Failure, Outcome, Port, Project, ServiceName, State};
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
    /// The others go on.
    OthersGoOn,
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
        _ => String::new(),
    })
}

fn with_next(line: String, next: Next, look: Look) -> String {
    match next {
        Next::AllStop(procfile) => format!("{line}\n{}", all_stop(procfile, look)),
        Next::OthersGoOn | Next::Nothing => line,
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
        Next::OthersGoOn => {
            let _ = write!(block, "\n  {}", look.dim("it is not restarted; the others go on"));
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
    let up = units.iter().filter(|unit| matches!(unit.state, State::Running { .. })).count();
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
        State::Running { pid } => {
            let service = &project.services[unit.service];
            match unit.port {
                Some(port) if is_declared(service.port) => {
                    format!("  pid {pid}  http://127.0.0.1:{port}")
                }
                Some(port) => format!("  pid {pid}  PORT={port}"),
                None => format!("  pid {pid}"),
            }
        }
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
pub(super) fn guard_killed(unit: &Unit, left: usize, look: Look) -> String {
    let what = if left == 1 { "process it left was" } else { "processes it left were" };
    format!("{} the guard of {} was killed; {left} {what} ended", look.warning(), unit.instance)
}

/// What is said of services that go on under a new supervisor.
pub(super) fn taken_over(names: &[String], look: Look) -> String {
    let goes = if names.len() == 1 { "goes" } else { "go" };
    format!(
        "{} {} {goes} on: taken over from a supervisor that had died",
        look.good(),
        names.join(", ")
    )
}

/// What is said of a service that ended while nobody supervised it.
pub(super) fn ended_alone(name: &str, outcome: &str, well: bool, look: Look) -> String {
    let mark = if well { look.good() } else { look.warning() };
    format!("{mark} {name} ended ({outcome}) while there was no supervisor")
}
