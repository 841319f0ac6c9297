//! Becoming another program, mostly a newer devsup, while everything runs: the
//! supervisor executes it in its own place. The pid stays, so that the front and
//! the guards see nothing; locks, sockets and streams stay open; what is not in
//! a descriptor goes along as a letter. Lines that were read in part go with
//! it, so that none is lost or doubled.
//!
//! A moment is waited for at which nothing is on its way up or down.

use super::fleet::{FLUSH_LIMIT, Fleet, Summary};
use super::letter::{FORM, LastLetter, Letter, LiveLetter, UnitLetter, streams};
use super::unit::{Live, Unit};
use super::{launch, notices};
use crate::api::desk::Answer;
use crate::api::{Code, Fault, Greeting, ReloadWish};
use crate::exit::Status;
use crate::log::{Handed, SourceId};
use crate::model::State;
use crate::os::reexec::{self, execute, number};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The first argument that makes the binary go on as a supervisor; the next one
/// is the letter's descriptor.
pub const ENTRY: &str = "__go-on";

/// How long a quiet moment is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A wish to become another program.
pub(super) struct Reload {
    program: PathBuf,
    answer: Option<Answer<Greeting>>,
    until: Instant,
}

impl Fleet {
    /// Somebody wants another program in our place.
    pub(super) fn asked_to_reload(&mut self, wish: ReloadWish, answer: Answer<Greeting>) {
        let refusal = if self.stopping.is_on() {
            Some(Fault::new(Code::Stopping, "everything is being stopped"))
        } else if self.observer.is_some() || self.options.stays {
            Some(Fault::new(
                Code::Conflict,
                "what a job or a `devsup run` has started is not reloaded",
            ))
        } else if self.reload.is_some() {
            Some(Fault::new(Code::Conflict, "it is being reloaded already"))
        } else if wish.form != FORM {
            let words = format!("devsup {} can't go on with this run", wish.devsup);
            let hint = "`devsup down` with the version that runs, then `devsup up`";
            Some(Fault::new(Code::Conflict, words).with_hint(hint))
        } else {
            None
        };
        if let Some(fault) = refusal {
            return drop(answer.send(Err(fault)));
        }
        let until = Instant::now() + LONGEST_WAIT;
        self.reload = Some(Reload { program: wish.program, answer: Some(answer), until });
    }

    /// When the wish is given up.
    pub(super) fn reload_ends_at(&self) -> Option<Instant> {
        self.reload.as_ref().map(|reload| reload.until)
    }

    /// Gives the wish up where it can't come true.
    pub(super) fn tick_reload(&mut self, now: Instant) {
        let late = self.reload_ends_at().is_some_and(|until| until <= now);
        if !late && !self.stopping.is_on() {
            return;
        }
        let Some(reload) = self.reload.take() else { return };
        let words = "something is on its way up or down, so nothing was handed over";
        if let Some(answer) = reload.answer {
            drop(answer.send(Err(Fault::new(Code::Conflict, words))));
        }
    }

    /// Whether this is the moment. Nothing new is begun while it is waited for.
    pub(super) fn may_hand_over(&self) -> bool {
        let nothing_under_way =
            self.under_way == 0 && self.gates.waiting.is_empty() && !self.stopping.is_on();
        self.reload.is_some() && nothing_under_way && self.units.iter().all(is_quiet)
    }

    /// Tells the one who asked that it happens now.
    pub(super) fn promise_reload(&mut self) {
        let greeting = self.greeting();
        if let Some(answer) = self.reload.as_mut().and_then(|reload| reload.answer.take()) {
            drop(answer.send(Ok(greeting)));
        }
    }

    /// Becomes the other program. Returns only where that fails, and then goes
    /// on as before.
    pub(super) fn hand_over(&mut self, listener: &UnixListener) {
        let Some(reload) = self.reload.take() else { return };
        if let Err(error) = self.become_another(&reload, listener) {
            let (program, why) = (reload.program.display(), launch::plain(&error));
            self.say(notices::not_reloaded(&format!("`{program}`: {why}"), self.look));
        }
    }

