//! Instances that run already when the loop begins: taken over from a dead
//! supervisor, or from the program that this one was before.

use super::fleet::{Fleet, Summary};
use super::letter::{Letter, LiveLetter, UnitLetter};
use super::unit::{Last, Live};
use super::{Parts, notices, starts};
use crate::exit::Status;
use crate::ledger::{self, Ledger, Location};
use crate::log::{Begun, Channel as Stream, Handed};
use crate::model::{Health, Pid, State};
use crate::os::channel::Channel;
use crate::os::forker::Forker;
use crate::os::front::FrontLink;
use crate::os::lock::Locked;
use crate::os::process::Handle;
use crate::os::reexec::{inherited, read_letter};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

/// One of them.
pub(super) struct Going {
    /// `None`: it has just ended, and its last words wait in the channel.
    pub guard: Option<Handle>,
    pub leader: Pid,
    pub channel: Channel,
    pub terminal: Option<OwnedFd>,
    pub input: Option<OwnedFd>,
    pub outputs: Vec<(Stream, OwnedFd)>,
    pub begun: Begun,
    pub since: Duration,
    pub health: Health,
    /// For how long it has been healthy.
    pub healthy: Option<Duration>,
    pub tries: u32,
}

/// What the loop goes on with.
#[derive(Default)]
pub enum Inheritance {
    /// Nothing: a new run.
    #[default]
    Nothing,
    /// What a dead supervisor's guards have kept.
    Kept(super::adopt::Heritage),
    /// What this process supervised as another program.
    Handed(Box<HandedOver>),
}

/// See [`Inheritance::Handed`].
pub struct HandedOver {
    letter: Letter,
}

/// What [`take`] makes of a letter.
pub struct Succession {
    /// For the loop.
    pub inheritance: Inheritance,
    /// What starts processes.
    pub forker: Forker,
    /// The front, if there still is one.
    pub front: Option<FrontLink>,
    /// The control socket.
    pub listener: UnixListener,
    /// The ledger of the run.
    pub ledger: Ledger,
    /// The resolved project.
    pub project: crate::model::Project,
    /// What was asked for.
    pub options: super::Options,
}

/// Reads the letter of the program that this process was.
pub fn take(number: i32) -> io::Result<Succession> {
    let text = read_letter(inherited(number)?)?;
    let letter: Letter = serde_json::from_slice(&text)?;
    let [life, life_read] = letter.life;
    let forker = Forker::go_on(inherited(life)?, inherited(life_read)?, letter.open_files)?;
    let front = letter.front.map(inherited).transpose()?.map(FrontLink::from_fd);
    let lock = Locked::from_fd(inherited(letter.run_lock)?);
    let none = || io::Error::other("the ledger is gone");
    let location = Location::find(&letter.project.root).ok().flatten().ok_or_else(none)?;
    let book = ledger::read(&location).book.ok_or_else(none)?;
    Ok(Succession {
        forker,
        front,
        listener: inherited(letter.listener)?.into(),
        ledger: Ledger::go_on(location, book, lock)?,
        project: letter.project.clone(),
        options: letter.options.clone(),
        inheritance: Inheritance::Handed(Box::new(HandedOver { letter })),
    })
}

impl Fleet {
    /// Goes on with what is there.
    pub(super) fn inherit(&mut self, inheritance: Inheritance) {
        match inheritance {
            Inheritance::Nothing => {}
            Inheritance::Kept(heritage) => self.take_over(heritage),
            Inheritance::Handed(handed) => self.go_on(handed.letter),
        }
    }

    fn go_on(&mut self, letter: Letter) {
        self.handed_over = letter.handed_over;
        self.desk.begin_at(letter.next_event);
        if letter.summary_shown {
            self.summary = Summary::Shown;
        }
        if letter.failed {
            self.status = Status::Error;
        }
        for unit in letter.units {
            let name = unit.instance.to_string();
            if let Err(error) = self.go_on_with(unit) {
                self.say(format!("! {name} can't be taken over: {error}"));
            }
        }
        self.say(notices::reloaded(&letter.from, self.look));
    }

    fn go_on_with(&mut self, letter: UnitLetter) -> io::Result<()> {
        let Some(at) = self.units.iter().position(|unit| unit.instance == letter.instance) else {
            return Ok(());
        };
        let now = Instant::now();
        let ago = |time: Duration| now.checked_sub(time).unwrap_or(now);
        let unit = &mut self.units[at];
        unit.remember(letter.course);
        unit.health.last_error = letter.last_error;
        unit.pause = letter.pause.map(|left| now + left);
        unit.last = letter.last.map(|last| Last {
            pid: last.pid,
            since: ago(last.since),
            outcome: last.outcome,
            until: last.until.map(ago),
        });
        if matches!(letter.state, State::Ordered { .. }) {
            self.starts.push_back(at);
        }
        unit.state = letter.state;
        match letter.live {
            Some(live) => self.take_in_handed(at, &live),
            None => Ok(()),
        }
    }

    fn take_in_handed(&mut self, at: usize, live: &LiveLetter) -> io::Result<()> {
        let State::Running { health, tries, .. } = self.units[at].state else {
            return Err(io::Error::other("it does not run"));
        };
        let Handed { streams, begun } = live.handed()?;
        let going = Going {
            guard: Handle::open(&live.guard)?,
            leader: live.leader,
            channel: Channel::from_fd(inherited(live.channel)?),
            terminal: live.terminal.map(inherited).transpose()?,
            input: live.input.map(inherited).transpose()?,
            outputs: streams,
            begun,
            since: live.since,
            health,
            healthy: live.healthy,
            tries,
        };
        self.take_in(at, going)
    }

    /// Goes on with an instance that runs.
    pub(super) fn take_in(&mut self, at: usize, going: Going) -> io::Result<()> {
        let Going { guard, leader, channel, terminal, input, outputs, begun, tries, .. } = going;
        let now = Instant::now();
        let ago = |time: Duration| now.checked_sub(time).unwrap_or(now);
        let channel = self.hear(at, channel)?;
        let (health, asking, watcher) = self.watch_on(at, going.health);
        let source = starts::source(&self.units[at], self.log_of(at), watcher, outputs);
        self.hub.go_on(source, begun);
        if let Some(master) = &terminal {
            crate::os::pty::resize(master, self.size);
        }
        let since = ago(going.since);
        let unit = &mut self.units[at];
        unit.last = Some(Last { pid: leader, since, outcome: None, until: None });
        unit.live = Some(Live {
            channel,
            guard,
            leader: Some(leader),
            terminal,
            input,
            since,
            failed: None,
            executed: true,
            asking,
            healthy: going.healthy.map(ago),
        });
        unit.state = State::Running { pid: leader, health, tries };
        self.ask_or_not(at);
        Ok(())
    }
}

impl Parts {
    /// The names that its stream shows.
    pub fn names(project: &crate::model::Project, wanted: &[usize]) -> Vec<String> {
        let services = wanted.iter().map(|&at| &project.services[at]);
        let instances = services.flat_map(|service| {
            (1..=service.replicas).map(|number| {
                crate::model::InstanceName::new(&service.name, number, service.replicas)
            })
        });
        instances.map(|instance| instance.to_string()).collect()
    }
}
