use super::*;
use crate::ledger::LockFile;
use crate::model::{InstanceName, Pid, ServiceName};
use crate::os::lock::LockId;
use crate::os::marker::{Marker, ProjectKey};
use crate::os::process::Identity;
use crate::os::table::Stat;
use crate::shutdown::scope::Runs;
use std::path::PathBuf;

/// We are process 90, below a shell, 80.
const US: i32 = 90;
const RUN: RunId = RunId::from_bits(0xAB_CDEF);
const OTHER_RUN: RunId = RunId::from_bits(0x12_3456);

fn identity(pid: i32, start: u64) -> Identity {
    Identity { pid: Pid::new(pid).unwrap(), start, inode: None }
}

fn key() -> ProjectKey {
    ProjectKey::of(std::path::Path::new("/")).unwrap()
}

fn other_key() -> ProjectKey {
    ProjectKey::of(std::path::Path::new("/proc")).unwrap()
}

/// An ordinary process: a leader of its group and session, born at 1000.
fn process(pid: i32, parent: i32) -> Facts {
    let stat = Stat {
        name: "node".to_owned(),
        state: 'S',
        parent,
        group: pid,
        session: pid,
        terminal: 0,
        kernel: false,
        start: 1000,
        memory: 4096,
        ticks: 0,
        threads: 1,
        owner: 0,
    };
    Facts {
        identity: identity(pid, 1000),
        stat,
        alive: true,
        marker: None,
        chain: Vec::new(),
        instance: None,
        grouped: false,
        locks: Vec::new(),
        weak: None,
        kept: false,
    }
}

fn instance(name: &str) -> InstanceName {
    InstanceName::new(&ServiceName::new(name).unwrap(), 1, 1)
}

/// `web`: guard 100, leader 101; its lock file is the first.
fn scope() -> Scope {
    let known =
        Known { instance: instance("web"), guard: identity(100, 999), leader: identity(101, 1000) };
    let id = LockId { device: 1, inode: 2 };
    let path = PathBuf::from("/shop/.pids/web.lock");
    Scope {
        project: "shop".to_owned(),
        root: PathBuf::from("/shop"),
        key: key(),
        run: Some(RUN),
        runs: Runs::Every,
        known: vec![known],
        forker: None,
        cgroup: None,
        locks: vec![LockFile { instance: instance("web"), path, id }],
        ports: Vec::new(),
        staying: Vec::new(),
        rules: crate::shutdown::Rules::default(),
        since: None,
    }
}

fn guard() -> Facts {
    let mut guard = process(100, 1);
    guard.identity.start = 999;
    guard.stat.name = GUARD_NAME.to_owned();
    guard.locks = vec![0];
    guard
}

/// Judges the last of these, in the company of all and of us.
fn verdict_in(scope: &Scope, mut others: Vec<Facts>) -> Whose {
    let subject = others.last().unwrap().clone();
    others.extend([process(80, 1), process(US, 80)]);
    // Whoever was given stands for whom we would add.
    others.reverse();
    let table = Table::of(others);
    judge(&subject, &Company::of(&table, scope, US), scope)
}

fn verdict(others: Vec<Facts>) -> Whose {
    verdict_in(&scope(), others)
}

fn member(evidence: &[Evidence]) -> Whose {
    Whose::Ours { evidence: evidence.to_vec(), role: Role::Member }
}

#[test]
fn a_stranger_is_nobodys_whatever_it_is_called_and_wherever_it_runs() {
    let mut stranger = process(200, 1);
    stranger.stat.name = "web".to_owned();
    stranger.instance = Some("web".to_owned());
    assert_eq!(verdict(vec![stranger]), Whose::Nobodys);
}

#[test]
fn each_marker_is_enough_alone() {
    let mut limit = process(200, 1);
    limit.marker = Some(Marker::new(key(), RUN));
    assert_eq!(verdict(vec![limit]), member(&[Evidence::Rlimit]));
    let mut environment = process(200, 1);
    environment.chain = vec![OTHER_RUN, RUN];
    assert_eq!(verdict(vec![environment]), member(&[Evidence::Environment]));
    let mut lock = process(200, 1);
    lock.locks = vec![0];
    assert_eq!(verdict(vec![lock]), member(&[Evidence::Lock]));
    let mut grouped = process(200, 1);
    grouped.grouped = true;
    assert_eq!(verdict(vec![grouped]), member(&[Evidence::Cgroup]));
}

#[test]
fn a_leader_is_ours_only_with_its_start_and_its_inode() {
    let leader = process(101, 1);
    let recorded = [Evidence::Ledger, Evidence::Session, Evidence::Group];
    assert_eq!(verdict(vec![leader.clone()]), member(&recorded));
    let mut recycled = leader.clone();
    recycled.identity.start = 1001;
    assert_eq!(verdict(vec![recycled]), Whose::Nobodys);
    let mut scope = scope();
    scope.known[0].leader.inode = Some(7);
    let mut same_tick = leader;
    same_tick.identity.inode = Some(8);
    assert_eq!(verdict_in(&scope, vec![same_tick]), Whose::Nobodys);
}

