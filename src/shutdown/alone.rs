//! The stop without a supervisor: `down` drives phases 1 and 2 itself, by
//! orders to the guards that are left. Where a guard is gone, the processes
//! that say which service they belong to are asked one by one; those that
//! don't are left to phase 3.
//!
//! One thread, no runtime, no new process.

mod squad;

use self::squad::{Squad, muster};
use super::graceful::{Act, Graceful, Options};
use super::judge::{Whose, judge};
use super::scan::{self, Facts, Table};
use super::scope::Scope;
use super::tally::Tally;
use super::{Company, Emit, Errand, Force, Forced, Torn};
use crate::ledger::Book;
use crate::model::{Progress, Report};
use crate::os::lock;
use crate::os::process::{Handle, wait_any};
use crate::os::supervisor::raise_open_files_limit;
use std::time::{Duration, Instant};

/// How long the first look may take.
const LOOK_TIME: Duration = Duration::from_secs(2);

/// How a stop by `down` alone is wished.
pub struct Wish<'a> {
    /// Patience.
    pub options: Options,
    /// Whether somebody has lost patience since the start. Asked again after
    /// every signal of our own.
    pub hurried: &'a dyn Fn() -> bool,
    /// What is to become of the containers.
    pub containers: &'a Errand,
}

/// Stops everything of the scope: all five phases. `book` is what the ledger
/// was believed to say. Where nothing is to be done, says nothing and reports
/// [`Verdict::Nothing`](crate::model::Verdict::Nothing).
pub fn stop(scope: &Scope, book: Option<&Book>, wish: &Wish<'_>, emit: Emit<'_>) -> Report {
    let began = Instant::now();
    let records = book.is_some() || !scope.locks.is_empty() || !scope.known.is_empty();
    if !records && !scan::is_anything_there(scope, began + LOOK_TIME) {
        return only_containers(Tally::new(scope, began), wish, emit);
    }
    raise_open_files_limit();
    let table = scan::pass(scope, began + LOOK_TIME, &mut |_| ()).unwrap_or_default();
    let company = Company::around_us(&table, scope);
    let tally = Tally::of(&table, &company, scope, began);
    let squads = muster(&table, &company, scope, book);
    if is_quiet(&table, &company, scope) {
        return only_containers(tally, wish, emit);
    }
    let forced = if squads.is_empty() {
        Forced::skipped(tally, emit)
    } else {
        Driver { squads, scope, company: &company, wish }.drive(tally, emit)
    };
    forced.sweep(scope, emit).containers(wish.containers, wish.hurried, emit).verify(scope, emit)
}

/// Phase 4 alone: `down --containers`, and every stop that finds no process.
/// The line of the phase is said only where there was something to say.
pub fn containers(scope: &Scope, wish: &Wish<'_>, emit: Emit<'_>) -> Report {
    only_containers(Tally::new(scope, Instant::now()), wish, emit)
}

fn only_containers(tally: Tally, wish: &Wish<'_>, emit: Emit<'_>) -> Report {
    let mut last = None;
    let torn = Torn::by(tally, wish.containers, wish.hurried, &mut |step| match step {
        Progress::Containers { .. } => last = Some(step),
        step => emit(step),
    });
    let quiet = matches!(wish.containers, Errand::Nothing | Errand::Stay(_));
    if let Some(last) = last.filter(|_| !quiet || !torn.is_idle()) {
        emit(last);
    }
    torn.report()
}

/// Whether nothing at all is there that could be ours: then one look was proof
/// enough.
fn is_quiet(table: &Table, company: &Company, scope: &Scope) -> bool {
    let is_ours = |facts: &Facts| {
        !matches!(judge(facts, company, scope), Whose::Nobodys | Whose::Suspect { .. })
    };
    table.is_whole()
        && !table.iter().any(|facts| facts.alive && is_ours(facts))
        && !scope.locks.iter().any(|lock| lock::is_held(&lock.path).unwrap_or(true))
}

/// Phases 3 to 5 again, after a supervisor has done them all: what it said is
/// believed only as far as it can be seen.
pub fn check(scope: &Scope, errand: &Errand, emit: Emit<'_>) -> Report {
    let tally = Tally::new(scope, Instant::now());
    let quiet = &mut |_| ();
    let swept = Forced::skipped(tally, quiet).sweep(scope, quiet);
    swept.containers(errand, &|| false, quiet).verify(scope, emit)
}

/// Moves the first two phases by what happens to the squads.
struct Driver<'a> {
    squads: Vec<Squad>,
    scope: &'a Scope,
    company: &'a Company,
    wish: &'a Wish<'a>,
}

impl Driver<'_> {
    fn drive(mut self, tally: Tally, emit: Emit<'_>) -> Forced {
        let units = self.squads.iter().map(|squad| squad.unit.clone()).collect();
        let options = self.wish.options.clone();
        let (mut graceful, acts) = Graceful::begin(tally, units, options, Instant::now(), emit);
        self.act(acts);
        while !graceful.is_over() {
            let left = graceful.wakes_at();
            let mut acts = Vec::new();
            for news in self.wait(left) {
                acts.extend(match news {
                    News::Ended(id) => graceful.ended(id, Instant::now(), emit),
                    News::LeaderEnded(id) => graceful.leader_ended(id),
                });
            }
            acts.extend(graceful.tick(Instant::now(), emit));
            if (self.wish.hurried)() {
                graceful.hurry(emit);
            }
            self.act(acts);
        }
        let (force, acts) = graceful.finish(Instant::now());
        self.act(acts);
        self.wait_out(force).finish(emit)
    }

    fn wait_out(&mut self, mut force: Force) -> Force {
        while !force.is_over(Instant::now()) {
            for news in self.wait(force.wakes_at()) {
                if let News::Ended(id) = news {
                    force.ended(id);
                }
            }
        }
        force
    }

    fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            let (Act::Ask(id) | Act::AskTree(id) | Act::Kill(id)) = act;
            if let Some(squad) = self.squads.iter_mut().find(|squad| squad.unit.id == id) {
                squad.act(act, self.company, self.scope);
            }
        }
    }

    /// Waits until somebody ends, until `until`, or until a signal of our own.
    fn wait(&mut self, until: Option<Instant>) -> Vec<News> {
        let handles: Vec<&Handle> = self.squads.iter().flat_map(Squad::handles).collect();
        let left = until.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        let ended = wait_any(&handles, Some(left)).unwrap_or_default();
        if ended.is_empty() {
            return Vec::new();
        }
        self.squads.iter_mut().filter_map(Squad::news).collect()
    }
}

/// What happened to a squad, by its unit's id.
enum News {
    /// Nothing is left of it.
    Ended(usize),
    /// Its leader is gone, its guard is not.
    LeaderEnded(usize),
}

#[cfg(test)]
mod tests;
