//! The stop of everything, driven from the loop: phases 1 and 2 through the
//! guards, then 3 to 5 at once, when nothing of ours is left to wait for.

use super::clients::Request;
use super::fleet::{FLUSH_LIMIT, Fleet};
use super::input::Input;
use super::{launch, notices};
use crate::api;
use crate::docker::Hurry;
use crate::exit::Status;
use crate::ledger::HistoryEvent;
use crate::model::{Event, Progress, Report, State, Verdict};
use crate::os::front::Note;
use crate::shutdown::{
    Act, Force, Forced, Graceful, Options as StopOptions, Rules, Scope, Tally, Unit as StopUnit,
};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

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
    /// Phase 4 is on: the bell for whoever loses patience.
    Containers(Hurry),
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
            Self::No | Self::Emptied(_) | Self::Containers(_) | Self::Left => None,
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
                    front.get_ref().suspended();
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
                self.hub.say(notices::forcing(self.look));
                self.hurry();
            }
            Stopping::Containers(hurry) if !hurry.was_asked() => {
                self.hub.say(notices::forcing(self.look));
                hurry.ask();
            }
            Stopping::Killing(_) | Stopping::Containers(_) if *why == Why::Interrupt => {
                self.hub.say(notices::leaving(self.look));
                self.status = Status::Left;
                self.stopping = Stopping::Left;
            }
            Stopping::Killing(_)
            | Stopping::Containers(_)
            | Stopping::Emptied(_)
            | Stopping::Left => {}
        }
    }

    /// Asks everything to stop, dependents first.
    pub(super) fn begin_stop(&mut self, why: &Why) {
        self.begin_stop_as(why, self.options.grace, false);
    }

    fn begin_stop_as(&mut self, why: &Why, grace: Option<Duration>, force: bool) {
        if self.stopping.is_on() {
            return;
        }
        // A stop that was asked for is no failure, whatever failed before.
        if !matches!(why, Why::Ended(_)) {
            self.status = Status::Ok;
            self.asked_to_end = true;
        }
        if let Some(words) = notices::stopping(why, self.look) {
            self.hub.say(words);
        }
        self.reach.force |= force;
        let units = self.stop_units();
        let now = Instant::now();
        let scope = self.scope();
        let tally = Tally::take(&scope, now);
        self.scope = Some(scope);
        let options = StopOptions { force, grace, ..StopOptions::default() };
        let mut said = Vec::new();
        let (graceful, acts) =
            Graceful::begin(tally, units, options, now, &mut |progress| said.push(progress));
        self.stopping = Stopping::Asking(graceful);
        self.recall_the_unstarted();
        self.report(said);
        self.carry_out(acts);
        self.tick_stop(Instant::now());
    }

    fn stop_units(&self) -> Vec<StopUnit> {
        let mut units = Vec::new();
        for (id, unit) in self.units.iter().enumerate() {
            let Some(pid) = super::fleet::pid_of(unit) else { continue };
            units.push(StopUnit {
                id,
                instance: unit.instance.clone(),
                level: unit.level,
                grace: self.grace(id),
                signal: self.project.services[unit.service].stop.signal,
                pid,
            });
        }
        units
    }

    /// What has no process yet will not get one.
    fn recall_the_unstarted(&mut self) {
        for at in 0..self.units.len() {
            match self.units[at].state {
                State::Pending { .. }
                | State::Delayed { .. }
                | State::Ordered { .. }
                | State::Recalled { .. } => self.apply(at, Event::Stop),
                _ => {}
            }
        }
    }

    fn carry_out(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Ask(at) => self.apply(at, Event::Stop),
                Act::Kill(at) => self.apply(at, Event::Force),
                // The unit's own state does that when its leader ends.
                Act::AskTree(_) => {}
            }
        }
    }

    /// A unit's tree is empty.
    pub(super) fn stop_unit_ended(&mut self, at: usize) {
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let acts = match &mut self.stopping {
            Stopping::Asking(graceful) => graceful.ended(at, Instant::now(), &mut say),
            Stopping::Killing(force) => {
                force.ended(at);
                Vec::new()
            }
            Stopping::No | Stopping::Emptied(_) | Stopping::Containers(_) | Stopping::Left => {
                return;
            }
        };
        self.report(said);
        self.carry_out(acts);
    }

    fn hurry(&mut self) {
        self.reach.force = true;
        let mut said = Vec::new();
        match &mut self.stopping {
            Stopping::Asking(graceful) => graceful.hurry(&mut |progress| said.push(progress)),
            Stopping::Containers(hurry) => hurry.ask(),
            Stopping::No | Stopping::Killing(_) | Stopping::Emptied(_) | Stopping::Left => {}
        }
        self.report(said);
        self.tick_stop(Instant::now());
    }

    /// Moves the stop on, as far as it can go now.
    pub(super) fn tick_stop(&mut self, now: Instant) {
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let mut acts = Vec::new();
        let recalled = self.units.iter().any(|unit| matches!(unit.state, State::Recalled { .. }));
        self.stopping = match std::mem::replace(&mut self.stopping, Stopping::No) {
            Stopping::Asking(mut graceful) => {
                acts.extend(graceful.tick(now, &mut say));
                if graceful.is_over() {
                    let (force, kills) = graceful.finish(now);
                    acts.extend(kills);
                    Stopping::Killing(force)
                } else {
                    Stopping::Asking(graceful)
                }
            }
            Stopping::Killing(force) if force.is_over(now) && !recalled => Stopping::Emptied(force),
            Stopping::Killing(force) => Stopping::Killing(force),
            other @ (Stopping::No
            | Stopping::Emptied(_)
            | Stopping::Containers(_)
            | Stopping::Left) => other,
        };
        self.report(said);
        let more = !acts.is_empty();
        self.carry_out(acts);
        let killed = matches!(&self.stopping, Stopping::Killing(force) if force.is_over(now));
        if more || (killed && !recalled) {
            self.tick_stop(now);
        }
    }

    /// Shows progress here and to whoever asked for the stop.
    pub(super) fn report(&mut self, said: Vec<Progress>) {
        for progress in said {
            if let Some(words) = crate::ui::stop::line(&progress, self.look) {
                self.hub.say(words);
            }
            self.askers.retain(|asker| asker.send(api::Reply::Progress(progress.clone())).is_ok());
        }
    }

    /// Phases 3 to 5, and the end of the run.
    pub(super) async fn end(&mut self, inputs: &mut UnboundedReceiver<Input>) -> Status {
        let stopping = std::mem::replace(&mut self.stopping, Stopping::Left);
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let scope = self.scope.take().unwrap_or_else(|| self.scope());
        let forced = match stopping {
            Stopping::Emptied(force) => force.finish(&mut say),
            Stopping::Left => {
                self.hub.flush(FLUSH_LIMIT);
                return Status::Left;
            }
            // Everything ended by itself; the end is proven all the same.
            Stopping::No | Stopping::Asking(_) | Stopping::Killing(_) | Stopping::Containers(_) => {
                Forced::skipped(Tally::new(&scope, Instant::now()), &mut |_| ())
            }
        };
        let swept = forced.sweep(&scope, &mut say);
        self.report(said);
        let errand = self.errand();
        let ControlFlow::Continue(outcome) = self.remove_containers(&errand, inputs).await else {
            self.hub.flush(FLUSH_LIMIT);
            return Status::Left;
        };
        let mut said = Vec::new();
        let mut say = |progress: Progress| said.push(progress);
        let torn = swept.containers_done(&errand, outcome, &mut say);
        let mut report = torn.verify(&scope, &mut say);
        self.report(said);
        // Whoever started something wants to hear that it is gone, also where
        // it went by itself.
        if report.verdict == Verdict::Nothing {
            report.verdict = Verdict::Clean;
        }
        self.finish(&report)
    }

    /// What the stop is about: all that was recorded when it began, and every
    /// port that a unit of this run has promised to listen on.
    fn scope(&self) -> Scope {
        let mut scope = Scope::of_run(&self.ledger);
        scope.ports = self.promised_ports();
        scope.rules = Rules::new(&self.project.shutdown);
        scope
    }

    fn promised_ports(&self) -> Vec<(u16, String)> {
        let declared = |unit: &super::unit::Unit| {
            notices::is_declared(self.project.services[unit.service].port)
        };
        let promised = self.units.iter().filter(|unit| unit.starts > 0 && declared(unit));
        promised.filter_map(|unit| Some((unit.port?, unit.instance.to_string()))).collect()
    }

    fn finish(&mut self, report: &Report) -> Status {
        let _ = self.ledger.history(&HistoryEvent::Reported { report: Box::new(report.clone()) });
        self.hub.say(crate::ui::stop::verdict(report, self.look));
        let left = report.verdict == Verdict::Left;
        if let Some(socket) = &self.ledger.header().socket {
            let _ = std::fs::remove_file(socket);
        }
        if !left && let Err(error) = self.ledger.end() {
            self.hub
                .say(format!("! the tracking files can't be removed: {}", launch::plain(&error)));
        }
        for asker in std::mem::take(&mut self.askers) {
            let _ = asker.send(api::Reply::Report(Box::new(report.clone())));
        }
        match self.status {
            Status::Ok if left => Status::Left,
            status => status,
        }
    }

    /// Lets the stream out to its last line. A pipe that is read slowly, or late
    /// as by a pager, is waited for as long as nobody asks for the end.
    pub(super) async fn let_out(&mut self, inputs: &mut UnboundedReceiver<Input>) {
        if !self.asked_to_end && !self.options.terminal {
            let (done, mut out) = tokio::sync::oneshot::channel();
            let hub = self.hub.clone();
            let waits = move || done.send(hub.flush(Duration::MAX));
            let waiting = std::thread::Builder::new().name("flush".to_owned()).spawn(waits);
            while waiting.is_ok() {
                tokio::select! {
                    _ = &mut out => return,
                    input = inputs.recv() => if input.is_none_or(|input| input.asks_to_end()) {
                        break;
                    }
                }
            }
        }
        self.hub.flush(FLUSH_LIMIT);
    }

    /// Somebody asks over the control socket.
    pub(super) fn asked(&mut self, request: Request) {
        match request.what.verb {
            _ if request.what.version != api::VERSION => {
                let words = format!("this supervisor speaks version {}", api::VERSION);
                let _ = request.answers.send(api::Reply::Error(words));
            }
            api::Verb::Hello => {
                let header = self.ledger.header();
                let greeting = api::Greeting {
                    root: header.root.clone(),
                    run: header.run,
                    pid: header.supervisor.pid,
                };
                let _ = request.answers.send(api::Reply::Hello(greeting));
            }
            api::Verb::Down { force, grace, volumes } => {
                self.reach.whole_project(volumes);
                self.asked_down(force, grace, request.answers);
            }
            api::Verb::Detach { command, directory, environment } => {
                let answer = self.detach(&command, &directory, &environment);
                let _ = request.answers.send(answer);
            }
        }
    }

    fn detach(
        &self,
        command: &[String],
        directory: &Path,
        environment: &[(String, String)],
    ) -> api::Reply {
        let open_files = self.forker.open_files();
        match crate::os::detach::start(command, directory, environment, open_files) {
            Ok(pid) => api::Reply::Detached(pid),
            Err(error) => {
                let name = command.first().map_or("", String::as_str);
                api::Reply::Error(format!("`{name}` can't be started: {}", launch::plain(&error)))
            }
        }
    }

    fn asked_down(
        &mut self,
        force: bool,
        grace: Option<Duration>,
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
