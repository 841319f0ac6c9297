//! The guard: one small process a service, between the forker and the service.
//!
//! It leads a session of its own, is a child subreaper, and ends only when
//! `waitid` says `ECHILD`, which in a subreaper means that no descendant exists
//! at all. The service's leader, its direct child, stays unreaped until the rest
//! of its tree is gone, so that its pid, group and session can't be recycled.
//!
//! It is forked without exec from the forker, so everything here runs in a
//! single-threaded copy of it, and it touches as little memory as it can.

mod child;
mod drain;
mod reap;
mod tree;
mod words;

pub use words::{ORDER_SIGNAL, Order, Step, Word};

use super::channel::{Channel, Received};
use super::launch::{Care, Label, Streams};
use crate::model::{Outcome, Pid};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// What a guard is made of before it has a child.
pub(super) struct Parts {
    pub memory: OwnedFd,
    pub channel: Channel,
    pub life: OwnedFd,
    pub streams: Streams,
    pub care: Care,
}

/// Is the guard from here on; called in a freshly forked process.
pub(super) fn run(parts: Parts) -> ! {
    let channel_fd = parts.channel.as_fd().try_clone_to_owned();
    let status = match Guard::start(parts) {
        Ok(guard) => guard.watch(),
        Err((step, error)) => {
            if let Ok(fd) = channel_fd {
                let word = Word::Failed(step, error.raw_os_error().unwrap_or(0));
                let _ = Channel::from_fd(fd).send(&word.encode(), &[]);
            }
            1
        }
    };
    super::leave_now(status)
}

/// A guard with its child.
struct Guard {
    channel: Channel,
    signals: SignalFd,
    leader: Pid,
    /// How the leader ended, once it has; it stays unreaped meanwhile.
    ended: Option<Outcome>,
    /// Whether the leader was reaped, which is the last thing before the end.
    leader_reaped: bool,
    gate: Option<OwnedFd>,
    /// The child's word that it could not be executed; its end is the proof
    /// that it was.
    failure: Option<OwnedFd>,
    life: Option<OwnedFd>,
    care: Care,
    /// Set when the supervisor is gone: when the patience ends.
    alone: Option<Instant>,
    killing: bool,
    _held: Vec<OwnedFd>,
    _lock: Option<OwnedFd>,
}

type Failed = (Step, io::Error);

fn at(step: Step) -> impl Fn(nix::Error) -> Failed {
    move |errno| (step, errno.into())
}

impl Guard {
    fn start(parts: Parts) -> Result<Self, Failed> {
        let Parts { memory, channel, life, streams, care } = parts;
        nix::unistd::setsid().map_err(at(Step::Fork))?;
        nix::sys::prctl::set_child_subreaper(true).map_err(at(Step::Fork))?;
        let _ = nix::sys::prctl::set_name(c"devsup-guard");
        let mask = SigSet::all();
        mask.thread_set_mask().map_err(at(Step::Fork))?;
        let heard = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let signals = SignalFd::with_flags(&wanted_signals(), heard).map_err(at(Step::Fork))?;
        let label = Label::read(&memory).map_err(|error| (Step::Setup, error))?;
        let lock = label.lock.as_deref().map(super::open_lock).transpose();
        let lock = lock.map_err(|error| (Step::Lock, error))?;
        let mut kept = vec![&memory, &life, &streams.input, &streams.output, &streams.error];
        kept.extend(streams.held.iter().chain(&lock));
        super::close_all_but(&kept, &[channel.as_fd(), signals.as_fd()]);

        let born =
            child::fork_leader(memory, &streams, lock.as_ref(), label.marker, care.terminal)?;
        let _ = channel.set_nonblocking();
        Ok(Self {
            channel,
            signals,
            leader: born.leader,
            ended: None,
            leader_reaped: false,
            gate: Some(born.gate),
            failure: Some(born.failure),
            life: Some(life),
            care,
            alone: None,
            killing: false,
            _held: streams.held,
            _lock: lock,
        })
    }

    /// Watches until nothing is left below.
    fn watch(mut self) -> i32 {
        self.tell(Word::Started(self.leader));
        loop {
            if let Some(outcome) = self.reap() {
                self.tell(Word::Ended(outcome));
                return 0;
            }
            if self.killing {
                self.drain();
                continue;
            }
            self.wait();
        }
    }

