//! What a guard is told and what it tells, and both as eight bytes.

use crate::model::{Outcome, Pid, Signal};
use crate::os::{signal_number, signal_of};

/// What a guard is told, over its channel or by a queued [`ORDER_SIGNAL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Open the gate: the ledger has the entry.
    Go,
    /// Send the service's stop signal to its group, then SIGCONT.
    Ask,
    /// Send SIGTERM, then SIGCONT, to every descendant.
    AskTree,
    /// Kill the whole tree.
    Kill,
    /// Send this signal to the service's group.
    Signal(Signal),
}

/// What a guard tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The leader exists and waits at the gate.
    Started(Pid),
    /// The leader runs its program.
    Executed,
    /// The first word to a new supervisor: this is the leader. Beside it stand
    /// the other ends of its streams, as the guard holds them.
    Kept(Pid),
    /// It could not be started: at this step, with this error number.
    Failed(Step, i32),
    /// The leader ended, and others of its tree remain.
    LeaderEnded(Outcome),
    /// Nothing of the tree is left; the guard ends now.
    Ended(Outcome),
}

/// The steps of a start that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Becoming a guard, or forking.
    Fork,
    /// Opening the lock file.
    Lock,
    /// Entering the working directory.
    Directory,
    /// Setting up session, terminal, streams or limits.
    Setup,
    /// Executing the program.
    Execute,
}

/// The offset from `SIGRTMIN` of the signal that carries an [`Order`] as its
/// integer value: 1 ask, 2 ask the tree, 3 kill. It must come from the guard's
/// own user or root, by `sigqueue` or `pidfd_send_signal`.
pub const ORDER_SIGNAL: i32 = 3;

impl Order {
    /// Its form as a message.
    pub fn encode(self) -> [u8; 8] {
        let (kind, value) = match self {
            Self::Go => (0, 0),
            Self::Ask => (1, 0),
            Self::AskTree => (2, 0),
            Self::Kill => (3, 0),
            Self::Signal(signal) => (4, signal_number(signal)),
        };
        pack(kind, value)
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, value) = unpack(bytes)?;
        match kind {
            0 => Some(Self::Go),
            4 => signal_of(value).map(Self::Signal),
            queued => Self::of_value(queued),
        }
    }

    pub(super) fn of_value(value: i32) -> Option<Self> {
        match value {
            1 => Some(Self::Ask),
            2 => Some(Self::AskTree),
            3 => Some(Self::Kill),
            _ => None,
        }
    }
}

impl Word {
    pub(super) fn encode(self) -> [u8; 8] {
        match self {
            Self::Started(pid) => pack(0, pid.raw()),
            Self::Failed(step, errno) => pack(10 + step as i32, errno),
            Self::Executed => pack(1, 0),
            Self::Kept(pid) => pack(2, pid.raw()),
            Self::LeaderEnded(outcome) => pack_outcome(20, outcome),
            Self::Ended(outcome) => pack_outcome(30, outcome),
        }
    }

    /// Reads a message of a guard; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, value) = unpack(bytes)?;
        match kind {
            0 => Pid::new(value).map(Self::Started),
            1 => Some(Self::Executed),
            2 => Pid::new(value).map(Self::Kept),
            10..=14 => Some(Self::Failed(STEPS[usize::try_from(kind - 10).ok()?], value)),
            20..=22 => Some(Self::LeaderEnded(unpack_outcome(kind - 20, value))),
            30..=32 => Some(Self::Ended(unpack_outcome(kind - 30, value))),
            _ => None,
        }
    }
}

fn pack(kind: i32, value: i32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    bytes[4..].copy_from_slice(&value.to_le_bytes());
    bytes
}

fn unpack(bytes: &[u8]) -> Option<(i32, i32)> {
    let (kind, value) = bytes.split_first_chunk::<4>()?;
    let value = value.first_chunk::<4>()?;
    Some((i32::from_le_bytes(*kind), i32::from_le_bytes(*value)))
}

fn pack_outcome(base: i32, outcome: Outcome) -> [u8; 8] {
    match outcome {
        Outcome::Exited(code) => pack(base, code),
        Outcome::Signaled(number) => pack(base + 1, number),
        Outcome::Unknown => pack(base + 2, 0),
    }
}

fn unpack_outcome(kind: i32, value: i32) -> Outcome {
    match kind {
        0 => Outcome::Exited(value),
        1 => Outcome::Signaled(value),
        _ => Outcome::Unknown,
    }
}

const STEPS: [Step; 5] = [Step::Fork, Step::Lock, Step::Directory, Step::Setup, Step::Execute];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_orders_survive_the_journey() {
        let words = [
            Word::Failed(Step::Execute, 2),
            Word::Executed,
            Word::LeaderEnded(Outcome::Exited(7)),
            Word::Ended(Outcome::Signaled(9)),
            Word::Ended(Outcome::Unknown),
        ];
        for word in words {
            assert_eq!(Word::decode(&word.encode()), Some(word));
        }
        for order in
            [Order::Go, Order::Ask, Order::AskTree, Order::Kill, Order::Signal(Signal::Usr1)]
        {
            assert_eq!(Order::decode(&order.encode()), Some(order));
        }
        assert_eq!(Word::decode(&[0; 8]), None);
    }
}
