use super::*;
use crate::ledger::LockFile;
use crate::model::ServiceName;
use crate::os::marker::ProjectKey;
use crate::shutdown::scope::{Runs, Scope};
use proptest::prelude::*;
use std::path::PathBuf;

fn tally(now: Instant) -> Tally {
    let root = PathBuf::from("/");
    let scope = Scope {
        project: "shop".to_owned(),
        key: ProjectKey::of(&root).unwrap(),
        root,
        run: None,
        runs: Runs::Every,
        known: Vec::new(),
        forker: None,
        locks: Vec::<LockFile>::new(),
        ports: Vec::new(),
        rules: crate::shutdown::Rules::default(),
    };
    Tally::new(&scope, now)
}

fn unit(id: usize, level: usize, seconds: u64) -> Unit {
    let name = ServiceName::new(&format!("s{id}")).unwrap();
    Unit {
        id,
        instance: InstanceName::new(&name, 1, 1),
        level,
        grace: Duration::from_secs(seconds),
        signal: Signal::Term,
        pid: Pid::new(100 + i32::try_from(id).unwrap()).unwrap(),
    }
}

fn options() -> Options {
    Options { ignores: |pid, _| pid.raw() == 100, ..Options::default() }
}

/// A stop under test, with a clock of its own.
struct Stop {
    graceful: Graceful,
    now: Instant,
    said: Vec<Progress>,
}

impl Stop {
    fn begin(units: Vec<Unit>, options: Options) -> (Self, Vec<Act>) {
        let now = Instant::now();
        let mut said = Vec::new();
        let (graceful, acts) =
            Graceful::begin(tally(now), units, options, now, &mut |step| said.push(step));
        (Self { graceful, now, said }, acts)
    }

    fn ended(&mut self, id: usize) -> Vec<Act> {
        self.graceful.ended(id, self.now, &mut |step| self.said.push(step))
    }

    fn after(&mut self, seconds: u64) -> Vec<Act> {
        self.now += Duration::from_secs(seconds);
        self.graceful.tick(self.now, &mut |step| self.said.push(step))
    }
}

#[test]
fn dependents_are_asked_before_what_they_depend_on() {
    let units = vec![unit(0, 1, 3), unit(1, 0, 3), unit(2, 0, 3)];
    let (mut stop, acts) = Stop::begin(units, options());
    assert_eq!(acts, [Act::Ask(1), Act::Ask(2)]);
    assert_eq!(stop.ended(1), []);
    assert_eq!(stop.ended(2), [Act::Ask(0)]);
    assert!(!stop.graceful.is_over());
    assert_eq!(stop.ended(0), []);
    assert!(stop.graceful.is_over());
    let (force, acts) = stop.graceful.finish(stop.now);
    assert!(acts.is_empty() && force.is_over(stop.now) && force.wakes_at().is_none());
}

#[test]
fn each_level_has_the_longest_patience_of_its_own() {
    let units = vec![unit(0, 0, 1), unit(1, 0, 5), unit(2, 1, 2)];
    let (mut stop, _) = Stop::begin(units, options());
    assert_eq!(stop.after(4), []);
    assert_eq!(stop.after(1), [Act::Ask(2)], "the stubborn stay behind");
    assert_eq!(stop.after(1), []);
    assert_eq!(stop.after(1), []);
    assert!(stop.graceful.is_over());
    let (force, acts) = stop.graceful.finish(stop.now);
    assert_eq!(acts, [Act::Kill(0), Act::Kill(1), Act::Kill(2)]);
    assert!(!force.is_over(stop.now) && force.is_over(stop.now + Duration::from_secs(3)));
}

#[test]
fn a_stubborn_one_that_ends_late_is_not_killed() {
    let (mut stop, _) = Stop::begin(vec![unit(0, 0, 1), unit(1, 1, 9)], options());
    assert_eq!(stop.after(1), [Act::Ask(1)]);
    stop.ended(0);
    let (mut force, acts) = stop.graceful.finish(stop.now);
    assert_eq!(acts, [Act::Kill(1)]);
    force.ended(1);
    assert!(force.is_over(stop.now));
}

