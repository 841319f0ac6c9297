//! The guard without a supervisor: it keeps reading what its service writes,
//! so that nobody hangs in a write or dies of SIGPIPE, and either stops the
//! service or keeps it until a new supervisor comes for it.

use super::{Channel, Guard, Word, exit_path, socket_path, tree};
use crate::model::{Outcome, Pid};
use crate::os::keep::{Keeper, Stream};
use crate::os::{beside, descriptor, files};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How much is read at a time.
const READ: usize = 16 * 1024;

/// The longest patience that is believed.
const LONGEST: Duration = Duration::from_secs(3600);

const LOST: &str = "the supervisor is gone; what it had read and not yet written is missing here";

/// What a guard has while it is alone.
pub(super) struct Alone {
    /// `None` where nobody wants the output.
    keeper: Option<Box<dyn Keeper>>,
    /// Which of the held descriptors have not ended.
    open: Vec<usize>,
}

impl Alone {
    pub(super) fn open(&self) -> &[usize] {
        &self.open
    }
}

impl Guard {
    /// The supervisor is gone.
    pub(super) fn orphaned(&mut self) {
        self.life = None;
        if self.alone.is_some() {
            return;
        }
        for fd in &self.held {
            let _ = descriptor::set_nonblocking(fd);
        }
        let mut keeper = self.log.as_ref().map(self.keeper);
        if let Some(keeper) = keeper.as_mut().filter(|_| self.ran) {
            keeper.note(LOST);
        }
        let open = (0..self.held.len()).filter(|&at| self.stream(at).is_some()).collect();
        self.alone = Some(Alone { keeper, open });
        if self.care.stays && self.ran && !self.asked {
            self.ended.into_iter().for_each(|outcome| self.left_behind(outcome));
        } else {
            self.stop();
        }
    }

    /// Nobody else will stop what is below us.
    fn stop(&mut self) {
        self.patience = Some(Instant::now() + self.grace());
        self.asked = true;
        if self.ended.is_some() {
            tree::ask(&self.keep);
        } else {
            self.ask();
        }
    }

    fn grace(&self) -> Duration {
        self.care.grace.min(LONGEST)
    }

    /// The leader has ended and others of its tree remain, which a supervisor
    /// would have stopped.
    pub(super) fn left_behind(&mut self, outcome: Outcome) {
        let is_the_service = self.care.forking && outcome == Outcome::Exited(0) && !self.asked;
        if self.alone.is_some() && !is_the_service {
            tree::ask(&self.keep);
            let until = Instant::now() + self.grace();
            self.patience.get_or_insert(until);
        }
    }

    /// What a held descriptor is; `None` for the write end of the standard
    /// input.
    fn stream(&self, at: usize) -> Option<Stream> {
        match (self.held.len(), at) {
            (1, _) => Some(Stream::Terminal),
            (_, 1) => Some(Stream::Out),
            (_, 2) => Some(Stream::Err),
            _ => None,
        }
    }

    /// Reads one of its streams.
    pub(super) fn write_down(&mut self, at: usize) {
        let from = self.stream(at);
        let Some((alone, from)) = self.alone.as_mut().zip(from) else { return };
        let mut buffer = vec![0; READ];
        match nix::unistd::read(&self.held[at], &mut buffer) {
            Ok(count @ 1..) => {
                if let Some(keeper) = &mut alone.keeper {
                    keeper.take(from, &buffer[..count]);
                }
            }
            Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EINTR) => {}
            // A terminal whose last user is gone says so by an error.
            Ok(_) | Err(_) => alone.open.retain(|&open| open != at),
        }
    }

    /// Somebody wants to be the supervisor of what is below us. Not where it is
    /// being stopped, which is to be finished.
    pub(super) fn hear_successor(&mut self) {
        let Some(channel) = self.listener.as_ref().and_then(beside::accept) else { return };
        if self.asked || self.killing || channel.set_nonblocking().is_err() {
            return;
        }
        if let Some(keeper) = self.alone.as_mut().and_then(|alone| alone.keeper.as_mut()) {
            keeper.pause();
        }
        if self.hand_over(&channel) {
            self.channel = channel;
            self.alone = None;
            self.patience = None;
            self.ended.into_iter().for_each(|outcome| self.tell(Word::LeaderEnded(outcome)));
        }
    }

    fn hand_over(&self, to: &Channel) -> bool {
        let fds: Vec<BorrowedFd<'_>> = self.held.iter().map(AsFd::as_fd).collect();
        to.send(&Word::Kept(self.leader).encode(), &fds).is_ok()
    }

    /// The last thing before the end: what is left in the streams is written,
    /// and how the leader ended, where nobody else could know.
    pub(super) fn part(&mut self, outcome: Outcome) {
        self.keep_the_rest();
        if let Some(alone) = self.alone.take()
            && self.ran
        {
            alone.keeper.into_iter().for_each(|mut keeper| keeper.end());
            self.record(outcome);
        }
        let own = Pid::new(nix::unistd::getpid().as_raw());
        if let Some((own, lock)) = own.zip(self.lock_path.as_deref())
            && self.listener.take().is_some()
        {
            let _ = std::fs::remove_file(socket_path(lock, own));
        }
    }

    /// No more than its streams can hold: a stranger may hold one open, and
    /// write on.
    fn keep_the_rest(&mut self) {
        let Some(alone) = &self.alone else { return };
        for at in alone.open.clone() {
            let size = descriptor::pipe_size(&self.held[at]).unwrap_or(READ);
            for _ in 0..=size / READ {
                self.write_down(at);
            }
        }
    }

    fn record(&self, outcome: Outcome) {
        let Some(lock) = &self.lock_path else { return };
        let path = exit_path(lock);
        if let (Some(directory), Some(name)) = (path.parent(), path.file_name()) {
            let text = format!("{} {outcome}\n", self.leader);
            let _ = files::replace(directory, &name.to_string_lossy(), text.as_bytes());
        }
    }
}