    /// Waits for anything to happen and answers it, children excepted.
    fn wait(&mut self) {
        // A closed channel would be reported for ever, so in the place of what
        // is no longer listened to stands the signals' descriptor, unasked.
        let nobody = self.signals.as_fd();
        let attached = self.alone.is_none();
        let channel = if attached { self.channel.as_fd() } else { nobody };
        let life = self.life.as_ref().map_or(nobody, AsFd::as_fd);
        let failure = self.failure.as_ref().map_or(nobody, AsFd::as_fd);
        let mut fds = [
            PollFd::new(nobody, PollFlags::POLLIN),
            PollFd::new(channel, interest(attached)),
            PollFd::new(life, interest(self.life.is_some())),
            PollFd::new(failure, interest(self.failure.is_some())),
        ];
        let _ = poll(&mut fds, self.patience());
        let happened: Vec<bool> =
            fds.iter().map(|fd| fd.revents().is_some_and(|events| !events.is_empty())).collect();
        if happened[0] {
            self.hear_signals();
        }
        if happened[3] && self.failure.is_some() {
            self.hear_failure();
        }
        if happened[1] && self.alone.is_none() {
            self.hear_orders();
        }
        if happened[2] && self.life.is_some() {
            self.orphaned();
        }
        if self.alone.is_some_and(|until| Instant::now() >= until) {
            self.killing = true;
        }
    }

    fn patience(&self) -> PollTimeout {
        self.alone.map_or(PollTimeout::NONE, |until| {
            let left = until.saturating_duration_since(Instant::now());
            let milliseconds = left.as_millis().min(60_000) + 1;
            PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::NONE)
        })
    }

    /// Children are looked after by `reap`; here only the queued orders count.
    fn hear_signals(&mut self) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            let number = i32::try_from(signal.ssi_signo).unwrap_or(0);
            let trusted = signal.ssi_uid == 0 || signal.ssi_uid == nix::unistd::getuid().as_raw();
            if number == order_number()
                && trusted
                && let Some(order) = Order::of_value(signal.ssi_int)
            {
                self.obey(order);
            }
        }
    }

    fn hear_orders(&mut self) {
        let mut buffer = [0; 16];
        loop {
            match self.channel.receive(&mut buffer) {
                Ok(Received::Message(count, _)) => {
                    if let Some(order) = Order::decode(&buffer[..count]) {
                        self.obey(order);
                    }
                }
                Ok(Received::Nothing) => return,
                Ok(Received::End) | Err(_) => return self.orphaned(),
            }
        }
    }

    /// The child's failure pipe: bytes say why it could not be executed, its
    /// end without any that it was.
    fn hear_failure(&mut self) {
        let Some(fd) = self.failure.take() else {
            return;
        };
        let mut bytes = [0; 8];
        if nix::unistd::read(&fd, &mut bytes) == Ok(8)
            && let Some(word @ Word::Failed(..)) = Word::decode(&bytes)
        {
            self.tell(word);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Go => self.open_gate(),
            Order::Ask => self.ask(),
            Order::AskTree => tree::ask(),
            Order::Kill => self.killing = true,
            Order::Signal(signal) => self.signal_group(super::signal_number(signal)),
        }
    }

    fn open_gate(&mut self) {
        if let Some(gate) = self.gate.take() {
            let _ = nix::unistd::write(&gate, &[1]);
        }
    }

    /// The stop signal first, so that a stopped service finds it pending when
    /// SIGCONT wakes it, and runs its handler.
    fn ask(&mut self) {
        self.gate = None;
        self.signal_group(super::signal_number(self.care.stop_signal));
        self.signal_group(libc::SIGCONT);
    }

    /// The leader is our unreaped child, so its group number is still its own.
    fn signal_group(&self, number: i32) {
        if !self.leader_reaped {
            super::kill_group(self.leader, number);
        }
    }

    /// The supervisor is gone. Nobody else will stop what is below us.
    fn orphaned(&mut self) {
        self.life = None;
        if self.alone.is_some() {
            return;
        }
        let patience = self.care.grace.min(Duration::from_secs(3600));
        self.alone = Some(Instant::now() + patience);
        if self.ended.is_some() {
            tree::ask();
        } else {
            self.ask();
        }
    }

    fn tell(&self, word: Word) {
        let _ = self.channel.send(&word.encode(), &[]);
    }
}

fn interest(wanted: bool) -> PollFlags {
    if wanted { PollFlags::POLLIN } else { PollFlags::empty() }
}

fn order_number() -> i32 {
    libc::SIGRTMIN() + ORDER_SIGNAL
}

/// SIGCHLD and the queued orders. All others stay blocked and unheard.
fn wanted_signals() -> SigSet {
    super::signal_set(&[libc::SIGCHLD, order_number()])
}
