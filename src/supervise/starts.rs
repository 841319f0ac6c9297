//! How a unit is started: ordered from the forker, recorded when guard and
//! leader are known, let go when the ledger is written.

use super::environment::Who;
use super::fleet::Fleet;
use super::health::Asking;
use super::launch::{self, Start};
use super::unit::{Last, Live};
use super::{errands, input, notices};
use crate::ledger::Entry;
use crate::log::{Rotation, Source};
use crate::model::{Event, LogRules, State};
use crate::os::channel::Channel;
use crate::os::forker::Reply;
use crate::os::guard::Word;
use crate::os::lock::LockId;
use crate::os::process::Identity;
use crate::os::ready::watch;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;

impl Fleet {
    pub(super) fn start(&mut self, at: usize) {
        // Stopped before its turn came.
        if !matches!(self.units[at].state, State::Ordered { .. }) {
            return self.apply(at, Event::SpawnFailed(String::new()));
        }
        match self.order_start(at) {
            Ok(()) => self.under_way += 1,
            Err(why) => self.apply(at, Event::SpawnFailed(why)),
        }
    }

    pub(super) fn order_start(&mut self, at: usize) -> Result<(), String> {
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let who = Who { service, instance: &unit.instance, number: unit.number, port: unit.port };
        let start =
            launch::prepare(&self.launching(), &who, self.ledger.lock_path(&unit.instance))?;
        self.remove_stale_socket(at);
        let (asking, watcher) = self.watch_next(at);
        let Start { launch, care, streams, outputs, terminal, channel: (ours, theirs) } = start;
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        self.forker
            .request(id, &launch, care, &streams, &theirs)
            .map_err(|error| format!("the forker can't be asked: {error}"))?;
        let file = service.log.file.clone().unwrap_or_else(|| self.ledger.log_path(&unit.instance));
        let LogRules { max_size, max_files, .. } = service.log;
        let source = Source {
            id: unit.source,
            name: unit.instance.to_string(),
            file: Some(file),
            rotation: Rotation { max_size, max_files },
            watcher,
            streams: outputs,
        };
        self.hub.add(source);
        self.listen_to(at, ours, terminal, asking).map_err(|error| format!("no channel: {error}"))
    }

    pub(super) fn listen_to(
        &mut self,
        at: usize,
        ours: Channel,
        terminal: Option<OwnedFd>,
        asking: Asking,
    ) -> io::Result<()> {
        ours.set_nonblocking()?;
        let channel = Rc::new(watch(ours)?);
        let unit = &mut self.units[at];
        unit.starts += 1;
        let hears = input::hear_guard(Rc::clone(&channel), at, unit.starts, self.inputs.clone());
        tokio::task::spawn_local(hears);
        unit.live = Some(Live {
            channel,
            guard: None,
            leader: None,
            terminal,
            since: Instant::now(),
            failed: None,
            asking,
            healthy: None,
        });
        Ok(())
    }

    /// What every start of this run needs.
    pub(super) fn launching(&self) -> launch::Run<'_> {
        launch::Run {
            project: &self.project,
            options: &self.options,
            id: self.run,
            marker: self.marker,
            size: self.size,
        }
    }

    pub(super) fn hear_forker(&mut self) -> io::Result<()> {
        while let Some(reply) = self.forker.reply()? {
            self.forked(reply);
        }
        Ok(())
    }

    pub(super) fn replace_forker(&mut self) {
        self.under_way = 0;
        if let Err(error) = self.forker.replace() {
            self.hub.say(format!("! the forker died and can't be replaced: {error}"));
        }
    }

    pub(super) fn forked(&mut self, reply: Reply) {
        self.under_way = self.under_way.saturating_sub(1);
        match reply {
            // Errands hear from their guards.
            Reply::Forked(id, guard) if id >= errands::FIRST => self.errands.forked(id, guard),
            Reply::Failed(id, _) if id >= errands::FIRST => {}
            Reply::Forked(id, guard) => {
                let at = id as usize;
                if let Some(live) = self.units.get_mut(at).and_then(|unit| unit.live.as_mut()) {
                    live.guard = Some(guard);
                    self.record_if_complete(at);
                }
            }
            Reply::Failed(id, number) => {
                let at = id as usize;
                let why = launch::plain(&io::Error::from_raw_os_error(number));
                self.units[at].live = None;
                self.apply(at, Event::SpawnFailed(format!("no process could be made: {why}")));
            }
        }
    }

    pub(super) fn told(&mut self, at: usize, word: Word) {
        match word {
            Word::Started(pid) => {
                if let Some(live) = &mut self.units[at].live {
                    live.leader = Some(pid);
                    let since = live.since;
                    self.units[at].last = Some(Last { pid, since, outcome: None, until: None });
                }
                self.record_if_complete(at);
            }
            Word::Failed(step, number) => {
                let unit = &self.units[at];
                let service = &self.project.services[unit.service];
                let why = launch::failed_step(step, number, service, &unit.instance);
                self.start_failed(at, why);
            }
            Word::LeaderEnded(outcome) => self.leader_ended(at, outcome),
            Word::Ended(outcome) => self.ended(at, outcome),
        }
    }

    /// Its program does not run. While its gate is closed that counts once
    /// nothing is left of the start.
    fn start_failed(&mut self, at: usize, why: String) {
        if let Some(live) = &mut self.units[at].live {
            live.failed = Some(why.clone());
        }
        if matches!(self.units[at].state, State::Running { .. }) {
            self.apply(at, Event::SpawnFailed(why));
        }
    }

    /// Guard and leader are both known: into the ledger, then through the gate.
    pub(super) fn record_if_complete(&mut self, at: usize) {
        let unit = &self.units[at];
        let Some(live) = &unit.live else { return };
        let (Some(guard), Some(leader)) = (&live.guard, live.leader) else { return };
        let service = &self.project.services[unit.service];
        let Ok(Some(identity)) = Identity::read(leader) else { return };
        let entry = Entry {
            instance: unit.instance.clone(),
            service: service.name.clone(),
            guard: *guard.identity(),
            leader: identity,
            pgid: leader,
            sid: leader,
            level: unit.level,
            signal: service.stop.signal,
            grace: self.grace(at),
            port: unit.port.filter(|_| notices::is_declared(service.port)),
            state: unit.state.phase(),
            lock: LockId::of(&self.ledger.lock_path(&unit.instance)).ok(),
        };
        self.ledger.record(entry);
        self.ledger_dirty = true;
        self.apply(at, Event::Spawned(leader));
    }

    /// The ledger can't be written: what waits at its gate must not run.
    pub(super) fn unrecorded(&mut self, error: &io::Error) {
        let why = format!("the ledger can't be written: {}", launch::plain(error));
        for at in std::mem::take(&mut self.gates) {
            self.start_failed(at, why.clone());
        }
    }
}
