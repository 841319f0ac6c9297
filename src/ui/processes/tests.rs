use super::*;
use crate::model::{Activity, Pid};
use std::path::PathBuf;

const LOOK: Look = Look { colour: false, unicode: true };

fn one(pid: i32, depth: usize, kind: Kind) -> Process {
    let name = (kind == Kind::Service).then(|| "web".to_owned());
    Process {
        pid: Pid::new(pid).expect("a pid"),
        parent: 1,
        start: 1,
        started_at: None,
        depth,
        name: "node".to_owned(),
        command: format!("node {pid}"),
        cwd: None,
        state: Activity::Sleeping,
        cpu: 1.25,
        cpu_tree: 0.0,
        memory: 12_345_678,
        memory_tree: 12_345_678,
        threads: 1,
        ports: vec![80, 443],
        kind,
        leader: false,
        service: name.clone(),
        instance: name,
        job: None,
        tags: Vec::new(),
        project: None,
        run: None,
        evidence: Vec::new(),
        reason: None,
    }
}

fn all() -> Processes {
    let service = |pid, depth| one(pid, depth, Kind::Service);
    let processes = vec![
        service(10, 0),
        service(11, 1),
        service(12, 2),
        service(13, 1),
        one(20, 0, Kind::Stray),
    ];
    Processes {
        version: 1,
        project: "shop".to_owned(),
        root: PathBuf::from("/shop"),
        run: None,
        took_ms: 1,
        totals: crate::model::tree::totals(&processes),
        processes,
    }
}

#[test]
fn a_tree_is_drawn() {
    insta::assert_snapshot!(tree(&all(), Some(100), LOOK), @r"
    WHOSE  PID  CPU   MEMORY  WITH BELOW  PORTS   AGE  COMMAND
    web    10   1.2%  12 MB               80,443       node 10
    web    11   1.2%  12 MB               80,443       ├─ node 11
    web    12   1.2%  12 MB               80,443       │ └─ node 12
    web    13   1.2%  12 MB               80,443       └─ node 13
    stray  20   1.2%  12 MB               80,443       node 20
    5 processes, 6.2%, 62 MB
    ");
}

#[test]
fn a_command_is_cut_to_the_width_of_the_terminal() {
    let mut all = all();
    all.processes[0].command = "x".repeat(300);
    for columns in [100, 80, 60, 40] {
        let lines = tree(&all, Some(columns), LOOK);
        let fits = |line: &str| line.chars().count() <= usize::from(columns);
        assert!(lines.lines().all(fits), "{columns}:\n{lines}");
    }
    assert!(tree(&all, Some(100), LOOK).contains("WITH BELOW"));
    assert!(tree(&all, Some(40), LOOK).contains("MEMORY  COMMAND"));
    assert!(tree(&all, None, LOOK).contains(&"x".repeat(300)));
}