#[test]
fn force_asks_nobody_and_a_patience_for_all_wins() {
    let forced = Options { force: true, ..options() };
    let (stop, acts) = Stop::begin(vec![unit(0, 0, 9)], forced);
    assert!(acts.is_empty() && stop.graceful.is_over());
    let short = Options { grace: Some(Duration::from_secs(1)), ..options() };
    let (mut stop, _) = Stop::begin(vec![unit(0, 0, 9)], short);
    stop.after(1);
    assert!(stop.graceful.is_over());
}

#[test]
fn who_waits_is_told_for_whom_and_whether_it_is_in_vain() {
    let (mut stop, _) = Stop::begin(vec![unit(0, 0, 9), unit(1, 0, 9)], options());
    assert_eq!(stop.graceful.wakes_at(), Some(stop.now + NOTICE));
    stop.after(2);
    let Some(Progress::Waiting { waited_ms, left_ms, on }) = stop.said.last() else {
        panic!("{:?}", stop.said);
    };
    assert_eq!((*waited_ms, *left_ms), (2000, 7000));
    let ignores: Vec<Option<Signal>> = on.iter().map(|one| one.ignores).collect();
    assert_eq!(ignores, [Some(Signal::Term), None]);
}

#[test]
fn a_leader_that_goes_alone_has_its_tree_asked() {
    let (mut stop, _) = Stop::begin(vec![unit(0, 0, 9), unit(1, 1, 9)], options());
    assert_eq!(stop.graceful.leader_ended(0), [Act::AskTree(0)]);
    assert_eq!(stop.graceful.leader_ended(1), [], "not asked yet");
    stop.ended(0);
    assert_eq!(stop.graceful.leader_ended(0), [], "nothing is left of it");
}

#[test]
fn impatience_ends_the_phase_at_once() {
    let (mut stop, _) = Stop::begin(vec![unit(0, 0, 9), unit(1, 1, 9)], options());
    stop.graceful.hurry(&mut |step| stop.said.push(step));
    assert!(stop.graceful.is_over() && stop.said.contains(&Progress::Hurried));
    let (_force, acts) = stop.graceful.finish(stop.now);
    assert_eq!(acts, [Act::Kill(0), Act::Kill(1)]);
}

proptest! {
    /// Whatever happens in whatever order: everybody is asked at most once, in
    /// order of level, who ended is not killed, and the phase ends in time.
    #[test]
    fn nobody_is_forgotten_and_nothing_lasts(
        levels in prop::collection::vec((0_usize..4, 0_u64..4), 0..8),
        events in prop::collection::vec((0_usize..9, any::<bool>()), 0..40),
    ) {
        let units: Vec<Unit> =
            levels.iter().enumerate().map(|(id, (level, grace))| unit(id, *level, *grace)).collect();
        let (mut stop, mut acts) = Stop::begin(units, options());
        let mut ended = std::collections::BTreeSet::new();
        for (id, tick) in events {
            if tick {
                acts.extend(stop.after(1));
            } else {
                ended.insert(id);
                acts.extend(stop.ended(id));
            }
        }
        let longest: u64 = levels.iter().map(|(_, grace)| grace + 1).sum();
        for _ in 0..longest {
            acts.extend(stop.after(1));
        }
        prop_assert!(stop.graceful.is_over());
        let asked: Vec<usize> = acts.iter().map(|act| match act {
            Act::Ask(id) => *id,
            Act::AskTree(id) | Act::Kill(id) => panic!("{id}"),
        }).collect();
        let order: Vec<usize> = asked.iter().map(|id| levels[*id].0).collect();
        prop_assert!(order.is_sorted());
        let (_force, kills) = stop.graceful.finish(stop.now);
        for id in 0..levels.len() {
            let killed = kills.contains(&Act::Kill(id));
            prop_assert_eq!(killed, !ended.contains(&id), "{}", id);
            prop_assert!(asked.iter().filter(|one| **one == id).count() <= 1);
            prop_assert!(asked.contains(&id) || ended.contains(&id));
        }
    }
}
