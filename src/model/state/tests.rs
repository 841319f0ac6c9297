//! Properties of the table over random histories of one instance.

use super::*;
use proptest::prelude::*;

/// What the world around the table looks like: whether a process exists, and
/// what was asked. It only produces events that can really happen.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "four facts about the world")]
struct World {
    ordered: bool,
    alive: bool,
    leader_gone: bool,
    stop_asked: bool,
}

#[derive(Debug, Clone, Copy)]
enum Turn {
    Ready,
    DependencyFails,
    Spawn,
    SpawnFails,
    LeaderEnds,
    TreeEnds,
    Stop,
    Force,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        Just(Turn::Ready),
        Just(Turn::DependencyFails),
        Just(Turn::Spawn),
        Just(Turn::SpawnFails),
        Just(Turn::LeaderEnds),
        Just(Turn::TreeEnds),
        Just(Turn::Stop),
        Just(Turn::Force),
    ];
    prop::collection::vec(turn, 0..40)
}

impl World {
    fn event(&mut self, turn: Turn) -> Option<Event> {
        let outcome = Outcome::Exited(0);
        match turn {
            Turn::Ready => Some(Event::DependenciesReady),
            Turn::DependencyFails => Some(Event::DependencyFailed(Vec::new())),
            Turn::Spawn if self.ordered && !self.alive => {
                self.ordered = false;
                self.alive = true;
                self.leader_gone = false;
                Pid::new(42).map(Event::Spawned)
            }
            Turn::SpawnFails if self.ordered && !self.alive => {
                self.ordered = false;
                Some(Event::SpawnFailed("no".into()))
            }
            Turn::LeaderEnds if self.alive && !self.leader_gone => {
                self.leader_gone = true;
                Some(Event::LeaderEnded { outcome, well: true })
            }
            Turn::TreeEnds if self.alive => {
                self.alive = false;
                Some(Event::Ended { outcome, well: true })
            }
            Turn::Stop => {
                self.stop_asked = true;
                Some(Event::Stop)
            }
            Turn::Force => {
                self.stop_asked = true;
                Some(Event::Force)
            }
            Turn::Spawn | Turn::SpawnFails | Turn::LeaderEnds | Turn::TreeEnds => None,
        }
    }
}

proptest! {
    /// A stop is never lost, nothing starts after it, and no signal goes to a
    /// tree whose end was already seen.
    #[test]
    fn a_stop_is_final(turns in turns()) {
        let mut world = World::default();
        let mut state = State::Pending;
        for turn in turns {
            let Some(event) = world.event(turn) else { continue };
            let stopped_before = world.stop_asked && !matches!(event, Event::Stop | Event::Force);
            let (next, effect) = step(state, event);
            match effect {
                Some(Effect::Spawn) => {
                    prop_assert!(!stopped_before, "started after a stop");
                    prop_assert!(!world.ordered && !world.alive, "two at once");
                    world.ordered = true;
                }
                Some(Effect::OpenGate) => prop_assert!(!stopped_before, "let go after a stop"),
                Some(Effect::Ask | Effect::AskTree | Effect::Kill) => {
                    prop_assert!(world.alive, "signalled something already gone");
                }
                None => {}
            }
            state = next;
        }
        if world.stop_asked {
            let goes_on = matches!(state, State::Pending | State::Ordered | State::Running { .. });
            prop_assert!(!goes_on, "a stop was lost");
        }
        if world.alive {
            prop_assert!(!state.is_final(), "{state:?} although something lives");
        }
    }

    /// Whatever happened, a force and the ends that follow lead to an end.
    #[test]
    fn force_always_ends(turns in turns()) {
        let mut world = World::default();
        let mut state = State::Pending;
        for turn in turns.into_iter().chain([Turn::Force, Turn::Spawn, Turn::TreeEnds]) {
            let Some(event) = world.event(turn) else { continue };
            let (next, effect) = step(state, event);
            world.ordered |= effect == Some(Effect::Spawn);
            state = next;
        }
        prop_assert!(state.is_final(), "{state:?}");
    }
}
