//! The world around one instance: what exists, what was promised to it and
//! what people asked for, kept without looking at the table. It produces only
//! events that can really happen, and judges every answer.

use super::super::*;
use crate::model::RestartPolicy;
use proptest::prelude::*;
use std::fmt;

#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the world")]
pub struct World {
    pub state: State,
    /// Starts ordered so far.
    pub orders: u32,
    /// A start was ordered and not answered.
    ordered: bool,
    alive: bool,
    leader_gone: bool,
    /// Behind a killed guard something may live on.
    left_behind: bool,
    delay_armed: bool,
    wish: Wish,
    /// A start since the last order was asked for, not decided by the policy.
    asked: bool,
    /// Starts in a row that the policy decided.
    row: u32,
}

/// A state and the event it answers, for the words of a failure.
struct Said(State, Event);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} answers {:?}", self.0, self.1)
    }
}

/// What people want, by their last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Up,
    Down,
}

#[derive(Debug, Clone, Copy)]
pub enum Turn {
    Ready,
    DependencyFails,
    Spawn,
    SpawnFails,
    ExecFails,
    LeaderEnds { well: bool, long: bool },
    TreeEnds { well: bool, long: bool },
    GuardDies,
    Healthy,
    Unhealthy { long: bool },
    DelayPasses,
    PatienceEnds,
    Start,
    Restart,
    Stop,
    Force,
}

impl Turn {
    pub const TREE_ENDS: Self = Self::TreeEnds { well: true, long: false };
}

/// What happens in a history, the usual more often than the rest.
const TURNS: [Turn; 33] = {
    use Turn::{
        DelayPasses, DependencyFails, ExecFails, Force, GuardDies, Healthy, PatienceEnds, Ready,
        Restart, Spawn, SpawnFails, Start, Stop,
    };
    [
        Ready,
        Ready,
        Ready,
        DependencyFails,
        Spawn,
        Spawn,
        Spawn,
        Spawn,
        SpawnFails,
        ExecFails,
        leader_ends(true, false),
        leader_ends(false, false),
        leader_ends(false, true),
        tree_ends(true, false),
        tree_ends(true, true),
        tree_ends(false, false),
        tree_ends(false, false),
        tree_ends(false, true),
        GuardDies,
        Healthy,
        unhealthy(true),
        unhealthy(false),
        unhealthy(false),
        DelayPasses,
        DelayPasses,
        DelayPasses,
        PatienceEnds,
        Start,
        Restart,
        Restart,
        Stop,
        Stop,
        Force,
    ]
};

const fn leader_ends(well: bool, long: bool) -> Turn {
    Turn::LeaderEnds { well, long }
}

const fn tree_ends(well: bool, long: bool) -> Turn {
    Turn::TreeEnds { well, long }
}

const fn unhealthy(long: bool) -> Turn {
    Turn::Unhealthy { long }
}

/// Histories in which nobody asks for anything and all goes wrong again and
/// again, in the ways there are.
pub fn crashes() -> impl Strategy<Value = Vec<Turn>> {
    let crash = prop::sample::select(vec![
        vec![leader_ends(false, false), Turn::TREE_ENDS],
        vec![leader_ends(false, false), Turn::PatienceEnds, Turn::TREE_ENDS],
        vec![tree_ends(false, false)],
        vec![unhealthy(false), Turn::TREE_ENDS],
        vec![tree_ends(false, true)],
    ]);
    let start = [Turn::DelayPasses, Turn::Ready, Turn::Spawn];
    let round = crash.prop_map(move |crash| start.into_iter().chain(crash).collect::<Vec<_>>());
    prop::collection::vec(round, 0..12).prop_map(|rounds| rounds.concat())
}

pub fn turns() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec(prop::sample::select(&TURNS[..]), 0..60)
}

const WINDOW: Duration = Duration::from_secs(60);

pub fn restarts() -> impl Strategy<Value = Restart> {
    let policy = prop_oneof![
        Just(RestartPolicy::No),
        Just(RestartPolicy::Always),
        Just(RestartPolicy::OnFailure),
        Just(RestartPolicy::UnlessStopped),
    ];
    let max = prop::option::of(0..4_u32);
    (policy, max, any::<bool>()).prop_map(|(policy, max, pauses)| Restart {
        policy,
        max,
        delay: Duration::from_secs(if pauses { 5 } else { 0 }),
        backoff: 1.0,
        window: WINDOW,
    })
}

fn ran(long: bool) -> Duration {
    if long { WINDOW } else { Duration::ZERO }
}

fn end(well: bool, long: bool) -> End {
    End { outcome: Outcome::Exited(i32::from(!well)), well, ran: ran(long) }
}

impl World {
    pub fn new() -> Self {
        Self {
            state: State::NEW,
            orders: 0,
            ordered: false,
            alive: false,
            leader_gone: false,
            left_behind: false,
            delay_armed: false,
            wish: Wish::Up,
            asked: true,
            row: 0,
        }
    }

    /// Nothing lives and nothing is about to.
    pub fn is_empty(&self) -> bool {
        !self.alive && !self.ordered
    }

    /// Nobody has asked for a stop since the last start.
    pub fn is_wanted(&self) -> bool {
        self.wish == Wish::Up
    }

    /// Lets something happen, if it can happen now, and judges the answer.
    pub fn turn(&mut self, turn: Turn, rules: Rules<'_>) {
        let Some(event) = self.event(turn) else {
            return;
        };
        let said = Said(self.state.clone(), event.clone());
        let (next, effect) = step(self.state.clone(), event, rules);
        self.state = next;
        if let Some(effect) = effect {
            self.perform(effect, rules, &said);
        }
        self.judge(&said);
    }

