use super::*;
use crate::ledger::LockFile;
use crate::model::{Pid, RunId};
use crate::os::marker::{Marker, ProjectKey, dress};
use crate::os::table;
use crate::shutdown::scope::Runs;
use std::process::{Child, Command};

const RUN: RunId = RunId::from_bits(0x5EE9);

/// A project directory with processes of its own, which are ended with it.
struct Project {
    dir: tempfile::TempDir,
    children: Vec<Child>,
}

impl Project {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), children: Vec::new() }
    }

    fn scope(&self) -> Scope {
        let root = self.dir.path().to_owned();
        Scope {
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
        }
    }

    fn marker(&self) -> Marker {
        Marker::new(ProjectKey::of(self.dir.path()).unwrap(), RUN)
    }

    fn start(&mut self, command: &mut Command) -> Pid {
        let child = command.current_dir(self.dir.path()).spawn().unwrap();
        let pid = Pid::new(child.id().cast_signed()).unwrap();
        self.children.push(child);
        pid
    }

    fn start_marked(&mut self, command: &mut Command) -> Pid {
        let marker = self.marker();
        dress(command, marker);
        self.start(command)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}

fn sweep_all(scope: &Scope) -> Vec<crate::model::Hit> {
    let mut found = Vec::new();
    let tally = Tally::new(scope, Instant::now());
    let _swept = sweep(tally, scope, &mut |step| {
        if let Progress::Orphans { found: hits } = step {
            found = hits;
        }
    });
    found
}

fn runs(pid: Pid) -> bool {
    table::stat(pid).unwrap().is_some_and(|stat| table::can_run(pid, &stat))
}

#[test]
fn a_stray_is_killed_and_its_neighbour_in_the_project_is_not() {
    let mut project = Project::new();
    let neighbour = project.start(Command::new("sleep").arg("1000"));
    let mut daemon = Command::new("setsid");
    let stray = project.start_marked(daemon.args(["env", "-i", "/bin/sleep", "1001"]));
    let hits = sweep_all(&project.scope());
    let pids: Vec<Pid> = hits.iter().map(|hit| hit.pid).collect();
    assert_eq!(pids, [stray]);
    assert_eq!(hits[0].evidence, [Evidence::Rlimit]);
    assert!(!runs(stray) && runs(neighbour));
}

#[test]
fn a_stray_that_is_stopped_or_ignores_everything_is_killed() {
    let mut project = Project::new();
    let mut deaf = Command::new("sh");
    deaf.args(["-c", "trap '' TERM INT HUP; sleep 1000; sleep 1000"]);
    let deaf = project.start_marked(&mut deaf);
    let asleep = project.start_marked(Command::new("sleep").arg("1000"));
    Handle::of_pid(asleep).unwrap().unwrap().signal(Signal::Stop).unwrap();
    sweep_all(&project.scope());
    assert!(!runs(deaf) && !runs(asleep));
    assert!(sweep_all(&project.scope()).is_empty(), "a second sweep finds nothing");
}

#[test]
fn one_that_is_never_the_same_process_twice_is_caught() {
    const MOST: usize = 3000;
    let mut project = Project::new();
    let script = project.dir.path().join("hop");
    // Each one starts the next and is gone; bounded, should we never catch it.
    let text = format!("n=$(($1 + 1)); echo $n >> count; [ $n -ge {MOST} ] || sh ./hop $n &");
    std::fs::write(&script, text).unwrap();
    project.start_marked(Command::new("sh").args(["./hop", "0"]));
    while !project.dir.path().join("count").exists() {
        std::thread::yield_now();
    }
    let hits = sweep_all(&project.scope());
    assert!(!hits.is_empty());
    let mut left = Vec::new();
    let scope = project.scope();
    let deadline = Instant::now() + SWEEP_TIME;
    scan::pass(&scope, deadline, &mut |facts| {
        left.extend(facts.marker.filter(|_| facts.alive));
    })
    .unwrap();
    let marker = project.marker();
    assert!(!left.contains(&marker));
    let count = std::fs::read_to_string(project.dir.path().join("count")).unwrap();
    assert!(count.lines().count() < MOST, "it ended by itself");
}

#[test]
fn what_was_frozen_and_not_killed_goes_on() {
    let mut project = Project::new();
    let stray = project.start_marked(Command::new("sleep").arg("1000"));
    let scope = project.scope();
    let mut sweep = Sweep::new(&scope);
    sweep.look().unwrap();
    let state = |pid| table::stat(pid).unwrap().unwrap().state;
    // The signal is sent; the kernel stops it in its own time.
    while state(stray) != 'T' {
        std::thread::yield_now();
    }
    drop(sweep);
    while state(stray) == 'T' {
        std::thread::yield_now();
    }
    assert!(runs(stray));
}

#[test]
fn a_marker_of_another_checkout_is_left_alone() {
    let (project, mut other) = (Project::new(), Project::new());
    let theirs = other.start_marked(Command::new("sleep").arg("1000"));
    assert!(sweep_all(&project.scope()).is_empty());
    assert!(runs(theirs));
}

#[test]
fn who_is_born_while_we_look_is_seen_in_the_same_pass() {
    let mut project = Project::new();
    let scope = project.scope();
    let mut born = None;
    let table = scan::pass(&scope, Instant::now() + SWEEP_TIME, &mut |_| {
        // The list of pids was read before the first process is shown.
        born.get_or_insert_with(|| project.start_marked(Command::new("sleep").arg("1000")));
    });
    let born = born.unwrap();
    assert!(table.unwrap().get(born.raw()).is_some_and(|facts| facts.marker.is_some()));
}
