//! Several instances that depend on each other: nobody waits for ever, whatever
//! was asked meanwhile.

use super::super::*;
use super::world::{Turn, World, restarts, turns};
use super::{RestartPolicy, rules, settles_alone};
use crate::model::order::{Gate, Why, follows, gate};
use crate::model::{Condition, Dependency};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["db", "cache", "api", "web"];

struct Fleet {
    worlds: Vec<World>,
    names: Vec<ServiceName>,
    depends_on: Vec<Vec<Dependency>>,
    restart: Restart,
}

/// Each may depend on those before it.
fn edges() -> impl Strategy<Value = Vec<Vec<Dependency>>> {
    let edge = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let all = prop::collection::vec(prop::collection::vec(edge, 4), 4);
    all.prop_map(|rows| {
        let row = |(at, row): (usize, Vec<(bool, bool, bool, bool)>)| {
            let before = row.into_iter().enumerate().take(at);
            let edges = before.filter(|(_, (is_there, ..))| *is_there);
            edges.map(edge_of).collect()
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn edge_of((on, (_, healthy, required, restart)): (usize, (bool, bool, bool, bool))) -> Dependency {
    let condition = if healthy { Condition::ServiceHealthy } else { Condition::ServiceStarted };
    Dependency { on: ServiceName::new(NAMES[on]).expect("a name"), condition, required, restart }
}

impl Fleet {
    fn new(depends_on: Vec<Vec<Dependency>>, restart: Restart) -> Self {
        let name = |name: &&str| ServiceName::new(name).expect("a name");
        Self {
            worlds: NAMES.iter().map(|_| World::new()).collect(),
            names: NAMES.iter().map(name).collect(),
            depends_on,
            restart,
        }
    }

    fn gate(&self, at: usize) -> Option<Gate> {
        let State::Pending { again, .. } = self.worlds[at].state else {
            return None;
        };
        let states = self.worlds.iter().map(|world| &world.state);
        let others = self.names.iter().zip(states);
        Some(gate(&self.depends_on[at], again, &others))
    }

    /// Lets something happen to one, and carries what follows to the others.
    /// Who may start is the gate's word alone.
    fn turn(&mut self, at: usize, turn: Turn) {
        if !matches!(turn, Turn::Ready | Turn::DependencyFails) {
            self.move_one(at, turn);
        }
        while let Some((at, turn)) = self.passes_a_gate() {
            self.move_one(at, turn);
        }
    }

    fn passes_a_gate(&self) -> Option<(usize, Turn)> {
        (0..self.worlds.len()).find_map(|at| match self.gate(at)? {
            Gate::Open => Some((at, Turn::Ready)),
            Gate::Failed(_) => Some((at, Turn::DependencyFails)),
            Gate::Waiting(_) => None,
        })
    }

    fn move_one(&mut self, at: usize, turn: Turn) {
        let before = self.worlds[at].state.clone();
        self.worlds[at].turn(turn, rules(&self.restart, true));
        let after = self.worlds[at].state.clone();
        let name = self.names[at].clone();
        for other in 0..self.worlds.len() {
            let own = &self.worlds[other].state;
            let mut edges = self.depends_on[other].iter();
            if edges.any(|edge| edge.on == name && follows(edge, &before, &after, own)) {
                assert!(self.worlds[other].is_wanted(), "revived after a stop");
                self.move_one(other, Turn::Restart);
            }
        }
    }

    /// Everything goes well from here on, for as long as anything moves.
    fn settle(&mut self) {
        for _ in 0..40 {
            for at in 0..self.worlds.len() {
                for turn in settles_alone(&self.worlds[at].state) {
                    self.turn(at, *turn);
                }
            }
        }
    }

    /// Whether this one waits for something that somebody stopped, be it at
    /// second hand.
    fn waits_for_a_stopped_one(&self, at: usize) -> bool {
        let Some(Gate::Waiting(awaited)) = self.gate(at) else {
            return false;
        };
        awaited.iter().any(|awaited| {
            let on = self.names.iter().position(|name| *name == awaited.on);
            awaited.why == Why::Stopped || on.is_some_and(|on| self.waits_for_a_stopped_one(on))
        })
    }
}

fn histories() -> impl Strategy<Value = Vec<(usize, Turn)>> {
    let at = prop::collection::vec(0..NAMES.len(), 60);
    (at, turns()).prop_map(|(at, turns)| at.into_iter().zip(turns).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Once all goes well, each is up, at its end, or waits for one that
    /// somebody stopped and may start again.
    #[test]
    fn nobody_waits_for_ever(edges in edges(), restart in restarts(), history in histories()) {
        let mut fleet = Fleet::new(edges, restart);
        for (at, turn) in history {
            fleet.turn(at, turn);
        }
        fleet.settle();
        for (at, world) in fleet.worlds.iter().enumerate() {
            let rests = world.state.is_ready() || world.state.is_final();
            prop_assert!(
                rests || fleet.waits_for_a_stopped_one(at),
                "{} is {:?}", NAMES[at], world.state
            );
        }
    }

    /// A stop of all ends all, in whatever order it reaches them.
    #[test]
    fn a_stop_of_all_ends_all(edges in edges(), restart in restarts(), history in histories()) {
        let mut fleet = Fleet::new(edges, restart);
        for (at, turn) in history {
            fleet.turn(at, turn);
        }
        for at in 0..NAMES.len() {
            fleet.worlds[at].turn(Turn::Stop, rules(&fleet.restart, true));
        }
        fleet.settle();
        for world in &fleet.worlds {
            prop_assert!(world.state.is_final() && world.is_empty(), "{:?}", world.state);
        }
    }
}

/// A restart of what another waits for, while it waits.
#[test]
fn a_restart_of_an_awaited_dependency_is_waited_out() {
    let edge = edge_of((0, (true, true, true, false)));
    let depends_on = vec![vec![], vec![], vec![edge], vec![]];
    let never = Restart {
        policy: RestartPolicy::No,
        max: None,
        delay: Duration::ZERO,
        backoff: 1.0,
        window: Duration::from_secs(60),
    };
    let mut fleet = Fleet::new(depends_on, never);
    for (at, turn) in [(0, Turn::Ready), (0, Turn::Spawn), (0, Turn::Restart), (2, Turn::Restart)] {
        fleet.turn(at, turn);
    }
    assert_eq!(fleet.worlds[2].orders, 0);
    fleet.settle();
    assert!(fleet.worlds[0].state.is_ready() && fleet.worlds[2].state.is_ready());
    assert_eq!((fleet.worlds[0].orders, fleet.worlds[2].orders), (2, 1));
}
