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
use crate::api::Change;
use crate::exit::Status;
use crate::log::LastWords;
use crate::model::{Failure, InstanceName, Outcome, Port, ServiceName, State, span as declared};
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
    /// It stays down.
    StaysDown {
        /// It had so many restarts in a row to get well.
        max: Option<u32>,
        /// Whether others go on.
        others: bool,
    },
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
            let what = format!("failed: {}", decode(*outcome));
            Crash { name: &name, what: &what, hints, last, next }.block(lines, look)
        }
        State::Failed(Failure::Start(why)) => {
            with_next(format!("{} {name} can't start: {why}", look.bad()), next, look)
        }
        State::Failed(Failure::Dependency(path)) => dependency_failed(&name, path, look),
        // What was wrong with it was said when it was stopped.
        State::Failed(Failure::Unhealthy(_)) => {
            let what = "failed: unhealthy, and stopped";
            Crash { name: &name, what, hints: Vec::new(), last, next }.block(lines, look)
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
            let what = format!("crashed: {}", decode(outcome));
            Crash { name: &name, what: &what, hints, last, next }.block(lines, look)
        }
        // Why was said when it was stopped.
        Next::Nothing | Next::AllStop(_) | Next::StaysDown { .. } => String::new(),
    })
}

/// `it is started again in 5 s (1 of 3)`.
fn again(next: Next) -> String {
    let Next::Again { tries, max, after } = next else { return String::new() };
    let when = if after.is_zero() { "now".to_owned() } else { format!("in {}", declared(after)) };
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
        Failure::Start(why) | Failure::Unhealthy(why) => why.clone(),
        Failure::Ended(outcome) => decode(*outcome),
    }
}

fn with_next(line: String, next: Next, look: Look) -> String {
    match next {
        Next::AllStop(procfile) => format!("{line}\n{}", all_stop(procfile, look)),
        Next::Again { .. } | Next::StaysDown { .. } | Next::Nothing => line,
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

/// A time that was measured, as people say it.
pub(super) fn span(time: Duration) -> String {
    if time < Duration::from_millis(100) {
        return format!("{} ms", time.as_millis());
    }
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
        Why::OwnerGone => Some(look.bold("stopping everything, because its owner has ended")),
        Why::TimeUp => Some(look.bold("stopping everything, because its time is over")),
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

/// Something that happened beside the services.
pub(super) fn note(words: &str, look: Look) -> String {
    format!("{} {words}", look.warning())
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

/// Somebody has had the run brought to its config; nothing where all was so.
pub(super) fn converged(plan: &[Change], look: Look) -> Option<String> {
    let told = plan.iter().filter_map(|change| match change {
        Change::Started { instance } => Some(format!("{instance} is started")),
        Change::Restarted { instance, because } => {
            Some(format!("{instance} is started anew ({} changed)", because.join(", ")))
        }
        Change::Stopped { instance } => Some(format!("{instance} is stopped")),
        Change::Kept { .. } | Change::Foreign { .. } => None,
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| look.bold(&format!("as the config says now: {}", told.join(", "))))
}

/// Another program goes on in the place of the one of that version.
pub(super) fn reloaded(from: &str, look: Look) -> String {
    let own = env!("CARGO_PKG_VERSION");
    format!("{} devsup {own} goes on where devsup {from} was", look.good())
}

/// Another program could not be executed.
pub(super) fn not_reloaded(why: &str, look: Look) -> String {
    format!("{} not reloaded, everything goes on as before: {why}", look.warning())
}

/// What is said of a service that ended while nobody supervised it.
pub(super) fn ended_alone(name: &str, outcome: &str, well: bool, look: Look) -> String {
    let mark = if well { look.good() } else { look.warning() };
    format!("{mark} {name} ended ({outcome}) while there was no supervisor")
}