    fn become_another(&mut self, reload: &Reload, listener: &UnixListener) -> io::Result<()> {
        self.ledger.flush()?;
        let Some(handed) = self.hub.pause(FLUSH_LIMIT) else {
            return Err(io::Error::other("the stream is busy"));
        };
        // What is not printed now would be torn from a thread's hands.
        let error = if self.hub.flush(FLUSH_LIMIT) {
            self.execute(reload, listener, &handed)
        } else {
            io::Error::other("the reader of the output does not read")
        };
        self.hub.resume();
        Err(error)
    }

    fn execute(
        &self,
        reload: &Reload,
        listener: &UnixListener,
        handed: &HashMap<SourceId, Handed>,
    ) -> io::Error {
        let text = match serde_json::to_vec(&self.letter(listener, handed)) {
            Ok(text) => text,
            Err(error) => return error.into(),
        };
        let letter = match reexec::letter(&text) {
            Ok(letter) => letter,
            Err(error) => return error,
        };
        let mut kept = vec![letter.as_fd(), listener.as_fd(), self.ledger.lock()];
        kept.extend(self.forker.essence().0);
        kept.extend(self.front.as_ref().map(|front| front.get_ref().as_fd()));
        kept.extend(self.units.iter().filter_map(|unit| unit.live.as_ref()).flat_map(descriptors));
        let handed = handed.values().flat_map(|one| &one.streams);
        kept.extend(handed.map(|(_, fd)| fd.as_fd()));
        let letter = number(&letter).to_string();
        execute(&reload.program, &["devsup", ENTRY, &letter], &kept)
    }

    fn letter(&self, listener: &UnixListener, handed: &HashMap<SourceId, Handed>) -> Letter {
        let (life, open_files) = self.forker.essence();
        let nothing = Handed::default();
        let unit = |unit: &Unit| unit_letter(unit, handed.get(&unit.source).unwrap_or(&nothing));
        Letter {
            form: FORM,
            from: env!("CARGO_PKG_VERSION").to_owned(),
            handed_over: self.handed_over + 1,
            project: self.project.clone(),
            options: self.options.clone(),
            open_files,
            life: life.map(number),
            run_lock: number(self.ledger.lock()),
            listener: number(listener),
            front: self.front.as_ref().map(|front| number(front.get_ref())),
            next_event: self.desk.next_event(),
            summary_shown: self.summary == Summary::Shown,
            failed: self.status != Status::Ok,
            units: self.units.iter().map(unit).collect(),
        }
    }
}

fn descriptors(live: &Live) -> impl Iterator<Item = BorrowedFd<'_>> {
    let input = live.terminal.iter().chain(&live.input).map(AsFd::as_fd);
    std::iter::once(live.channel.get_ref().as_fd()).chain(input)
}

/// Whether it is neither on its way up nor on its way down.
fn is_quiet(unit: &Unit) -> bool {
    match (&unit.state, &unit.live) {
        (State::Running { .. }, Some(live)) => {
            live.executed && live.guard.is_some() && live.leader.is_some()
        }
        (
            State::Pending { .. }
            | State::Delayed { .. }
            | State::Ordered { .. }
            | State::Stopped
            | State::Completed(_)
            | State::Failed(_),
            None,
        ) => true,
        _ => false,
    }
}

fn unit_letter(unit: &Unit, handed: &Handed) -> UnitLetter {
    let last = unit.last.map(|last| LastLetter {
        pid: last.pid,
        since: last.since.elapsed(),
        outcome: last.outcome,
        until: last.until.map(|until| until.elapsed()),
    });
    let pause = unit.pause.map(|until| until.saturating_duration_since(Instant::now()));
    UnitLetter {
        instance: unit.instance.clone(),
        state: unit.state.clone(),
        course: unit.course(),
        last_error: unit.health.last_error.clone(),
        last,
        pause,
        live: unit.live.as_ref().and_then(|live| live_letter(live, handed)),
    }
}

fn live_letter(live: &Live, handed: &Handed) -> Option<LiveLetter> {
    Some(LiveLetter {
        guard: *live.guard.as_ref()?.identity(),
        leader: live.leader?,
        channel: number(live.channel.get_ref()),
        terminal: live.terminal.as_ref().map(number),
        input: live.input.as_ref().map(number),
        since: live.since.elapsed(),
        healthy: live.healthy.map(|since| since.elapsed()),
        streams: streams(handed),
        tail: handed.begun.tail.clone(),
    })
}
