use super::super::{Activity, Kind, Pid, Reach};
use super::*;

fn one(pid: i32, parent: i32, kind: Kind, instance: Option<&str>) -> Process {
    Process {
        pid: Pid::new(pid).expect("a pid"),
        parent,
        start: pid.unsigned_abs().into(),
        started_at: None,
        depth: 0,
        name: format!("p{pid}"),
        command: format!("p{pid}"),
        cwd: Some("/shop".into()),
        state: Activity::Sleeping,
        cpu: 1.0,
        cpu_tree: 0.0,
        memory: 10,
        memory_tree: 0,
        threads: 1,
        ports: Vec::new(),
        kind,
        leader: instance.is_some() && parent == 100,
        service: instance.map(str::to_owned),
        instance: instance.map(str::to_owned),
        job: None,
        tags: instance.map(|name| format!("{name}-tag")).into_iter().collect(),
        project: Some("shop".to_owned()),
        run: None,
        evidence: Vec::new(),
        reason: None,
    }
}

/// `web` with two children, one of which has one; `db`; a daemon of `web` that
/// its guard (100) took over; a stray; somebody's editor below `web`.
fn sample() -> Vec<Process> {
    vec![
        one(90, 1, Kind::Stray, None),
        one(10, 100, Kind::Service, Some("web")),
        one(12, 10, Kind::Service, Some("web")),
        one(11, 10, Kind::Service, Some("web")),
        one(13, 11, Kind::Service, Some("web")),
        one(14, 100, Kind::Service, Some("web")),
        one(20, 100, Kind::Service, Some("db")),
        one(15, 12, Kind::Other, None),
    ]
}

fn shape(processes: &[Process]) -> Vec<(i32, usize)> {
    processes.iter().map(|one| (one.pid.raw(), one.depth)).collect()
}

#[test]
fn each_stands_behind_its_parent_and_strays_apart() {
    let order = ["web".to_owned(), "db".to_owned()];
    let tree = grow(sample(), &Filter::default(), &order);
    let expected = [(10, 0), (11, 1), (13, 2), (12, 1), (14, 0), (20, 0), (90, 0), (15, 0)];
    assert_eq!(shape(&tree), expected);
}

#[test]
fn sums_are_of_all_below_even_where_they_are_not_shown() {
    let filter = Filter { leaders_only: true, service: Some("web".into()), ..Filter::default() };
    let tree = grow(sample(), &filter, &["web".to_owned()]);
    let web = &tree[0];
    assert_eq!((web.pid.raw(), web.memory, web.memory_tree), (10, 10, 40));
    assert!((web.cpu_tree - 4.0).abs() < f32::EPSILON);
    assert_eq!(totals(&tree).processes, tree.len());
}

#[test]
fn each_filter_leaves_its_own() {
    let by = |filter: Filter| {
        grow(sample(), &filter, &[]).iter().map(|one| one.pid.raw()).collect::<Vec<_>>()
    };
    assert_eq!(by(Filter { pid: Pid::new(11), ..Filter::default() }), [11, 13]);
    assert_eq!(by(Filter { tag: Some("db-tag".into()), ..Filter::default() }), [20]);
    assert_eq!(by(Filter { cwd: Some("/elsewhere".into()), ..Filter::default() }), [0; 0]);
    assert_eq!(by(Filter { cwd: Some("/".into()), ..Filter::default() }).len(), 8);
    assert_eq!(by(Filter { project: Some("other".into()), ..Filter::default() }), [0; 0]);
    assert_eq!(by(Filter { job: Some("j".into()), ..Filter::default() }), [0; 0]);
}

#[test]
fn nobody_is_lost_in_a_circle_of_others() {
    let mut two = vec![one(10, 11, Kind::Stray, None), one(11, 10, Kind::Stray, None)];
    two.push(one(12, 1, Kind::Stray, None));
    assert!(shape(&grow(two, &Filter::default(), &[])).contains(&(12, 0)));
}

#[test]
fn a_kill_reaches_what_it_names_and_never_a_stranger() {
    let hit = |reach: &Reach| {
        let all = sample().into_iter().filter(|one| reach.wants(one));
        all.map(|one| one.pid.raw()).collect::<Vec<_>>()
    };
    assert_eq!(hit(&Reach::Project), [90, 10, 12, 11, 13, 14, 20]);
    assert_eq!(hit(&Reach::AllExceptServices), [90]);
    assert_eq!(hit(&Reach::Service { name: "db".into() }), [20]);
    assert_eq!(hit(&Reach::Tag { tag: "db-tag".into() }), [20]);
    let pid = Pid::new(15).expect("a pid");
    assert_eq!(hit(&Reach::Single { pid, start: None }), [0; 0]);
    let pid = Pid::new(20).expect("a pid");
    assert_eq!(hit(&Reach::Single { pid, start: Some(20) }), [20]);
    assert_eq!(hit(&Reach::Single { pid, start: Some(21) }), [0; 0]);
}
