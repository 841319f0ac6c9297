//! The guard: one small process a service, between the forker and the service.
//!
//! It leads a session of its own, is a child subreaper, and ends only when
//! `waitid` says `ECHILD`, which in a subreaper means that no descendant exists
//! at all. The service's leader, its direct child, stays unreaped until the rest
//! of its tree is gone, so that its pid, group and session can't be recycled.
//!
//! It is forked without exec from the forker, so everything here runs in a
//! single-threaded copy of it, and it touches as little memory as it can.

mod alone;
mod child;
mod drain;
mod reap;
mod tree;
mod words;

pub use words::{ORDER_SIGNAL, Order, Step, Word};

use super::beside;
use super::cgroup;
use super::channel::{Channel, Received};
use super::keep::{MakeKeeper, Place};
use super::launch::{Care, Label, Streams};
use crate::model::{Outcome, Pid};
use alone::Alone;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a guard is made of before it has a child.
pub(super) struct Parts {
    pub memory: OwnedFd,
    pub channel: Channel,
    pub life: OwnedFd,
    pub streams: Streams,
    pub care: Care,
    pub keeper: MakeKeeper,
}

/// Where a guard whose service is to outlive the supervisor listens for the
/// next one, beside the lock file of its instance.
pub fn socket_path(lock: &Path, guard: Pid) -> PathBuf {
    lock.with_file_name(format!("guard-{guard}.sock"))
}

/// Where a guard that ends without a supervisor leaves how its leader ended.
pub fn exit_path(lock: &Path) -> PathBuf {
    lock.with_extension("exit")
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that is true or not yet"
)]
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
    /// Whether its gate was opened, so that there is something to keep.
    ran: bool,
    /// Whether somebody wants its end.
    asked: bool,
    /// When the tree is killed, whatever it does.
    patience: Option<Instant>,
    /// Set while there is no supervisor.
    alone: Option<Alone>,
    killing: bool,
    /// Executables that are left alive, with all below.
    keep: Vec<String>,
    /// What is below us is in this cgroup, unless it was moved elsewhere.
    cgroup: Option<PathBuf>,
    /// Nothing below us holds it any more when we let go of it.
    lock: Option<OwnedFd>,
    /// Where the next supervisor asks for us, where one may.
    listener: Option<OwnedFd>,
    keeper: MakeKeeper,
    log: Option<Place>,
    lock_path: Option<PathBuf>,
    held: Vec<OwnedFd>,
}

/// What a guard waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Signals,
    Orders,
    Life,
    Failure,
    Listener,
    /// One of the held descriptors, by index.
    Output(usize),
}

type Failed = (Step, io::Error);

fn at(step: Step) -> impl Fn(nix::Error) -> Failed {
    move |errno| (step, errno.into())
}

