use super::*;
use crate::model::{Pid, RunId, ShutdownRules};
use crate::os::marker::{Marker, ProjectKey};
use crate::os::process::Identity;
use crate::os::table::Stat;
use crate::shutdown::{Rules, Runs};
use std::path::PathBuf;

/// We are process 90, below a shell, 80.
const US: i32 = 90;

fn process(pid: i32, parent: i32, name: &str) -> Facts {
    let stat = Stat {
        name: name.to_owned(),
        state: 'S',
        parent,
        group: pid,
        session: pid,
        terminal: 0,
        kernel: false,
        start: 5,
        memory: 4096,
        ticks: 0,
        threads: 1,
        owner: 0,
    };
    Facts {
        identity: Identity { pid: Pid::new(pid).unwrap(), start: 5, inode: None },
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

/// `npm test`, started last week in the project and left behind.
fn orphan() -> Facts {
    let weak = Weak {
        pattern: Some("npm test".to_owned()),
        command: true,
        place: Place::Inside,
        foreign: None,
        protector: None,
        unit: false,
    };
    Facts { weak: Some(weak), ..process(200, 1, "node") }
}

fn weak(change: impl Fn(&mut Weak)) -> Facts {
    let mut facts = orphan();
    facts.weak.iter_mut().for_each(change);
    facts
}

fn scope() -> Scope {
    Scope {
        project: "shop".to_owned(),
        root: PathBuf::from("/shop"),
        key: ProjectKey::of(std::path::Path::new("/")).unwrap(),
        run: None,
        runs: Runs::Every,
        known: Vec::new(),
        forker: None,
        cgroup: None,
        locks: Vec::new(),
        ports: Vec::new(),
        staying: Vec::new(),
        rules: Rules::new(&ShutdownRules::default()),
        since: None,
    }
}

fn verdict_in(scope: &Scope, subject: &Facts, others: Vec<Facts>) -> Whose {
    let around = [process(80, 1, "bash"), process(US, 80, "devsup")];
    let table = Table::of(others.into_iter().chain(around).chain([subject.clone()]));
    super::super::judge(subject, &Company::of(&table, scope, US), scope)
}

fn verdict(subject: &Facts, others: Vec<Facts>) -> Whose {
    verdict_in(&scope(), subject, others)
}

fn is_ours(whose: &Whose) -> bool {
    *whose == Whose::Ours { evidence: vec![Evidence::Pattern], role: Role::Member }
}

fn doubt(whose: Whose) -> Option<Doubt> {
    match whose {
        Whose::Suspect { doubt, .. } => Some(doubt),
        _ => None,
    }
}

#[test]
fn an_orphan_of_the_project_is_ours_below_init_or_a_manager_of_sessions() {
    assert!(is_ours(&verdict(&orphan(), Vec::new())));
    let mut below = orphan();
    below.stat.parent = 50;
    assert!(is_ours(&verdict(&below, vec![process(50, 1, "systemd")])));
}

#[test]
fn each_thing_that_is_missing_spares_it() {
    let marked = |facts: Facts| Facts {
        marker: Some(Marker::new(
            ProjectKey::of(std::path::Path::new("/proc")).unwrap(),
            RunId::from_bits(3),
        )),
        ..facts
    };
    let named = |facts: Facts| Facts { chain: vec![RunId::from_bits(3)], ..facts };
    let mut attached = orphan();
    attached.stat.terminal = 34816;
    let checkout = PathBuf::from("/shop/trees/one");
    let cases = [
        (weak(|weak| weak.place = Place::Outside), Doubt::Outside),
        (
            weak(|weak| weak.place = Place::Checkout("/shop/trees/one".into())),
            Doubt::Checkout(checkout),
        ),
        (weak(|weak| weak.foreign = Some(7)), Doubt::Foreign(7)),
        (weak(|weak| weak.protector = Some("vim".into())), Doubt::Protected("vim".into())),
        (weak(|weak| weak.command = false), Doubt::Text),
        (weak(|weak| weak.unit = true), Doubt::Unit),
        (marked(orphan()), Doubt::OtherRun),
        (named(orphan()), Doubt::OtherRun),
        (attached, Doubt::Terminal),
    ];
    for (facts, expected) in cases {
        assert_eq!(doubt(verdict(&facts, Vec::new())), Some(expected));
    }
    let innocent = Facts { weak: None, ..orphan() };
    assert_eq!(verdict(&innocent, Vec::new()), Whose::Nobodys);
}

#[test]
fn whoever_looks_after_it_spares_it() {
    let below = |parent: i32| {
        let mut facts = orphan();
        facts.stat.parent = parent;
        facts
    };
    let shell = vec![process(50, 1, "bash")];
    let expected = Doubt::Below("bash".to_owned(), 50);
    assert_eq!(doubt(verdict(&below(50), shell)), Some(expected));
    assert_eq!(doubt(verdict(&below(0), Vec::new())), Some(Doubt::Entered));
    assert_eq!(doubt(verdict(&below(77), Vec::new())), Some(Doubt::Entered));
    let manager = vec![process(51, 50, "systemd"), process(50, 1, "bash")];
    let expected = Doubt::Below("bash".to_owned(), 50);
    assert_eq!(doubt(verdict(&below(51), manager)), Some(expected));
}

/// One that has the session of a parent which is gone was adopted: then the
/// adopter is no reason, but whoever stands above it is.
#[test]
fn an_adopted_one_is_an_orphan_unless_the_adopter_has_somebody_above() {
    let adopted = || {
        let mut facts = orphan();
        (facts.stat.parent, facts.stat.session, facts.stat.group) = (50, 40, 40);
        facts
    };
    assert!(is_ours(&verdict(&adopted(), vec![process(50, 1, "reaper")])));
    let chain = vec![process(50, 49, "reaper"), process(49, 1, "bash")];
    assert_eq!(doubt(verdict(&adopted(), chain)), Some(Doubt::Below("bash".to_owned(), 49)));
}

#[test]
fn what_is_above_us_is_never_hit() {
    let mut above = orphan();
    above.identity.pid = Pid::new(79).unwrap();
    let mut shell = process(80, 79, "bash");
    shell.stat.session = 80;
    let table = Table::of([above.clone(), shell, process(US, 80, "devsup")]);
    let whose = super::super::judge(&above, &Company::of(&table, &scope(), US), &scope());
    assert_eq!(doubt(whose), Some(Doubt::AboveUs));
}

#[test]
fn asked_for_by_name_the_attached_go_too_and_the_rest_stays() {
    let mut scope = scope();
    scope.rules = scope.rules.with_attached(true);
    let mut attached = orphan();
    (attached.stat.terminal, attached.stat.parent) = (34816, 80);
    assert!(is_ours(&verdict_in(&scope, &attached, Vec::new())));
    let editor = weak(|weak| weak.protector = Some("vim".into()));
    assert_eq!(
        doubt(verdict_in(&scope, &editor, Vec::new())),
        Some(Doubt::Protected("vim".into()))
    );
}

/// `npm test` forks a shell that forks a server: one job, had Ctrl-C come.
#[test]
fn its_job_goes_with_it_and_what_left_the_job_does_not() {
    let member = |pid: i32, parent: i32, group: i32| {
        let quiet = weak(|weak| weak.pattern = None).weak;
        let mut facts = Facts { weak: quiet, ..process(pid, parent, "sh") };
        (facts.stat.group, facts.stat.session) = (group, group);
        facts
    };
    let server = member(202, 201, 200);
    assert!(is_ours(&verdict(&server, vec![orphan(), member(201, 200, 200)])));
    let browser = member(203, 200, 203);
    assert_eq!(verdict(&browser, vec![orphan()]), Whose::Nobodys);
    let spared = weak(|weak| weak.protector = Some("code".into()));
    assert_eq!(verdict(&member(201, 200, 200), vec![spared]), Whose::Nobodys);
}

#[test]
fn without_the_others_nothing_is_hit_by_a_pattern() {
    let table = Table::of([orphan()]);
    let scope = scope();
    let alone = Company::of(&table, &scope, US).without_relations();
    assert_eq!(doubt(super::super::judge(&orphan(), &alone, &scope)), Some(Doubt::Entered));
}
