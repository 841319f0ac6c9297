//! Real listeners and real processes; the clock is paused where only the
//! schedule is looked at.

use super::super::Ended;
use super::*;
use crate::model::{Healthcheck, Outcome, Probe};
use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use tokio::sync::mpsc;

const LONG: Duration = Duration::from_secs(30);

fn declared(probe: Probe) -> Healthcheck {
    Healthcheck {
        probe,
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(5),
        retries: 3,
        start_period: Duration::ZERO,
        start_interval: Duration::from_millis(250),
    }
}

fn check(probe: Probe, change: impl FnOnce(&mut Healthcheck)) -> Rc<Check> {
    let mut declared = declared(probe);
    change(&mut declared);
    let ready = Check::new(&declared, LONG);
    Rc::new(ready.expect("a good check"))
}

/// Asked as often as can be.
fn unix(path: &Path, startup_timeout: Duration) -> Rc<Check> {
    let mut declared = declared(Probe::Unix(path.to_owned()));
    declared.interval = Duration::ZERO;
    declared.start_interval = Duration::ZERO;
    let ready = Check::new(&declared, startup_timeout);
    Rc::new(ready.expect("a good check"))
}

fn shell(line: &str, change: impl FnOnce(&mut Healthcheck)) -> Rc<Check> {
    check(Probe::Test(Command::Shell(line.to_owned())), change)
}

/// A process of the runner.
#[derive(Debug, PartialEq, Eq)]
enum Process {
    Started,
    Exited,
    Killed,
}

