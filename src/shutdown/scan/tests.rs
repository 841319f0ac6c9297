use super::*;
use crate::model::{InstanceName, ServiceName};
use crate::os::process::own_pid;

fn pids(from: i32, to: i32, highest: i32) -> Vec<i32> {
    born_between(from, to, highest).map(Pid::raw).collect()
}

#[test]
fn the_chase_follows_the_last_pid_over_the_wrap() {
    assert_eq!(pids(10, 13, 100), [11, 12, 13]);
    assert_eq!(pids(98, 3, 100), [99, 100, 2, 3]);
    assert_eq!(pids(7, 7, 100), [0; 0]);
}

#[test]
fn a_chain_of_runs_is_read_outermost_first() {
    let (outer, inner) = (RunId::from_bits(1), RunId::from_bits(2));
    assert_eq!(parse_chain(&format!("{outer}/{inner}")), [outer, inner]);
    assert_eq!(parse_chain(""), []);
    assert_eq!(parse_chain(&format!("nonsense/{inner}")), [inner]);
}

#[test]
fn a_link_says_whose_lock_it_is_removed_or_not() {
    for (link, name) in [
        ("/shop/.pids/web.lock", Some("web")),
        ("/shop/.pids/web.lock (deleted)", Some("web")),
        ("/shop/.pids/web.2.lock", Some("web.2")),
        ("/shop/web.log", None),
        ("socket:[1]", None),
    ] {
        assert_eq!(instance_of_lock(OsStr::new(link)), name, "{link}");
    }
}

#[test]
fn a_lock_is_known_by_its_name_and_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.lock");
    let other = dir.path().join(".run.lock");
    let (_open, _other) =
        (std::fs::File::create(&path).unwrap(), std::fs::File::create(&other).unwrap());
    let service = ServiceName::new("web").unwrap();
    let lock =
        |id| LockFile { instance: InstanceName::new(&service, 1, 1), path: path.clone(), id };
    let us = own_pid().unwrap();
    let held = |id| {
        let scope = Scope::of_project(dir.path(), None, vec![lock(id)]).unwrap();
        held_locks(us, &scope)
    };
    assert_eq!(held(LockId::of(&path).unwrap()), [0]);
    // The number of a removed lock file, given to another file since.
    assert_eq!(held(LockId::of(&other).unwrap()), [0; 0]);
}

#[test]
fn depth_counts_the_living_chain_and_survives_a_circle() {
    let facts = |pid: i32, parent: i32| {
        let stat = Stat {
            name: String::new(),
            state: 'S',
            parent,
            group: pid,
            session: pid,
            terminal: 0,
            kernel: false,
            start: 1,
            memory: 4096,
            ticks: 0,
            threads: 1,
            owner: 0,
        };
        Facts {
            identity: Identity { pid: Pid::new(pid).unwrap(), start: 1, inode: None },
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
    };
    let table =
        Table::of([facts(10, 1), facts(11, 10), facts(12, 11), facts(20, 21), facts(21, 20)]);
    assert!(table.depth(12) > table.depth(11) && table.depth(11) > table.depth(10));
    assert!(table.depth(20) < 100);
    assert!(table.has_living_child(10) && !table.has_living_child(12));
}
