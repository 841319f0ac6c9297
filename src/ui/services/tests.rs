use super::*;
use crate::api::{Exit, VERSION};
use crate::model::{Pid, RunId};

const LOOK: Look = Look { colour: false, unicode: false };

fn service(name: &str, state: Phase) -> Service {
    Service {
        service: name.to_owned(),
        instance: name.to_owned(),
        state,
        health: Health::None,
        ready: state == Phase::Running,
        pid: None,
        port: None,
        url: None,
        started_at: None,
        ended_at: None,
        starts: 1,
        restarts: 0,
        exit: None,
        error: None,
        waits_for: Vec::new(),
        tags: Vec::new(),
        log: "/shop/.pids/logs/web.log".into(),
    }
}

fn shop(services: Vec<Service>) -> Services {
    let (root, run) = ("/shop".into(), RunId::from_bits(1));
    Services { version: VERSION, project: "shop".into(), root, run, stopping: false, services }
}

#[test]
fn a_table_says_what_runs_and_why_the_rest_does_not() {
    let pid = Pid::new(77);
    let up =
        Service { health: Health::Healthy, pid, port: Some(80), ..service("db", Phase::Running) };
    let exit = Some(Exit { code: Some(3), signal: None });
    let failed = Service { exit, error: Some("exit 3".into()), ..service("api", Phase::Failed) };
    let waits = Service { waits_for: vec!["api".into()], ..service("web", Phase::Pending) };
    let wanted = Table { columns: None, look: LOOK, projects: false };
    let text = table(&[shop(vec![up, failed, waits])], &wanted);
    let expected = "\
NAME  STATE              PID  PORT  UPTIME  NOTE
db    running (healthy)  77   80
api   failed (exit 3)
web   pending                               waits for api
";
    assert_eq!(text, expected);
}

#[test]
fn any_width_is_enough() {
    let wanted = Table { columns: Some(12), look: LOOK, projects: true };
    let text = table(&[shop(vec![service("web", Phase::Running)])], &wanted);
    assert_eq!(text, "shop\n  directory: /shop\n  name: web\n  state: running\n");
}

#[test]
fn times_are_said_in_two_units() {
    let start = Timestamp::UNIX_EPOCH;
    let after = |seconds: i64| span(start, Timestamp::from_second(seconds).expect("a time"));
    assert_eq!(
        [after(5), after(65), after(3700), after(90_000)],
        ["5s", "1m05s", "1h01m", "1d01h"]
    );
}
