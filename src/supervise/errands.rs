//! Errands: commands that are run for a service and are not it, such as the
//! command of its health check. Each runs below a guard of its own, with the
//! service's environment and in its directory, its output shown to nobody, and
//! is over only when nothing of its tree is left.
//!
//! An errand is not in the ledger: it never outlives the supervisor (its guard
//! kills it at once), and it carries the run's markers like everything else.

use super::environment::Who;
use super::fleet::Fleet;
use super::input::Input;
use super::launch::{self, Errand};
use crate::model::{Outcome, Signal};
use crate::os::channel::{Channel, Received};
use crate::os::forker::MOST_UNDER_WAY;
use crate::os::guard::{Order, Step, Word};
use crate::os::process::Handle;
use crate::os::ready::watch;
use crate::probe;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;

/// Requests to the forker with a number from here on are errands.
pub(super) const FIRST: u32 = 1 << 31;

/// How long the end of a run waits for what was given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much of the end of the output is kept for its last line.
const KEPT: usize = 1024;

/// The errands of a run.
#[derive(Debug, Default)]
pub(super) struct Errands {
    /// Wanted, by unit, and not ordered yet.
    waiting: VecDeque<(usize, probe::Order)>,
    /// Under way, by request: something of them may be alive.
    open: HashMap<u32, Option<Handle>>,
    ordered: u32,
    /// When the end of the run no longer waits for them.
    until: Option<Instant>,
}

impl Errands {
    /// The forker has made a guard.
    pub fn forked(&mut self, id: u32, guard: Handle) {
        if let Some(open) = self.open.get_mut(&id) {
            *open = Some(guard);
        }
    }

    /// Nothing is left of one.
    pub fn over(&mut self, id: u32) {
        self.open.remove(&id);
    }

    /// When the end of the run no longer waits.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.until
    }

    /// Whether the run can end, now that the rest of it has. All were given up before; a guard that somebody
    /// has stopped is woken, and the sweep takes what still does not go.
    pub fn let_go(&mut self, rest_is_over: bool) -> bool {
        if !rest_is_over || self.open.is_empty() {
            self.until = None;
            return rest_is_over;
        }
        let now = Instant::now();
        let until = *self.until.get_or_insert_with(|| {
            for guard in self.open.values().flatten() {
                let _ = guard.signal(Signal::Cont);
            }
            now + PATIENCE
        });
        now >= until
    }
}

impl Fleet {
    /// Somebody wants a command run for a unit.
    pub(super) fn wants_errand(&mut self, at: usize, order: probe::Order) {
        self.errands.waiting.push_back((at, order));
    }

    /// Orders as many as the forker may have under way.
    pub(super) fn send_errands(&mut self) {
        while self.under_way < MOST_UNDER_WAY {
            let Some((at, order)) = self.errands.waiting.pop_front() else { return };
            // Dropped, it was never run; nobody waits for it in a stop.
            if !self.stopping.is_on() {
                self.send_errand(at, order);
            }
        }
    }

    fn send_errand(&mut self, at: usize, order: probe::Order) {
        self.errands.ordered = self.errands.ordered.wrapping_add(1);
        let id = FIRST | self.errands.ordered;
        match self.order_errand(at, id, &order) {
            Ok((channel, output)) => {
                self.under_way += 1;
                self.errands.open.insert(id, None);
                let inputs = self.inputs.clone();
                tokio::task::spawn_local(async move {
                    follow(channel, output, order).await;
                    let _ = inputs.send(Input::ErrandOver(id));
                });
            }
            Err(why) => {
                let _ = order.ended.send(probe::Ended { outcome: Err(why), said: None });
            }
        }
    }

    fn order_errand(
        &self,
        at: usize,
        id: u32,
        order: &probe::Order,
    ) -> Result<(AsyncFd<Channel>, pipe::Receiver), String> {
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let who = Who { service, instance: &unit.instance, number: unit.number, port: unit.port };
        let Errand { launch, care, streams, output, channel: (ours, theirs) } =
            launch::errand(&self.launching(), &who, &order.command)?;
        self.forker
            .request(id, &launch, care, &streams, &theirs)
            .map_err(|error| format!("the forker can't be asked: {error}"))?;
        watched(ours, output).map_err(|error| format!("no channel: {error}"))
    }
}

