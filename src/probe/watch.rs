//! One start of one instance, watched: asks by the schedule and tells every
//! answer. Dropped, it leaves no connection, no command and no timer.

use super::check::{Ask, Check};
use super::command::{Order, Running};
use super::line::LineMatcher;
use super::schedule::{Schedule, Turn};
use super::tcp::{self, Names};
use super::{Answer, unix, words};
use crate::model::{Command, Event, Health};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// What an answer amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The answer itself.
    pub answer: Answer,
    /// What is known now.
    pub health: Health,
    /// Whether that is news.
    pub changed: bool,
    /// Answers that were not good since the last good one.
    pub failed_in_a_row: u32,
    /// From the first good answer to the last one in a row.
    pub healthy_for: Duration,
}

impl Told {
    /// What it is to the state of the instance, if it changes anything.
    pub fn event(&self) -> Option<Event> {
        match self.health {
            Health::Healthy if self.changed => Some(Event::Healthy),
            Health::Unhealthy if self.changed => {
                Some(Event::Unhealthy { why: self.answer.words.clone(), ran: self.healthy_for })
            }
            Health::None | Health::Starting | Health::Healthy | Health::Unhealthy => None,
        }
    }
}

/// A watch over one start of one instance.
#[derive(Debug)]
pub struct Watch {
    check: Rc<Check>,
    names: Names,
    /// A command whose end is not known yet.
    running: Option<Running>,
    line: Option<oneshot::Receiver<()>>,
}

impl Watch {
    /// A watch that has not begun, and what has to see every line of output,
    /// if the check is about these.
    pub fn new(check: Rc<Check>) -> (Self, Option<LineMatcher>) {
        let (matcher, line) = match &check.ask {
            Ask::Line(pattern) => {
                let (matcher, line) = LineMatcher::new(pattern.clone());
                (Some(matcher), Some(line))
            }
            Ask::Unix(_) | Ask::Tcp { .. } | Ask::Http(_) | Ask::Command(_) => (None, None),
        };
        let watch = Self { check, names: Names::default(), running: None, line };
        (watch, matcher)
    }

    /// Asks until it is dropped, from the start of the process on. `order`
    /// takes the commands to be run, `tell` every answer.
    pub async fn run(mut self, order: impl Fn(Order), mut tell: impl FnMut(Told)) {
        let mut teller = Teller {
            began: Instant::now(),
            deadline: self.check.timing.deadline,
            schedule: Schedule::new(self.check.timing.clone()),
            last: None,
            tell: &mut tell,
        };
        match self.line.take() {
            Some(line) => wait_for(line, &mut teller).await,
            None => self.ask_on(&order, &mut teller).await,
        }
    }

    async fn ask_on(&mut self, order: &impl Fn(Order), teller: &mut Teller<'_>) {
        loop {
            match teller.schedule.turn() {
                Turn::Late { at } => {
                    sleep_until(teller.began + at).await;
                    teller.late("no answer");
                }
                Turn::Ask { at, limit } => {
                    sleep_until(teller.began + at).await;
                    if let Ok(answer) = timeout(limit, self.ask(order)).await {
                        teller.answered(answer);
                    } else {
                        self.give_up();
                        teller.timed_out(limit);
                    }
                }
            }
        }
    }

    async fn ask(&mut self, order: &impl Fn(Order)) -> Answer {
        let check = Rc::clone(&self.check);
        match &check.ask {
            Ask::Unix(path) => unix::ask(path).await,
            Ask::Tcp { host, port } => tcp::ask(host, *port, &mut self.names).await,
            Ask::Http(http) => http.ask(&mut self.names).await,
            Ask::Command(command) => self.run_command(command, order).await,
            Ask::Line(_) => std::future::pending().await,
        }
    }

    /// Never two at once: one that was given up has to be gone first.
    async fn run_command(&mut self, command: &Command, order: &impl Fn(Order)) -> Answer {
        if let Some(given_up) = &mut self.running {
            given_up.end().await;
            self.running = None;
        }
        let running = self.running.insert(Running::begin(command, order));
        let answer = running.end().await;
        self.running = None;
        answer
    }

    fn give_up(&mut self) {
        if let Some(running) = &mut self.running {
            running.give_up();
        }
    }
}

/// A line comes once or not at all, and late is better than never.
async fn wait_for(mut line: oneshot::Receiver<()>, teller: &mut Teller<'_>) {
    let deadline = teller.began + teller.deadline;
    let printed = || Answer::good("the line was printed");
    match timeout_at(deadline, &mut line).await {
        Ok(Ok(())) => return teller.answered(printed()),
        // Nobody reads the output any more.
        Ok(Err(_)) => {
            sleep_until(deadline).await;
            return teller.late("no line matched");
        }
        Err(_) => teller.late("no line matched"),
    }
    if line.await.is_ok() {
        teller.answered(printed());
    }
}

/// Keeps the schedule, and tells what comes of each answer.
struct Teller<'a> {
    began: Instant,
    deadline: Duration,
    schedule: Schedule,
    /// What the last whole answer said.
    last: Option<String>,
    tell: &'a mut dyn FnMut(Told),
}

impl Teller<'_> {
    fn answered(&mut self, answer: Answer) {
        let changed = self.schedule.answered(self.began.elapsed(), answer.ok);
        self.last = Some(answer.words.clone());
        self.tell(answer, changed);
    }

    /// Nothing came within the limit. Where it is shorter than declared, because
    /// of the deadline, the answer before says more.
    fn timed_out(&mut self, limit: Duration) {
        let words = match &self.last {
            Some(last) if self.schedule.is_cut(limit) => last.clone(),
            _ => format!("timed out after {}", words::span(limit)),
        };
        self.answered(Answer::bad(words));
    }

    fn late(&mut self, otherwise: &str) {
        self.schedule.late(self.began.elapsed());
        let last = self.last.as_deref().unwrap_or(otherwise);
        let within = words::span(self.deadline);
        self.tell(Answer::bad(format!("not healthy within {within}: {last}")), true);
    }

    fn tell(&mut self, answer: Answer, changed: bool) {
        (self.tell)(Told {
            answer,
            health: self.schedule.health(),
            changed,
            failed_in_a_row: self.schedule.failed_in_a_row(),
            healthy_for: self.schedule.healthy_for(),
        });
    }
}

#[cfg(test)]
mod tests;
