//! The stop of everything, driven from the loop: phases 1 and 2 through the
//! guards, then 3 to 5 at once, when nothing of ours is left to wait for.

use super::clients::Request;
use super::fleet::{FLUSH_LIMIT, Fleet};
use super::{launch, notices};
use crate::api;
use crate::exit::Status;
use crate::model::{Event, Progress, Report, State, Verdict};
use crate::os::front::Note;
use crate::shutdown::{Act, Force, Graceful, Scope, Unit as StopUnit};
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;

/// Why everything is to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or `down` from elsewhere.
    Asked,
    /// The terminal, or the front, is gone.
    TerminalGone,
    /// Nobody reads our output any more.
    ReaderGone,
    /// This instance ended, and one end ends all.
    Ended(String),
}

/// How far the stop is.
pub(super) enum Stopping {
    No,
    Asking(Graceful),
    Killing(Force),
    /// Phases 1 and 2 are over: what came of them.
    Emptied(Force),
    /// The third Ctrl-C: leave everything to the guards.
    Left,
}

impl Stopping {
    pub fn is_on(&self) -> bool {
        !matches!(self, Self::No)
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Emptied(_) | Self::Left)
    }

    pub fn wakes_at(&self) -> Option<Instant> {
        match self {
            Self::Asking(graceful) => graceful.wakes_at(),
            Self::Killing(force) => force.wakes_at(),
            Self::No | Self::Emptied(_) | Self::Left => None,
        }
    }
}

impl Fleet {
    /// What the front passes on.
    pub(super) fn noted(&mut self, note: Note) {
        match note {
            Note::Interrupt => self.escalate(&Why::Interrupt),
            Note::Terminate => self.escalate(&Why::Asked),
            Note::Hangup | Note::Gone => {
                self.hub.screen(false);
                self.begin_stop(&Why::TerminalGone);
            }
            Note::Suspend => {
                self.hub.screen(false);
                if let Some(front) = &self.front {
                    front.suspended();
                }
            }
            Note::Resume => self.hub.screen(true),
            Note::Enter => self.hub.separator(),
            Note::Resize => self.resize(),
        }
    }

    /// A signal that was sent to the supervisor itself.
    pub(super) fn signalled(&mut self, number: i32) {
        match number {
            signal_hook::consts::SIGHUP => self.begin_stop(&Why::TerminalGone),
            signal_hook::consts::SIGINT => self.escalate(&Why::Interrupt),
            _ => self.escalate(&Why::Asked),
        }
    }

    /// Once: ask. Twice: kill. Three times: leave.
    fn escalate(&mut self, why: &Why) {
        match &self.stopping {
            Stopping::No => self.begin_stop(why),
            Stopping::Asking(_) => {
                self.hub.say(notices::forcing(self.style));
                self.hurry();
            }
            Stopping::Killing(_) if *why == Why::Interrupt => {
                self.hub.say(notices::leaving(self.style));
                self.status = Status::Left;
                self.stopping = Stopping::Left;
            }
            Stopping::Killing(_) | Stopping::Emptied(_) | Stopping::Left => {}
        }
    }

    /// Asks everything to stop, dependents first.
    pub(super) fn begin_stop(&mut self, why: &Why) {
        self.begin_stop_as(why, self.options.grace, false);
    }

    fn begin_stop_as(&mut self, why: &Why, grace: Option<std::time::Duration>, force: bool) {
        if self.stopping.is_on() {
            return;
        }
        if let Some(words) = notices::stopping(self.style, why) {
            self.hub.say(words);
        }
        let units = self.stop_units(grace);
        let mut said = Vec::new();
        let (graceful, acts) =
            Graceful::begin(units, force, Instant::now(), &mut |progress| said.push(progress));
        self.stopping = Stopping::Asking(graceful);
        self.recall_the_unstarted();
        self.report(said);
        self.carry_out(acts);
        self.tick_stop(Instant::now());
    }

    fn stop_units(&self, grace: Option<std::time::Duration>) -> Vec<StopUnit> {
        let mut units = Vec::new();
        for (id, unit) in self.units.iter().enumerate() {
            let Some(pid) = super::fleet::pid_of(unit) else { continue };
            units.push(StopUnit {
                id,
                instance: unit.instance.clone(),
                level: unit.level,
                grace: grace.unwrap_or_else(|| self.grace(id)),
                signal: self.project.services[unit.service].stop.signal,
                pid,
            });
        }
        units
    }

    /// What has no process yet will not get one.
    fn recall_the_unstarted(&mut self) {
        for at in 0..self.units.len() {
            if matches!(self.units[at].state, State::Pending | State::Ordered) {
                self.apply(at, Event::Stop);
            }
        }
    }

