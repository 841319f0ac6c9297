use super::*;
use crate::model::{Fate, Freed, Pid, Signal};

const PLAIN: Look = Look { colour: false, unicode: true };

fn named(service: &str, pid: i32) -> Named {
    Named { service: service.to_owned(), pid: Pid::new(pid).unwrap() }
}

fn hit(pid: i32, command: &str) -> Hit {
    Hit {
        pid: Pid::new(pid).unwrap(),
        name: "sleep".to_owned(),
        command: command.to_owned(),
        service: None,
        evidence: vec![Evidence::Rlimit],
        phase: 3,
        fate: Fate::Killed,
        reason: String::new(),
    }
}

fn report(verdict: Verdict) -> Report {
    Report {
        version: 1,
        project: "shop".to_owned(),
        run: None,
        dry_run: false,
        verdict,
        hits: Vec::new(),
        spared: Vec::new(),
        survivors: Vec::new(),
        freed: Freed { processes: 12, memory: 340_000_000, ports: vec![5000, 5100] },
        containers: Teardown::default(),
        strays: Vec::new(),
        notes: Vec::new(),
        took_ms: 240,
    }
}

fn shown(progress: &Progress) -> String {
    line(progress, PLAIN).unwrap_or_default()
}

#[test]
fn each_phase_has_its_line() {
    let asked = Progress::Asked { who: named("api", 123), signal: Signal::Term };
    let killed = vec![named("api", 123), named("db", 124)];
    let found = vec![hit(77, "sleep 1000")];
    let lines = [
        shown(&asked),
        shown(&Progress::Forced { killed }),
        shown(&Progress::Orphans { found }),
        shown(&Progress::Containers { words: "none".to_owned() }),
        shown(&Progress::Verified { processes: 0, ports: 1, containers: 0 }),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    [1/5] graceful    api (pid 123) SIGTERM
    [2/5] force       2 killed: api (pid 123), db (pid 124)
    [3/5] orphans     1 found: `sleep 1000` (pid 77, limit marker)
    [4/5] containers  none
    [5/5] verify      0 processes, 1 port left
    ");
}

#[test]
fn the_verdict_says_what_was_freed() {
    insta::assert_snapshot!(
        verdict(&report(Verdict::Clean), PLAIN),
        @"✓ 0 processes, 0 ports, 0 containers left (freed 12 processes, 340 MB, ports 5000 and 5100, in 0.2 s)"
    );
    let ascii = Look::default();
    assert!(verdict(&report(Verdict::Clean), ascii).is_ascii());
    assert_eq!(verdict(&report(Verdict::Nothing), ascii), "ok nothing to do");
}

#[test]
fn whatever_is_left_is_named_with_a_reason() {
    let process = Survivor::Process {
        pid: Pid::new(9).unwrap(),
        name: "dd".to_owned(),
        command: "dd if=/dev/zero".to_owned(),
        evidence: vec![Evidence::Rlimit, Evidence::Lock],
        reason: "it runs as user id 0; end it as that user".to_owned(),
    };
    let port = Survivor::Port {
        port: 5000,
        service: "web".to_owned(),
        holder: Some("`nginx` (pid 8)".to_owned()),
    };
    let unseen = Survivor::Unseen { what: "3 processes".to_owned() };
    let report = Report {
        survivors: vec![process, port, unseen],
        freed: Freed::default(),
        ..report(Verdict::Left)
    };
    insta::assert_snapshot!(verdict(&report, PLAIN), @r"
    ✗ 1 process, 1 port, 0 containers, 1 doubt left (in 0.2 s)
      `dd if=/dev/zero` (pid 9, limit marker + lock file): it runs as user id 0; end it as that user
      port 5000 of web: held by `nginx` (pid 8)
      not proven, since it could not be read: 3 processes
    ");
}

#[test]
fn a_wait_is_live_on_a_terminal_and_sparse_elsewhere() {
    let waiting = |waited_ms| Progress::Waiting {
        waited_ms,
        left_ms: 2000,
        on: vec![
            Waited { who: named("api", 123), ignores: Some(Signal::Term) },
            Waited { who: named("db", 124), ignores: None },
        ],
    };
    insta::assert_snapshot!(
        shown(&waiting(1000)),
        @"[1/5] graceful    2.0 s left for api (pid 123), which ignores SIGTERM, db (pid 124)"
    );
    assert_eq!(shown(&waiting(2000)), "", "not worth a line that stays");
    let live = live_line(&waiting(2000), PLAIN).unwrap();
    assert!(live.chars().count() <= LIVE_WIDTH, "{live}");
}

#[test]
fn a_rehearsal_says_who_and_why() {
    let bystander = Spared {
        pid: Pid::new(80).unwrap(),
        name: "vim".to_owned(),
        command: "vim api.py".to_owned(),
        evidence: vec![Evidence::Directory],
        fate: Fate::Suspect,
        reason: "it is no proof".to_owned(),
    };
    let rehearsed = Report {
        dry_run: true,
        hits: vec![hit(77, "sleep 1000")],
        spared: vec![bystander],
        ..report(Verdict::Clean)
    };
    insta::assert_snapshot!(verdict(&rehearsed, PLAIN), @r"
    would stop       77  -           `sleep 1000` (limit marker)
    would spare      80  -           `vim api.py` (it is no proof)
    1 process, 1 spared
    ");
}

#[test]
fn long_lists_are_cut() {
    let killed = (2..12).map(|pid| named("s", pid)).collect();
    assert!(shown(&Progress::Forced { killed }).ends_with("s (pid 6) and 5 more"));
    let found = vec![hit(77, &"x".repeat(200))];
    let line = shown(&Progress::Orphans { found });
    assert!(line.chars().count() < 120 && line.contains("x...` (pid 77"), "{line}");
}
