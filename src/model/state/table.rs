//! The moves, as a table: every state answers every event. There is no
//! wildcard arm, so that a new event does not compile until every state has
//! answered it.

use super::{Effect, End, Event, Failure, Health, Outcome, Pid, Rules, State, Then};
use crate::model::restart::{Decision, How, decide};
use std::time::Duration;

type Move = (State, Option<Effect>);

/// Moves one instance forward. Touches no clock, no file and no process.
pub fn step(state: State, event: Event, rules: Rules<'_>) -> (State, Option<Effect>) {
    match state {
        State::Pending { again, tries } => pending(again, tries, event),
        State::Delayed { tries, after, last } => delayed(tries, after, last, &event),
        State::Ordered { tries } => ordered(tries, event, rules),
        State::Recalled { then } => recalled(then, &event),
        State::Running { pid, health, tries } => running(pid, health, tries, event, rules),
        State::Leaving { end, tries } => leaving(end, tries, &event, rules),
        State::Stopping { then, forced } => stopping(then, forced, &event),
        State::Stopped | State::Completed(_) | State::Failed(_) => ended(state, &event),
    }
}

fn pending(again: bool, tries: u32, event: Event) -> Move {
    match event {
        Event::DependenciesReady => (State::Ordered { tries }, Some(Effect::Spawn)),
        Event::DependencyFailed(path) => (State::Failed(Failure::Dependency(path)), None),
        Event::Stop | Event::Force => (State::Stopped, None),
        // It starts as soon as it can anyway, and with a clean slate.
        Event::Start | Event::Restart => (State::Pending { again, tries: 0 }, None),
        Event::Spawned(_) => (State::Pending { again, tries }, UNWANTED),
        Event::SpawnFailed(_)
        | Event::LeaderEnded(_)
        | Event::Ended(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver
        | Event::PatienceOver => (State::Pending { again, tries }, None),
    }
}

fn delayed(tries: u32, after: Duration, last: Failure, event: &Event) -> Move {
    match event {
        Event::DelayOver => (State::Pending { again: true, tries }, None),
        Event::Start | Event::Restart => (start_again(), None),
        Event::Stop | Event::Force => (State::Stopped, None),
        Event::Spawned(_) => (State::Delayed { tries, after, last }, UNWANTED),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::SpawnFailed(_)
        | Event::LeaderEnded(_)
        | Event::Ended(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::PatienceOver => (State::Delayed { tries, after, last }, None),
    }
}

fn ordered(tries: u32, event: Event, rules: Rules<'_>) -> Move {
    match event {
        Event::Spawned(pid) => {
            let health = if rules.checked { Health::Starting } else { Health::None };
            (State::Running { pid, health, tries }, Some(Effect::OpenGate))
        }
        // What can't be started now could not be started in five seconds.
        Event::SpawnFailed(why) => (State::Failed(Failure::Start(why)), None),
        Event::Ended(end) => (State::Failed(Failure::Ended(end.outcome)), None),
        Event::Stop | Event::Force => (State::Recalled { then: Then::Stay }, None),
        Event::Restart => (State::Recalled { then: Then::StartAgain }, None),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::LeaderEnded(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver
        | Event::PatienceOver
        | Event::Start => (State::Ordered { tries }, None),
    }
}

fn recalled(then: Then, event: &Event) -> Move {
    match event {
        // Its gate was never opened, so there is nothing to ask politely.
        Event::Spawned(_) => (State::Stopping { then, forced: true }, Some(Effect::Kill)),
        Event::SpawnFailed(_) => after(then),
        Event::Ended(end) => after_end(then, end.outcome),
        Event::Stop | Event::Force => (State::Recalled { then: Then::Stay }, None),
        Event::Start | Event::Restart => (State::Recalled { then: Then::StartAgain }, None),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::LeaderEnded(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver
        | Event::PatienceOver => (State::Recalled { then }, None),
    }
}

fn running(pid: Pid, health: Health, tries: u32, event: Event, rules: Rules<'_>) -> Move {
    match event {
        Event::LeaderEnded(end) => (State::Leaving { end, tries }, Some(Effect::AskTree)),
        Event::Ended(end) => by_itself(end, tries, rules),
        // The gate was open, yet the command could not be executed. Its guard
        // says when nothing is left.
        Event::SpawnFailed(why) => kill(Then::Fail(Failure::Start(why))),
        Event::Healthy if rules.checked => {
            let health = Health::Healthy;
            (State::Running { pid, health, tries }, None)
        }
        Event::Unhealthy { why, ran } if rules.checked => unhealthy(pid, tries, why, ran, rules),
        Event::Stop => ask(Then::Stay),
        Event::Restart => ask(Then::StartAgain),
        Event::Force => kill(Then::Stay),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::Spawned(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver
        | Event::PatienceOver
        | Event::Start => (State::Running { pid, health, tries }, None),
    }
}

fn leaving(end: End, tries: u32, event: &Event, rules: Rules<'_>) -> Move {
    match event {
        Event::Ended(last) if last.outcome == Outcome::Unknown => by_itself(*last, tries, rules),
        Event::Ended(_) => by_itself(end, tries, rules),
        Event::PatienceOver => (State::Leaving { end, tries }, Some(Effect::Kill)),
        Event::Stop => {
            let then = Then::Stay;
            let forced = false;
            (State::Stopping { then, forced }, Some(Effect::AskTree))
        }
        Event::Force => kill(Then::Stay),
        // What is left was asked already.
        Event::Start | Event::Restart => {
            let then = Then::StartAgain;
            let forced = false;
            (State::Stopping { then, forced }, None)
        }
        Event::LeaderEnded(_)
        | Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::Spawned(_)
        | Event::SpawnFailed(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver => (State::Leaving { end, tries }, None),
    }
}

fn stopping(then: Then, forced: bool, event: &Event) -> Move {
    match event {
        Event::Ended(end) => after_end(then, end.outcome),
        Event::LeaderEnded(_) if !forced => {
            (State::Stopping { then, forced }, Some(Effect::AskTree))
        }
        // Told again, a killed tree is killed again: the first order may have
        // gone to a guard that did not hear it.
        Event::PatienceOver => kill(then),
        Event::Force => kill(stay(then)),
        Event::Stop => {
            let then = stay(then);
            (State::Stopping { then, forced }, None)
        }
        Event::Start | Event::Restart => {
            let then = Then::StartAgain;
            (State::Stopping { then, forced }, None)
        }
        Event::LeaderEnded(_)
        | Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::Spawned(_)
        | Event::SpawnFailed(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver => (State::Stopping { then, forced }, None),
    }
}

/// An end is final until somebody wants a start.
fn ended(state: State, event: &Event) -> Move {
    match event {
        Event::Start | Event::Restart => (start_again(), None),
        Event::Spawned(_) => (state, UNWANTED),
        Event::DependenciesReady
        | Event::DependencyFailed(_)
        | Event::SpawnFailed(_)
        | Event::LeaderEnded(_)
        | Event::Ended(_)
        | Event::Healthy
        | Event::Unhealthy { .. }
        | Event::DelayOver
        | Event::PatienceOver
        | Event::Stop
        | Event::Force => (state, None),
    }
}

/// A process that turns up where none was ordered was never wanted.
const UNWANTED: Option<Effect> = Some(Effect::Kill);

fn ask(then: Then) -> Move {
    let forced = false;
    (State::Stopping { then, forced }, Some(Effect::Ask))
}

fn kill(then: Then) -> Move {
    (State::Stopping { then, forced: true }, Some(Effect::Kill))
}

/// A stop takes back every start to come; what has failed stays failed.
fn stay(then: Then) -> Then {
    match then {
        Then::Stay | Then::StartAgain | Then::Retry { .. } => Then::Stay,
        Then::Fail(failure) => Then::Fail(failure),
    }
}

/// Started because somebody wants it: earlier failures are forgotten.
fn start_again() -> State {
    State::Pending { again: true, tries: 0 }
}

/// Nothing of it is left after a stop.
fn after(then: Then) -> Move {
    match then {
        Then::Stay => (State::Stopped, None),
        Then::StartAgain => (start_again(), None),
        Then::Retry { after, tries, last } => pause(after, tries, last),
        Then::Fail(failure) => (State::Failed(failure), None),
    }
}

/// The same where an end was told. Behind a guard that was killed something may
/// live on, and two at once are worse than none.
fn after_end(then: Then, outcome: Outcome) -> Move {
    if outcome == Outcome::Unknown && then.is_start() {
        return (State::Failed(Failure::Ended(outcome)), None);
    }
    after(then)
}

fn pause(after: Duration, tries: u32, last: Failure) -> Move {
    if after.is_zero() {
        return (State::Pending { again: true, tries }, None);
    }
    let delay = Some(Effect::Delay(after));
    (State::Delayed { tries, after, last }, delay)
}

/// It ended without having been asked to.
fn by_itself(end: End, tries: u32, rules: Rules<'_>) -> Move {
    let failure = Failure::Ended(end.outcome);
    // Something may live on behind its guard's back.
    if end.outcome == Outcome::Unknown {
        return (State::Failed(failure), None);
    }
    let how = if end.well { How::Well } else { How::Badly };
    match decide(rules.restart, tries, end.ran, how) {
        Decision::Again { after, tries } => pause(after, tries, failure),
        Decision::Stay if end.well => (State::Completed(end.outcome), None),
        Decision::Stay | Decision::GiveUp => (State::Failed(failure), None),
    }
}

fn unhealthy(pid: Pid, tries: u32, why: String, ran: Duration, rules: Rules<'_>) -> Move {
    match decide(rules.restart, tries, ran, How::Unhealthy) {
        Decision::Stay => {
            let health = Health::Unhealthy;
            (State::Running { pid, health, tries }, None)
        }
        Decision::Again { after, tries } => {
            let last = Failure::Unhealthy(why);
            ask(Then::Retry { after, tries, last })
        }
        Decision::GiveUp => ask(Then::Fail(Failure::Unhealthy(why))),
    }
}