#[test]
fn a_marker_of_another_project_or_another_run_is_not_ours() {
    let mut foreign = process(200, 1);
    foreign.marker = Some(Marker::new(other_key(), RUN));
    assert_eq!(verdict(vec![foreign]), Whose::Nobodys);
    let mut later = process(200, 1);
    later.marker = Some(Marker::new(key(), OTHER_RUN));
    later.chain = vec![OTHER_RUN];
    let one = Scope { runs: Runs::One(RUN), ..scope() };
    assert_eq!(verdict_in(&one, vec![later.clone()]), Whose::Nobodys);
    let living = Scope { runs: Runs::AllBut(OTHER_RUN), known: Vec::new(), ..scope() };
    assert_eq!(verdict_in(&living, vec![later.clone()]), Whose::Nobodys);
    let both = member(&[Evidence::Rlimit, Evidence::Environment]);
    assert_eq!(verdict(vec![later]), both, "any run of the project");
}

#[test]
fn a_run_that_no_ledger_knows_is_learned_from_its_marker() {
    let mut marked = process(200, 1);
    marked.marker = Some(Marker::new(key(), OTHER_RUN));
    marked.chain = vec![OTHER_RUN];
    let mut named_only = process(201, 1);
    named_only.chain = vec![OTHER_RUN];
    let bare = Scope { run: None, known: Vec::new(), locks: Vec::new(), ..scope() };
    assert_eq!(verdict_in(&bare, vec![named_only.clone()]), Whose::Nobodys);
    let seen = verdict_in(&bare, vec![marked, named_only]);
    assert_eq!(seen, member(&[Evidence::Environment]));
}

#[test]
fn a_guard_goes_last_and_all_below_it_is_ours() {
    let guarded =
        Whose::Ours { evidence: vec![Evidence::Ledger, Evidence::Lock], role: Role::Guard };
    assert_eq!(verdict(vec![guard()]), guarded);
    let (child, grandchild) = (process(300, 100), process(301, 300));
    let below = verdict(vec![guard(), child, grandchild]);
    assert_eq!(below, member(&[Evidence::Guard]));
}

#[test]
fn a_guard_that_no_ledger_names_is_known_by_name_and_lock() {
    let bare = Scope { known: Vec::new(), ..scope() };
    let found = verdict_in(&bare, vec![guard()]);
    assert_eq!(found, Whose::Ours { evidence: vec![Evidence::Lock], role: Role::Guard });
    let mut impostor = guard();
    impostor.marker = Some(Marker::new(key(), RUN));
    let found = verdict_in(&bare, vec![impostor]);
    assert_eq!(found, member(&[Evidence::Rlimit, Evidence::Lock]));
    let mut nobody = guard();
    nobody.locks.clear();
    assert_eq!(verdict_in(&bare, vec![nobody]), Whose::Nobodys);
}

#[test]
fn a_session_counts_while_a_member_is_ours_by_other_evidence() {
    let mut marked = process(200, 1);
    marked.stat.session = 101;
    marked.marker = Some(Marker::new(key(), RUN));
    let mut silent = process(201, 1);
    silent.stat.session = 101;
    let seen = verdict(vec![marked, silent.clone()]);
    assert_eq!(seen, member(&[Evidence::Session]));
    assert_eq!(verdict(vec![silent.clone()]), Whose::Nobodys, "nobody vouches for the number");
    let mut pinned = process(101, 100);
    pinned.alive = false;
    pinned.stat.state = 'Z';
    assert_eq!(verdict(vec![pinned.clone(), silent.clone()]), member(&[Evidence::Session]));
    silent.identity.start = 5;
    assert_eq!(verdict(vec![pinned, silent]), Whose::Nobodys, "older than the run");
}

#[test]
fn neither_we_nor_what_is_above_us_is_ever_hit() {
    for pid in [80, US] {
        let mut marked = process(pid, if pid == US { 80 } else { 1 });
        marked.marker = Some(Marker::new(key(), RUN));
        let spared = Whose::Spared { evidence: vec![Evidence::Rlimit], mercy: Mercy::AboveUs };
        assert_eq!(verdict(vec![marked]), spared, "{pid}");
    }
}

#[test]
fn our_own_guard_finishes_with_everything_beside_us() {
    let shell = process(80, 100);
    let beside = process(300, 80);
    for subject in [shell.clone(), beside, guard()] {
        let Whose::Spared { mercy, .. } = verdict(vec![guard(), shell.clone(), subject]) else {
            panic!("hit below our own guard");
        };
        assert_eq!(mercy, Mercy::HandedOver);
    }
    let elsewhere = Known {
        instance: instance("api"),
        guard: identity(400, 1000),
        leader: identity(401, 1000),
    };
    let mut scope = scope();
    scope.known.push(elsewhere);
    let other = vec![guard(), shell, process(400, 1), process(402, 400)];
    assert_eq!(verdict_in(&scope, other), member(&[Evidence::Guard]));
}

#[test]
fn whose_instance_it_is_comes_from_the_best_witness() {
    let scope = scope();
    let mut held = process(200, 1);
    held.locks = vec![0];
    held.instance = Some("liar".to_owned());
    let mut said = process(201, 1);
    said.instance = Some("api.2".to_owned());
    let mut rude = process(202, 1);
    rude.instance = Some("\x1b[2J".to_owned());
    let facts = [held, said, rude];
    let company = Company::of(&Table::of(facts.clone()), &scope, US);
    let named = facts.each_ref().map(|facts| instance_of(facts, &company, &scope));
    assert_eq!(named, [Some("web".to_owned()), Some("api.2".to_owned()), None]);
}
