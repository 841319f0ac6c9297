use super::*;
use crate::model::{End, Outcome, Pid, Then};
use std::time::Duration;

fn name(text: &str) -> ServiceName {
    ServiceName::new(text).expect("a good name")
}

fn on(text: &str, condition: Condition) -> Dependency {
    Dependency { on: name(text), condition, required: true, restart: false }
}

fn running(health: Health) -> State {
    State::Running { pid: Pid::new(42).expect("42 is a pid"), health, tries: 0 }
}

fn ask(dependencies: &[Dependency], again: bool, others: &[(&ServiceName, &State)]) -> Gate {
    gate(dependencies, again, &others.iter().copied())
}

/// What a first start and a later one are told of `db` in this state.
fn told(condition: Condition, state: &State) -> (Gate, Gate) {
    let (db, edge) = (name("db"), [on("db", condition)]);
    let others = [(&db, state)];
    (ask(&edge, false, &others), ask(&edge, true, &others))
}

fn waits(why: Why) -> Gate {
    let on = name("db");
    Gate::Waiting(vec![Awaited { on, why }])
}

fn failed() -> Gate {
    Gate::Failed(vec![name("db")])
}

const COMPLETED: State = State::Completed(Outcome::Exited(0));
const CRASHED: State = State::Failed(Failure::Ended(Outcome::Exited(1)));

#[test]
fn a_process_is_enough_for_started_and_health_for_healthy() {
    use Condition::{ServiceHealthy, ServiceStarted};
    let starting = running(Health::Starting);
    assert_eq!(told(ServiceStarted, &starting).0, Gate::Open);
    assert_eq!(told(ServiceHealthy, &starting).0, waits(Why::NotHealthyYet));
    for health in [Health::Healthy, Health::None] {
        assert_eq!(told(ServiceHealthy, &running(health)).0, Gate::Open);
    }
    let unhealthy = running(Health::Unhealthy);
    assert_eq!(told(ServiceHealthy, &unhealthy).0, waits(Why::Unhealthy));
}

#[test]
fn a_completed_one_shot_is_started_healthy_and_completed() {
    for condition in [
        Condition::ServiceStarted,
        Condition::ServiceHealthy,
        Condition::ServiceCompleted,
        Condition::ServiceCompletedSuccessfully,
    ] {
        assert_eq!(told(condition, &COMPLETED).0, Gate::Open);
    }
    let condition = Condition::ServiceCompletedSuccessfully;
    let runs = running(Health::None);
    assert_eq!(told(condition, &runs).0, waits(Why::StillRunning));
    assert_eq!(told(condition, &CRASHED).0, failed());
    assert_eq!(told(Condition::ServiceCompleted, &CRASHED).0, Gate::Open);
}

#[test]
fn a_failure_is_handed_on_with_its_path() {
    let (db, api) = (name("db"), name("api"));
    let failed = State::Failed(Failure::Dependency(vec![db.clone()]));
    let edges = [on("cache", Condition::ServiceStarted), on("api", Condition::ServiceStarted)];
    let cache = name("cache");
    let others = [(&cache, &State::NEW), (&api, &failed)];
    assert_eq!(ask(&edges, false, &others), Gate::Failed(vec![api.clone(), db]));
}

#[test]
fn what_need_not_be_there_is_only_awaited_on_its_way() {
    let mut edge = on("db", Condition::ServiceStarted);
    edge.required = false;
    let db = name("db");
    let ask = |state| ask(&[edge.clone()], false, &[(&db, state)]);
    assert_eq!(ask(&CRASHED), Gate::Open);
    assert_eq!(ask(&State::Stopped), Gate::Open);
    assert_eq!(ask(&State::NEW), waits(Why::NotStarted));
}

#[test]
fn who_was_up_before_waits_only_for_what_is_on_its_way() {
    let condition = Condition::ServiceHealthy;
    let delayed = State::Delayed {
        tries: 1,
        after: Duration::from_secs(5),
        last: Failure::Ended(Outcome::Exited(1)),
    };
    let restarts = State::Stopping { then: Then::StartAgain, forced: false };
    for state in [&delayed, &restarts] {
        let (first, again) = told(condition, state);
        assert_eq!((first, again), (waits(Why::Restarting), waits(Why::Restarting)));
    }
    assert_eq!(told(condition, &State::Stopped), (waits(Why::Stopped), Gate::Open));
    assert_eq!(told(condition, &CRASHED), (failed(), Gate::Open));
    let unhealthy = running(Health::Unhealthy);
    assert_eq!(told(condition, &unhealthy), (waits(Why::Unhealthy), Gate::Open));
}

#[test]
fn every_copy_has_to_be_there_and_strangers_need_not() {
    let db = name("db");
    let (up, new) = (running(Health::None), State::NEW);
    let edges = [on("db", Condition::ServiceStarted), on("container", Condition::ServiceStarted)];
    let copies = [(&db, &up), (&db, &new), (&db, &new)];
    assert_eq!(ask(&edges, false, &copies), waits(Why::NotStarted));
    assert_eq!(ask(&edges, false, &[(&db, &up)]), Gate::Open);
}

#[test]
fn a_restart_takes_along_only_who_asked_for_it() {
    let mut edge = on("db", Condition::ServiceStarted);
    let up = running(Health::None);
    let stops = |then| State::Stopping { then, forced: false };
    let again = stops(Then::StartAgain);
    assert!(!follows(&edge, &up, &again, &up));
    edge.restart = true;
    assert!(follows(&edge, &up, &again, &up));
    assert!(!follows(&edge, &up, &stops(Then::Stay), &up));
    assert!(!follows(&edge, &up, &again, &State::Stopped), "it was stopped");
    let end = End { outcome: Outcome::Exited(1), well: false, ran: Duration::ZERO };
    let leaving = State::Leaving { end, tries: 0 };
    let pending = State::Pending { again: true, tries: 1 };
    assert!(follows(&edge, &leaving, &pending, &up));
    assert!(!follows(&edge, &again, &pending, &up), "told twice");
}
