//! What the supervisor says about its units: facts in, words out.

mod crash;
mod health;
mod summary;

pub(super) use health::{awaited, health, not_healthy, waiting};
pub(super) use summary::summary;

use self::crash::{Crash, after};
use super::diagnosis::Suspicion;
use super::stop::Why;
use super::unit::Unit;
use crate::exit::Status;
use crate::log::LastWords;
use crate::model::{Failure, InstanceName, Outcome, Port, ServiceName, State};
use crate::os::signal_name;
use crate::ui::style::Look;
use std::fmt::Write as _;
use std::time::Duration;

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
pub(super) fn ended(unit: &Unit, suspicion: Suspicion, next: Next, look: Look) -> LastWords {
    let name = unit.instance.to_string();
    let state = unit.state.clone();
    let last = unit.last;
    Box::new(move |lines| match &state {
        State::Completed(outcome) => {
            let line =
                format!("{} {name} completed: {}{}", look.good(), decode(*outcome), after(last));
            with_next(line, next, look)
        }
        State::Failed(Failure::Ended(outcome)) => {
            let hints = suspicion.hints(*outcome, lines);
            Crash { name: &name, what: &decode(*outcome), hints, last, next }.block(lines, look)
        }
        State::Failed(Failure::Start(why)) => {
            with_next(format!("{} {name} can't start: {why}", look.bad()), next, look)
        }
        State::Failed(Failure::Dependency(path)) => dependency_failed(&name, path, look),
        State::Failed(failure @ Failure::Unhealthy(_)) => {
            let hints = Vec::new();
            Crash { name: &name, what: &in_short(failure), hints, last, next }.block(lines, look)
        }
        _ => String::new(),
    })
}

/// What is said when a unit has ended and is started again.
pub(super) fn started_again(
    unit: &Unit,
    outcome: Outcome,
    suspicion: Suspicion,
    next: Next,
    look: Look,
) -> LastWords {
    let name = unit.instance.to_string();
    let well = matches!(outcome, Outcome::Exited(0));
    let last = unit.last;
    Box::new(move |lines| match next {
        Next::Again { .. } if well => {
            let ended =
                format!("{} {name} ended: {}{}", look.warning(), decode(outcome), after(last));
            format!("{ended}; {}", again(next))
        }
        Next::Again { .. } => {
            let hints = suspicion.hints(outcome, lines);
            Crash { name: &name, what: &decode(outcome), hints, last, next }.block(lines, look)
        }
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

fn restarts_were_no_help(max: Option<u32>) -> String {
    match max {
        None | Some(0) => String::new(),
        Some(1) => " (a restart did not help)".to_owned(),
        Some(max) => format!(" ({max} restarts did not help)"),
    }
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

/// An outcome for people.
pub(super) fn decode(outcome: Outcome) -> String {
    match outcome {
        Outcome::Exited(code) => format!("exit {code}"),
        Outcome::Signaled(number) => format!("killed by {}", signal_name(number)),
        Outcome::Unknown => "ended unseen (its guard was killed)".to_owned(),
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