impl Guard {
    fn start(parts: Parts) -> Result<Self, Failed> {
        let Parts { memory, channel, life, streams, care, keeper } = parts;
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

        // Without its group it still runs; only the guard has to kill one by one.
        let cgroup = label.cgroup.clone().filter(|group| cgroup::make(group).is_ok());
        let born = child::fork_leader(memory, &streams, lock.as_ref(), &label, care.terminal)?;
        let _ = channel.set_nonblocking();
        // Without it the service still stays; only nobody can take it over.
        let own = Pid::new(nix::unistd::getpid().as_raw()).filter(|_| care.stays);
        let socket = own.zip(label.lock.as_deref()).map(|(own, lock)| socket_path(lock, own));
        let listener = socket.and_then(|socket| beside::listen(&socket).ok());
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
            ran: false,
            asked: false,
            patience: None,
            alone: None,
            killing: false,
            keep: label.keep,
            cgroup,
            listener,
            keeper,
            log: label.log,
            lock_path: label.lock,
            held: streams.held,
            lock,
        })
    }

    /// Watches until nothing is left below.
    fn watch(mut self) -> i32 {
        self.tell(Word::Started(self.leader));
        loop {
            if let Some(outcome) = self.reap() {
                // The next start takes the lock as soon as it hears of the end.
                self.lock = None;
                self.cgroup.take().iter().for_each(|group| cgroup::remove(group));
                self.part(outcome);
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
        let sources = self.sources();
        let mut fds: Vec<PollFd<'_>> =
            sources.iter().map(|(_, fd)| PollFd::new(*fd, PollFlags::POLLIN)).collect();
        let _ = poll(&mut fds, self.time_left());
        let happened = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let ready = fds.iter().map(happened);
        let ready: Vec<Source> =
            sources.iter().zip(ready).filter(|(_, ready)| *ready).map(|(one, _)| one.0).collect();
        for source in ready {
            self.answer(source);
        }
        if self.patience.is_some_and(|until| Instant::now() >= until) {
            self.killing = true;
        }
    }

    /// What is listened to. A closed channel would be reported for ever, so
    /// that what has ended is not among them.
    fn sources(&self) -> Vec<(Source, BorrowedFd<'_>)> {
        let mut sources = vec![(Source::Signals, self.signals.as_fd())];
        sources.extend(self.life.as_ref().map(|fd| (Source::Life, fd.as_fd())));
        sources.extend(self.failure.as_ref().map(|fd| (Source::Failure, fd.as_fd())));
        match &self.alone {
            None => sources.push((Source::Orders, self.channel.as_fd())),
            Some(alone) => {
                // Whoever came before we noticed has waited in the queue.
                sources.extend(self.listener.as_ref().map(|fd| (Source::Listener, fd.as_fd())));
                let open = alone.open().iter();
                sources.extend(open.map(|&at| (Source::Output(at), self.held[at].as_fd())));
            }
        }
        sources
    }

    fn answer(&mut self, source: Source) {
        match source {
            Source::Signals => self.hear_signals(),
            Source::Failure => self.hear_failure(),
            Source::Orders => self.hear_orders(),
            Source::Life => self.orphaned(),
            Source::Listener => self.hear_successor(),
            Source::Output(at) => self.write_down(at),
        }
    }

    fn time_left(&self) -> PollTimeout {
        self.patience.map_or(PollTimeout::NONE, |until| {
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
    /// end without any that it was (or that the child never came through its
    /// gate).
    fn hear_failure(&mut self) {
        let Some(fd) = self.failure.take() else {
            return;
        };
        let mut bytes = [0; 8];
        match nix::unistd::read(&fd, &mut bytes) {
            Ok(0) if self.ran => self.tell(Word::Executed),
            Ok(8) => {
                if let Some(word @ Word::Failed(..)) = Word::decode(&bytes) {
                    self.ran = false;
                    self.tell(word);
                }
            }
            _ => {}
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Go => self.open_gate(),
            Order::Ask => self.ask(),
            Order::AskTree => tree::ask(&self.keep),
            Order::Kill => self.killing = true,
            Order::Signal(signal) => self.signal_group(super::signal_number(signal)),
        }
    }

    fn open_gate(&mut self) {
        if let Some(gate) = self.gate.take() {
            self.ran = true;
            let _ = nix::unistd::write(&gate, &[1]);
        }
    }

    /// The stop signal first, so that a stopped service finds it pending when
    /// SIGCONT wakes it, and runs its handler.
    fn ask(&mut self) {
        self.gate = None;
        self.asked = true;
        self.signal_group(super::signal_number(self.care.stop_signal));
        self.signal_group(libc::SIGCONT);
    }

    /// The leader is our unreaped child, so its group number is still its own.
    fn signal_group(&self, number: i32) {
        if self.leader_reaped {
            return;
        }
        if self.keep.is_empty() {
            super::kill_group(self.leader, number);
        } else {
            tree::signal_group(self.leader, number, &self.keep);
        }
    }

    fn tell(&self, word: Word) {
        let _ = self.channel.send(&word.encode(), &[]);
    }
}

fn order_number() -> i32 {
    libc::SIGRTMIN() + ORDER_SIGNAL
}

/// SIGCHLD and the queued orders. All others stay blocked and unheard.
fn wanted_signals() -> SigSet {
    super::signal_set(&[libc::SIGCHLD, order_number()])
}