fn watched(ours: Channel, output: OwnedFd) -> io::Result<(AsyncFd<Channel>, pipe::Receiver)> {
    ours.set_nonblocking()?;
    Ok((watch(ours)?, pipe::Receiver::from_owned_fd(output)?))
}

/// Follows an errand to its end, and tells it.
async fn follow(channel: AsyncFd<Channel>, output: pipe::Receiver, order: probe::Order) {
    let probe::Order { mut given_up, ended, .. } = order;
    let mut going = Going { channel, output: Some(output), said: Vec::new(), failed: None };
    let mut wanted = true;
    let outcome = loop {
        tokio::select! {
            end = going.next() => if let Some(end) = end {
                break end;
            },
            _ = &mut given_up, if wanted => {
                wanted = false;
                going.order(Order::Kill);
            }
        }
    };
    going.read();
    let _ = ended.send(probe::Ended { outcome, said: last_line(&going.said) });
}

struct Going {
    channel: AsyncFd<Channel>,
    /// Until it has ended.
    output: Option<pipe::Receiver>,
    said: Vec<u8>,
    failed: Option<String>,
}

type End = Result<Outcome, String>;

impl Going {
    /// Waits for anything; its end, if that is what happened.
    async fn next(&mut self) -> Option<End> {
        let readable = async {
            match &self.output {
                Some(output) => output.readable().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ready = self.channel.readable() => match ready {
                Ok(mut ready) => match hear(ready.get_inner()) {
                    Heard::Word(word) => self.answer(word),
                    Heard::Nothing => {
                        ready.clear_ready();
                        None
                    }
                    Heard::End => Some(self.lost()),
                },
                Err(_) => Some(self.lost()),
            },
            _ = readable => {
                self.read();
                None
            }
        }
    }

    fn answer(&mut self, word: Word) -> Option<End> {
        match word {
            Word::Started(_) => self.order(Order::Go),
            Word::Failed(step, number) => self.failed = Some(failed(step, number)),
            // What it leaves behind is not part of the answer.
            Word::LeaderEnded(_) => self.order(Order::Kill),
            Word::Ended(outcome) => return Some(self.failed.take().map_or(Ok(outcome), Err)),
        }
        None
    }

    fn lost(&mut self) -> End {
        let unknown = || "no process could be made".to_owned();
        Err(self.failed.take().unwrap_or_else(unknown))
    }

    fn order(&self, order: Order) {
        let _ = self.channel.get_ref().send(&order.encode(), &[]);
    }

    /// Reads what there is, and keeps its end.
    fn read(&mut self) {
        let mut buffer = [0; 4096];
        while let Some(output) = &self.output {
            match output.try_read(&mut buffer) {
                Ok(count) if count > 0 => {
                    self.said.extend_from_slice(&buffer[..count]);
                    let surplus = self.said.len().saturating_sub(KEPT);
                    self.said.drain(..surplus);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                _ => self.output = None,
            }
        }
    }
}

enum Heard {
    Word(Word),
    Nothing,
    End,
}

fn hear(channel: &Channel) -> Heard {
    let mut buffer = [0; 16];
    match channel.receive(&mut buffer) {
        Ok(Received::Message(count, _)) => {
            Word::decode(&buffer[..count]).map_or(Heard::Nothing, Heard::Word)
        }
        Ok(Received::Nothing) => Heard::Nothing,
        Ok(Received::End) | Err(_) => Heard::End,
    }
}

fn failed(step: Step, number: i32) -> String {
    let why = launch::plain(&io::Error::from_raw_os_error(number));
    match step {
        Step::Directory => format!("its directory can't be entered: {why}"),
        Step::Fork | Step::Lock | Step::Setup | Step::Execute => why,
    }
}

fn last_line(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(String::from_utf8_lossy(&crate::log::plain(line.as_bytes())).into_owned())
}