    fn carry_out(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Ask(at) => self.apply(at, Event::Stop),
                Act::Kill(at) => self.apply(at, Event::Force),
            }
        }
    }

    /// A unit's tree is empty.
    pub(super) fn stop_unit_ended(&mut self, at: usize) {
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let acts = match &mut self.stopping {
            Stopping::Asking(graceful) => graceful.ended(at, Instant::now(), &mut say),
            Stopping::Killing(force) => force.ended(at, Instant::now(), &mut say),
            Stopping::No | Stopping::Emptied(_) | Stopping::Left => return,
        };
        self.report(said);
        self.carry_out(acts);
    }

    fn hurry(&mut self) {
        if let Stopping::Asking(graceful) = &mut self.stopping {
            graceful.hurry();
        }
        self.tick_stop(Instant::now());
    }

    /// Moves the stop on, as far as it can go now.
    pub(super) fn tick_stop(&mut self, now: Instant) {
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let mut acts = Vec::new();
        let recalled =
            self.units.iter().any(|unit| matches!(unit.state, State::Recalled { .. }));
        self.stopping = match std::mem::replace(&mut self.stopping, Stopping::No) {
            Stopping::Asking(mut graceful) => {
                acts.extend(graceful.tick(now, &mut say));
                if graceful.is_over() {
                    let (force, kills) = graceful.finish(now, &mut say);
                    acts.extend(kills);
                    Stopping::Killing(force)
                } else {
                    Stopping::Asking(graceful)
                }
            }
            Stopping::Killing(mut force) => {
                acts.extend(force.tick(now, &mut say));
                if force.is_over() && !recalled {
                    Stopping::Emptied(force)
                } else {
                    Stopping::Killing(force)
                }
            }
            other @ (Stopping::No | Stopping::Emptied(_) | Stopping::Left) => other,
        };
        self.report(said);
        let more = !acts.is_empty();
        self.carry_out(acts);
        if more || matches!(&self.stopping, Stopping::Killing(force) if force.is_over() && !recalled) {
            self.tick_stop(now);
        }
    }

    /// Shows progress here and to whoever asked for the stop.
    fn report(&mut self, said: Vec<Progress>) {
        for progress in said {
            if let Some(words) = crate::ui::stop::line(&progress, self.style) {
                self.hub.say(words);
            }
            self.askers.retain(|asker| asker.send(api::Reply::Progress(progress.clone())).is_ok());
        }
    }

    /// Phases 3 to 5, and the end of the run.
    pub(super) fn end(&mut self) -> Status {
        let stopping = std::mem::replace(&mut self.stopping, Stopping::Left);
        let force = match stopping {
            Stopping::Emptied(force) => force,
            Stopping::Left => {
                self.hub.flush(FLUSH_LIMIT);
                return Status::Left;
            }
            // Everything ended by itself; the end is proven all the same.
            Stopping::No | Stopping::Asking(_) | Stopping::Killing(_) => Force::nothing(),
        };
        let quiet = !matches!(self.status, Status::Ok);
        let report = self.prove(force);
        let _ = quiet;
        self.finish(&report)
    }

    fn prove(&mut self, force: Force) -> Report {
        let scope = Scope::of_run(&self.project.root, &self.ledger);
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let swept = force.finish(&mut say).sweep(&scope, &mut say);
        let report = swept.containers(&mut say).verify(&scope, &mut say);
        self.report(said);
        report
    }

    fn finish(&mut self, report: &Report) -> Status {
        self.hub.say(crate::ui::stop::verdict(report, self.style));
        for asker in std::mem::take(&mut self.askers) {
            let _ = asker.send(api::Reply::Report(Box::new(report.clone())));
        }
        let left = report.verdict == Verdict::Left;
        if let Err(error) = self.ledger.end(left) {
            self.hub.say(format!("! the tracking files can't be removed: {}", launch::plain(&error)));
        }
        self.hub.flush(FLUSH_LIMIT);
        match self.status {
            Status::Ok if left => Status::Left,
            status => status,
        }
    }

    /// Somebody asks over the control socket.
    pub(super) fn asked(&mut self, request: Request) {
        match request.what.verb {
            api::Verb::Hello => {
                let _ = request.answers.send(api::Reply::Hello);
            }
            api::Verb::Down { force, grace } => self.asked_down(force, grace, request.answers),
        }
    }

    fn asked_down(
        &mut self,
        force: bool,
        grace: Option<std::time::Duration>,
        asker: UnboundedSender<api::Reply>,
    ) {
        self.askers.push(asker);
        if self.stopping.is_on() {
            if force {
                self.hurry();
            }
            return;
        }
        self.begin_stop_as(&Why::Asked, grace.or(self.options.grace), force);
    }

    fn resize(&mut self) {
        self.size = super::Parts::terminal_size(self.options.prefix_width);
        if let Some(own) = crate::os::pty::size(std::io::stdout()) {
            self.hub.resize(own.columns);
        }
        for unit in &self.units {
            if let Some(master) = unit.live.as_ref().and_then(|live| live.terminal.as_ref()) {
                crate::os::pty::resize(master, self.size);
            }
        }
    }
}
