//! Reaping: everybody at once, the leader last.

use super::{Guard, Word, tree};
use crate::model::{Outcome, Pid};
use crate::os::kept::is_kept;
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};

impl Guard {
    /// Reaps what has ended. `Some` when nothing is left below: the proof.
    pub(super) fn reap(&mut self) -> Option<Outcome> {
        loop {
            match peek() {
                Peek::Nobody => return Some(self.ended.unwrap_or(Outcome::Unknown)),
                Peek::AllRunning => return self.only_kept(),
                Peek::Ended(pid, outcome) if pid == self.leader && !self.leader_reaped => {
                    if !self.leader_ended(outcome) {
                        return None;
                    }
                }
                Peek::Ended(pid, _) => reap_one(pid),
                Peek::Unclear => reap_any(),
            }
        }
    }

    /// Where nothing is left but what is to be left alive, that is the end too.
    /// The lock then goes on with them, so the next start gets a fresh file.
    fn only_kept(&self) -> Option<Outcome> {
        if self.keep.is_empty() || !self.leader_reaped {
            return None;
        }
        let others = tree::children_of_self();
        if !others.iter().all(|child| is_kept(*child, &self.keep)) {
            return None;
        }
        if let Some(lock) = &self.lock_path {
            let _ = std::fs::remove_file(lock);
        }
        Some(self.ended.unwrap_or(Outcome::Unknown))
    }

    /// The leader is a zombie, which `waitid` would show us again and again
    /// before anybody behind it. Reap these by name, and the leader itself once
    /// it is alone: from then on no group signal is sent. `true` when something
    /// was reaped, so that it is worth looking again.
    fn leader_ended(&mut self, outcome: Outcome) -> bool {
        let first_seen = self.ended.is_none();
        self.ended = Some(outcome);
        // A leader that could not be executed has said why before it ended.
        if self.failure.is_some() {
            self.hear_failure();
        }
        let mut others = 0;
        for child in tree::children_of_self() {
            if child != self.leader && !reap_if_ended(child) && !is_kept(child, &self.keep) {
                others += 1;
            }
        }
        if others == 0 {
            reap_one(self.leader);
            self.leader_reaped = true;
            return true;
        }
        if first_seen {
            self.tell(Word::LeaderEnded(outcome));
            self.left_behind(outcome);
        }
        false
    }
}

enum Peek {
    /// No child at all, which in a subreaper means no descendant.
    Nobody,
    /// Children, all of them running.
    AllRunning,
    /// This one has ended and can be reaped.
    Ended(Pid, Outcome),
    /// Something we have no word for; reap it and go on.
    Unclear,
}

fn peek() -> Peek {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    match waitid(Id::All, flags) {
        Err(Errno::ECHILD) => Peek::Nobody,
        Err(_) | Ok(WaitStatus::StillAlive) => Peek::AllRunning,
        Ok(WaitStatus::Exited(pid, code)) => ended(pid, Outcome::Exited(code)),
        Ok(WaitStatus::Signaled(pid, signal, _)) => ended(pid, Outcome::Signaled(signal as i32)),
        Ok(_) => Peek::Unclear,
    }
}

fn ended(pid: nix::unistd::Pid, outcome: Outcome) -> Peek {
    Pid::new(pid.as_raw()).map_or(Peek::Unclear, |pid| Peek::Ended(pid, outcome))
}

fn reap_one(pid: Pid) {
    let _ = waitid(Id::Pid(nix::unistd::Pid::from_raw(pid.raw())), WaitPidFlag::WEXITED);
}

fn reap_any() {
    let _ = waitid(Id::All, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
}

/// Whether it had ended, or was no child of ours at all.
fn reap_if_ended(pid: Pid) -> bool {
    let id = Id::Pid(nix::unistd::Pid::from_raw(pid.raw()));
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
    !matches!(waitid(id, flags), Ok(WaitStatus::StillAlive))
}
