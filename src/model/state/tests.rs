//! Properties of the table over random histories of one instance.

mod fleet;
mod world;

use super::*;
use crate::model::RestartPolicy;
use proptest::prelude::*;
use world::{Turn, World, crashes, restarts, turns};

fn rules(restart: &Restart, checked: bool) -> Rules<'_> {
    Rules { restart, checked }
}

/// What happens next when nobody interferes: what was ordered appears, what is
/// waited for comes, what was asked to end ends, what runs is well.
fn settles_alone(state: &State) -> &'static [Turn] {
    match state {
        State::Pending { .. } => &[Turn::Ready],
        State::Delayed { .. } => &[Turn::DelayPasses],
        State::Ordered { .. } | State::Recalled { .. } => &[Turn::Spawn],
        State::Running { .. } => &[Turn::Healthy],
        State::Leaving { .. } | State::Stopping { .. } => &[Turn::TREE_ENDS],
        State::Stopped | State::Completed(_) | State::Failed(_) => &[],
    }
}

/// Lets the world go on until it rests.
fn settle(world: &mut World, rules: Rules<'_>) {
    for _ in 0..10 {
        for turn in settles_alone(&world.state) {
            world.turn(*turn, rules);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Nothing starts after a stop, never two at once, no signal to what is
    /// gone, nothing runs untracked, nobody waits for what will not come, and
    /// the caps hold. `World::turn` looks after every move.
    #[test]
    fn the_world_stays_in_order(turns in turns(), restart in restarts(), checked: bool) {
        let mut world = World::new();
        for turn in turns {
            world.turn(turn, rules(&restart, checked));
        }
    }

    /// The caps hold where nothing but the policy decides.
    #[test]
    fn crash_loops_come_to_an_end(turns in crashes(), restart in restarts(), checked: bool) {
        let mut world = World::new();
        for turn in turns {
            world.turn(turn, rules(&restart, checked));
        }
    }

    /// Whatever happened before: a stop ends it, without force.
    #[test]
    fn a_stop_is_never_lost(turns in turns(), restart in restarts(), checked: bool) {
        let rules = rules(&restart, checked);
        let mut world = World::new();
        for turn in turns.into_iter().chain([Turn::Stop]) {
            world.turn(turn, rules);
        }
        settle(&mut world, rules);
        prop_assert!(world.state.is_final(), "{:?}", world.state);
        prop_assert!(world.is_empty());
    }

    /// Whatever happened before: a force and the end it brings are final.
    #[test]
    fn force_always_ends(turns in turns(), restart in restarts(), checked: bool) {
        let rules = rules(&restart, checked);
        let mut world = World::new();
        for turn in turns.into_iter().chain([Turn::Force, Turn::Spawn, Turn::TREE_ENDS]) {
            world.turn(turn, rules);
        }
        prop_assert!(world.state.is_final(), "{:?}", world.state);
        prop_assert!(world.is_empty());
    }

    /// Whatever happened before: a restart leads to a running process that was
    /// ordered after it.
    #[test]
    fn a_restart_is_never_lost(turns in turns(), restart in restarts(), checked: bool) {
        let rules = rules(&restart, checked);
        let mut world = World::new();
        for turn in turns {
            world.turn(turn, rules);
        }
        let before = world.orders;
        world.turn(Turn::Restart, rules);
        settle(&mut world, rules);
        prop_assert!(matches!(world.state, State::Running { .. }), "{:?}", world.state);
        prop_assert!(world.orders > before, "it is still the old one");
    }
}

fn always(delay: Duration) -> Restart {
    Restart {
        policy: RestartPolicy::Always,
        max: None,
        delay,
        backoff: 1.0,
        window: Duration::from_secs(60),
    }
}

fn running(tries: u32) -> State {
    let pid = Pid::new(42).expect("42 is a pid");
    let health = Health::Starting;
    State::Running { pid, health, tries }
}

fn end(outcome: Outcome) -> Event {
    let ran = Duration::from_secs(1);
    let well = outcome == Outcome::Exited(0);
    Event::Ended(End { outcome, well, ran })
}

#[test]
fn without_a_pause_the_next_start_follows_at_once() {
    let restart = always(Duration::ZERO);
    let (state, effect) = step(running(0), end(Outcome::Exited(1)), rules(&restart, false));
    let again = true;
    assert_eq!(state, State::Pending { again, tries: 1 });
    assert_eq!(effect, None);
}

#[test]
fn a_crash_loop_fails_with_the_last_error() {
    let restart = Restart { max: Some(3), ..always(Duration::from_secs(5)) };
    let (state, effect) = step(running(3), end(Outcome::Exited(7)), rules(&restart, false));
    assert_eq!(state, State::Failed(Failure::Ended(Outcome::Exited(7))));
    assert_eq!(effect, None);
}

#[test]
fn bad_health_without_a_policy_is_only_shown() {
    let restart = Restart { policy: RestartPolicy::No, ..always(Duration::ZERO) };
    let unhealthy = Event::Unhealthy { why: "HTTP 503".to_owned(), ran: Duration::ZERO };
    let (state, effect) = step(running(0), unhealthy, rules(&restart, true));
    assert_eq!((state.health(), effect), (Health::Unhealthy, None));
    let (state, _) = step(state, Event::Healthy, rules(&restart, true));
    assert!(state.is_ready());
}

#[test]
fn bad_health_stops_it_and_counts_as_a_restart() {
    let restart = Restart { max: Some(1), ..always(Duration::from_secs(5)) };
    let unhealthy = || Event::Unhealthy { why: "HTTP 503".to_owned(), ran: Duration::ZERO };
    let (state, effect) = step(running(0), unhealthy(), rules(&restart, true));
    assert_eq!(effect, Some(Effect::Ask));
    let (state, effect) = step(state, end(Outcome::Signaled(15)), rules(&restart, true));
    assert_eq!(effect, Some(Effect::Delay(Duration::from_secs(5))));
    assert_eq!((state.phase(), state.is_restarting()), (Phase::Pending, true));

    let (state, effect) = step(running(1), unhealthy(), rules(&restart, true));
    assert_eq!(effect, Some(Effect::Ask));
    let (state, _) = step(state, end(Outcome::Exited(0)), rules(&restart, true));
    assert_eq!(state, State::Failed(Failure::Unhealthy("HTTP 503".to_owned())));
}

/// What a killed guard held may live on.
#[test]
fn nothing_is_started_beside_what_a_killed_guard_left() {
    let restart = always(Duration::ZERO);
    let (state, _) = step(running(0), end(Outcome::Unknown), rules(&restart, false));
    assert_eq!(state, State::Failed(Failure::Ended(Outcome::Unknown)));
    let (state, _) = step(running(0), Event::Restart, rules(&restart, false));
    let (state, _) = step(state, end(Outcome::Unknown), rules(&restart, false));
    assert_eq!(state, State::Failed(Failure::Ended(Outcome::Unknown)));
}