/// Runs orders as real processes, and tells what becomes of them. Stands for
/// the supervisor, which would start a guard.
fn runner() -> (impl Fn(Order), mpsc::UnboundedReceiver<Process>) {
    let (processes, seen) = mpsc::unbounded_channel();
    let run = move |order: Order| {
        let Command::Shell(line) = &order.command else {
            panic!("only shell lines here");
        };
        let mut child = std::process::Command::new("/bin/sh")
            .args(["-c", line])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let _ = processes.send(Process::Started);
        let processes = processes.clone();
        tokio::task::spawn_local(async move {
            let Order { given_up, ended, .. } = order;
            let output = child.stdout.take().expect("piped");
            let said = tokio::task::spawn_blocking(move || {
                BufReader::new(output).lines().map_while(Result::ok).last()
            });
            let said = tokio::select! {
                said = said => said.expect("read"),
                _ = given_up => None,
            };
            // Killed by its handle; one that has ended is not hit.
            let status = match said {
                Some(_) => child.wait(),
                None => child.kill().and_then(|()| child.wait()),
            };
            let (process, outcome) = match status.expect("waited").code() {
                Some(code) => (Process::Exited, Outcome::Exited(code)),
                None => (Process::Killed, Outcome::Signaled(9)),
            };
            let _ = processes.send(process);
            let outcome = Ok(outcome);
            let _ = ended.send(Ended { outcome, said });
        });
    };
    (run, seen)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands for one that takes it")]
fn nobody(order: Order) {
    panic!("nothing is run here: {order:?}");
}

/// A watch under way: what it tells, and the handle that ends it.
struct Course {
    told: mpsc::UnboundedReceiver<Told>,
    task: tokio::task::JoinHandle<()>,
}

impl Course {
    fn of(watch: Watch, order: impl Fn(Order) + 'static) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let task = tokio::task::spawn_local(watch.run(order, move |told| {
            let _ = tell.send(told);
        }));
        Self { told, task }
    }

    async fn next(&mut self) -> Told {
        self.told.recv().await.expect("it goes on")
    }

    async fn next_change(&mut self) -> Told {
        loop {
            let told = self.next().await;
            if told.changed {
                return told;
            }
        }
    }

    async fn end(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn local(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

fn socket() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("s");
    (dir, path)
}

#[tokio::test]
async fn health_follows_the_listener() {
    local(async {
        let (_dir, path) = socket();
        let mut course = Course::of(Watch::new(unix(&path, LONG)).0, nobody);
        let first = course.next().await;
        assert_eq!(first.answer, Answer::bad("no such file or directory"));
        assert_eq!((first.health, first.event()), (Health::Starting, None));

        let listener = UnixListener::bind(&path).expect("bound");
        let healthy = course.next_change().await;
        assert_eq!(healthy.event(), Some(Event::Healthy));
        assert_eq!(course.next().await.event(), None, "that is no news");

        drop(listener);
        let unhealthy = course.next_change().await;
        assert_eq!(unhealthy.failed_in_a_row, 3);
        let why = "connection refused".to_owned();
        let ran = unhealthy.healthy_for;
        assert_eq!(unhealthy.event(), Some(Event::Unhealthy { why, ran }));
        assert_ne!(ran, Duration::ZERO);
        course.end().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_late_is_unhealthy_with_the_last_answer_and_may_still_come() {
    local(async {
        let (_dir, path) = socket();
        let limit = Duration::from_millis(30);
        let mut course = Course::of(Watch::new(unix(&path, limit)).0, nobody);
        let late = course.next_change().await;
        assert_eq!(late.health, Health::Unhealthy);
        let words = "not healthy within 30 ms: no such file or directory";
        assert_eq!(late.answer.words, words);
        assert_eq!(late.healthy_for, Duration::ZERO);
        let _listener = UnixListener::bind(&path).expect("bound");
        assert_eq!(course.next_change().await.event(), Some(Event::Healthy));
        course.end().await;
    })
    .await;
}

#[tokio::test]
async fn who_accepts_but_never_answers_is_timed_out() {
    local(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("an address");
        let probe = Probe::Http(crate::model::HttpCheck {
            url: format!("http://{address}/"),
            status: Vec::new(),
            headers: Vec::new(),
            body: None,
        });
        let short = |check: &mut Healthcheck| check.timeout = Duration::from_millis(20);
        let mut course = Course::of(Watch::new(check(probe, short)).0, nobody);
        let told = course.next().await;
        assert_eq!(told.answer, Answer::bad("timed out after 20 ms"));
        course.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_command_is_healthy_with_0_and_says_why_with_anything_else() {
    local(async {
        let (_dir, path) = socket();
        let line = format!("echo no db; echo no cache; test -e {}", path.display());
        let (run, _seen) = runner();
        let mut course = Course::of(Watch::new(shell(&line, |_| ())).0, run);
        let told = course.next().await;
        assert_eq!(told.answer, Answer::bad("exit 1: no cache"));
        std::fs::write(&path, "").expect("written");
        let told = course.next_change().await;
        assert_eq!(told.answer, Answer::good("exit 0"));
        course.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_before_the_next_one_is_run() {
    local(async {
        let short = |check: &mut Healthcheck| {
            check.timeout = Duration::from_millis(50);
            check.start_interval = Duration::from_millis(20);
        };
        let (run, mut seen) = runner();
        let mut course = Course::of(Watch::new(shell("exec sleep 20", short)).0, run);
        for _ in 0..3 {
            assert_eq!(seen.recv().await, Some(Process::Started));
            assert_eq!(seen.recv().await, Some(Process::Killed));
            assert_eq!(course.next().await.answer.words, "timed out after 50 ms");
        }
        course.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_dropped_watch_gives_its_command_up() {
    local(async {
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let order = move |order| {
            let _ = orders.send(order);
        };
        let course = Course::of(Watch::new(shell("true", |_| ())).0, order);
        let order = ordered.recv().await.expect("ordered");
        course.end().await;
        assert!(order.given_up.await.is_err());
        assert!(order.ended.is_closed());
    })
    .await;
}

/// One that can't be killed is not followed by another, and counts as a
/// failure every time.
#[tokio::test(start_paused = true)]
async fn commands_do_not_pile_up() {
    local(async {
        let kept = Rc::new(RefCell::new(Vec::new()));
        let keep = Rc::clone(&kept);
        let order = move |order| keep.borrow_mut().push(order);
        let mut course = Course::of(Watch::new(shell("true", |_| ())).0, order);
        for _ in 0..3 {
            let told = course.next().await;
            assert_eq!(told.answer.words, "timed out after 5 s");
        }
        let order = kept.borrow_mut().pop().expect("ordered");
        assert!(kept.borrow().is_empty(), "more than one");
        let ended = Ended { outcome: Ok(Outcome::Signaled(9)), said: None };
        order.ended.send(ended).expect("still awaited");
        course.next().await;
        assert_eq!(kept.borrow().len(), 1);
        course.end().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_is_enough_once_and_late_is_better_than_never() {
    local(async {
        let log = || check(Probe::Log("ready".to_owned()), |_| ());
        let (watch, matcher) = Watch::new(log());
        let mut matcher = matcher.expect("it is about lines");
        let mut course = Course::of(watch, nobody);
        assert!(!matcher.look(b"ready"));
        assert_eq!(course.next().await.event(), Some(Event::Healthy));
        assert!(course.told.recv().await.is_none(), "nothing more to ask");

        let (watch, matcher) = Watch::new(log());
        let mut matcher = matcher.expect("it is about lines");
        let mut course = Course::of(watch, nobody);
        let late = course.next().await;
        assert_eq!(late.health, Health::Unhealthy);
        assert_eq!(late.answer.words, "not healthy within 30 s: no line matched");
        assert!(!matcher.look(b"ready"));
        assert_eq!(course.next().await.event(), Some(Event::Healthy));

        let (watch, matcher) = Watch::new(log());
        drop(matcher);
        let mut course = Course::of(watch, nobody);
        assert_eq!(course.next().await.health, Health::Unhealthy);
        assert!(course.told.recv().await.is_none());
    })
    .await;
}