    fn event(&mut self, turn: Turn) -> Option<Event> {
        match turn {
            Turn::Ready => Some(Event::DependenciesReady),
            Turn::DependencyFails => Some(Event::DependencyFailed(Vec::new())),
            Turn::Spawn | Turn::SpawnFails if self.ordered => {
                self.ordered = false;
                self.alive = matches!(turn, Turn::Spawn);
                self.leader_gone = false;
                Some(if self.alive {
                    Event::Spawned(Pid::new(42)?)
                } else {
                    Event::SpawnFailed("no".into())
                })
            }
            Turn::ExecFails if self.alive && !self.leader_gone => {
                Some(Event::SpawnFailed("no".into()))
            }
            Turn::LeaderEnds { well, long } if self.alive && !self.leader_gone => {
                self.leader_gone = true;
                self.row = if long { 0 } else { self.row };
                Some(Event::LeaderEnded(end(well, long)))
            }
            Turn::TreeEnds { well, long } if self.alive => {
                self.alive = false;
                self.row = if long { 0 } else { self.row };
                Some(Event::Ended(end(well, long)))
            }
            Turn::GuardDies if self.alive => {
                (self.alive, self.left_behind) = (false, true);
                let outcome = Outcome::Unknown;
                Some(Event::Ended(End { outcome, ..end(false, false) }))
            }
            Turn::Healthy => Some(Event::Healthy),
            Turn::Unhealthy { long } => {
                self.row = if long { 0 } else { self.row };
                let ran = ran(long);
                let why = "HTTP 503".into();
                Some(Event::Unhealthy { why, ran })
            }
            Turn::DelayPasses if self.delay_armed => {
                self.delay_armed = false;
                Some(Event::DelayOver)
            }
            Turn::PatienceEnds => Some(Event::PatienceOver),
            Turn::Start | Turn::Restart | Turn::Stop | Turn::Force => Some(self.wished(turn)),
            Turn::Spawn
            | Turn::SpawnFails
            | Turn::ExecFails
            | Turn::LeaderEnds { .. }
            | Turn::TreeEnds { .. }
            | Turn::GuardDies
            | Turn::DelayPasses => None,
        }
    }

    fn wished(&mut self, turn: Turn) -> Event {
        let (wish, event) = match turn {
            Turn::Start => (Wish::Up, Event::Start),
            Turn::Restart => (Wish::Up, Event::Restart),
            Turn::Stop => (Wish::Down, Event::Stop),
            _ => (Wish::Down, Event::Force),
        };
        self.wish = wish;
        if wish == Wish::Up {
            // The lock of what was left behind keeps a second one out, and
            // whoever asks gets to see it.
            self.left_behind = false;
            self.asked = true;
            self.row = 0;
        }
        event
    }

    fn perform(&mut self, effect: Effect, rules: Rules<'_>, said: &Said) {
        match effect {
            Effect::Spawn => self.order(rules, said),
            Effect::OpenGate => {
                assert_eq!(self.wish, Wish::Up, "let go after a stop: {said}");
            }
            Effect::Ask | Effect::AskTree | Effect::Kill => {
                assert!(self.alive, "signalled something already gone: {said}");
            }
            Effect::Delay(pause) => {
                assert!(!pause.is_zero(), "a timer for nothing: {said}");
                self.delay_armed = true;
            }
        }
    }

    fn order(&mut self, rules: Rules<'_>, said: &Said) {
        assert_eq!(self.wish, Wish::Up, "started after a stop: {said}");
        assert!(self.is_empty(), "two at once: {said}");
        assert!(!self.left_behind, "beside what was left: {said}");
        if !std::mem::take(&mut self.asked) {
            self.row += 1;
            let most = rules.restart.max.unwrap_or(u32::MAX);
            assert!(self.row <= most, "more than {most} restarts: {said}");
            assert_ne!(rules.restart.policy, RestartPolicy::No, "{said}");
        }
        self.ordered = true;
        self.orders += 1;
    }

    /// What exists and what the state says agree, both ways: nothing lives
    /// untracked, and no state waits for what will not come.
    fn judge(&self, said: &Said) {
        let (ordered, alive) = match &self.state {
            State::Delayed { .. } => {
                assert!(self.delay_armed, "waits for a timer nobody set: {said}");
                (false, false)
            }
            State::Ordered { .. } | State::Recalled { .. } => (true, false),
            State::Running { .. } | State::Leaving { .. } | State::Stopping { .. } => (false, true),
            State::Pending { .. } | State::Stopped | State::Completed(_) | State::Failed(_) => {
                (false, false)
            }
        };
        assert_eq!(
            (self.ordered, self.alive),
            (ordered, alive),
            "{said}, and so is {:?}",
            self.state
        );
        if self.wish == Wish::Down {
            assert!(self.is_going_down(), "a stop was lost: {said}");
        }
    }

    fn is_going_down(&self) -> bool {
        match &self.state {
            State::Pending { .. }
            | State::Delayed { .. }
            | State::Ordered { .. }
            | State::Running { .. }
            | State::Leaving { .. } => false,
            State::Recalled { then } | State::Stopping { then, .. } => !then.is_start(),
            State::Stopped | State::Completed(_) | State::Failed(_) => true,
        }
    }
}
