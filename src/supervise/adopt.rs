//! Going on with a run whose supervisor has died: its guards have kept what
//! they guard, and hand it to whoever holds the run's lock and asks.
//!
//! Nothing is believed that is not proven: the record is judged as any is, a
//! guard is the recorded one by pid, start time and handle, and it is the
//! kernel that says who answers at its socket.

use super::fleet::Fleet;
use super::going::Going;
use super::{moves, notices};
use crate::ledger::{self, BeginError, Book, Entry, HistoryEvent, Ledger, Location, Past};
use crate::log::{Begun, Channel as Stream};
use crate::model::{Health, InstanceName, Outcome, Phase, Project, State};
use crate::os::channel::{Channel, Received};
use crate::os::guard::{Word, exit_path, socket_path};
use crate::os::process::{Handle, Identity};
use crate::os::{beside, files, lock, poll, table};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// How long a guard may take to answer. It has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest record of an exit that is read.
const EXIT_CAP: u64 = 200;

/// What goes on from an earlier supervisor.
#[derive(Default)]
pub struct Heritage {
    kept: Vec<Kept>,
    past: Vec<Past>,
    /// What ended while there was no supervisor.
    ended: Vec<Past>,
}

/// An instance that its guard has handed over.
struct Kept {
    entry: Entry,
    guard: Handle,
    channel: Channel,
    outputs: Vec<(Stream, OwnedFd)>,
    terminal: Option<OwnedFd>,
    input: Option<OwnedFd>,
}

/// A run that was taken over, before what can't be kept of it was swept.
pub struct Estate {
    /// Its ledger, locked, and not written yet.
    pub ledger: Ledger,
    /// What can be kept of it.
    pub heritage: Heritage,
    /// What the ledger said.
    pub book: Book,
}

/// Takes over what a dead supervisor's guards keep of this project; `None`
/// where there is nothing, or a supervisor that lives.
pub fn find(
    project: &Project,
    supervisor: Identity,
    forker: Option<Identity>,
) -> Result<Option<Estate>, BeginError> {
    let Ok(Some(location)) = Location::find(&project.root) else { return Ok(None) };
    if lock::is_held(&location.run_lock()).unwrap_or(true) || waiting(&location).is_none() {
        return Ok(None);
    }
    let mut ledger = match ledger::read(&location).book {
        Some(book) => Ledger::take(location, book)?,
        None => return Ok(None),
    };
    ledger.succeed(supervisor, forker);
    // Read again, now that nobody else can write it.
    let Some(book) = waiting(ledger.location()) else { return Ok(None) };
    let heritage = Heritage::claim(&book, project, &ledger);
    Ok((!heritage.kept.is_empty()).then_some(Estate { ledger, heritage, book }))
}

/// The book, where a guard that it names waits for a supervisor.
fn waiting(location: &Location) -> Option<Book> {
    let book = ledger::read(location).book?;
    let waits = |entry: &Entry| {
        socket_path(&location.lock_path(&entry.instance), entry.guard.pid).exists()
            && matches!(Handle::open(&entry.guard), Ok(Some(_)))
    };
    book.entries.iter().any(waits).then_some(book)
}

impl Estate {
    /// The guards that are not to be swept.
    pub fn guards(&self) -> Vec<Identity> {
        self.heritage.kept.iter().map(|kept| *kept.guard.identity()).collect()
    }

    /// Writes the record of what goes on; what else there was has been swept.
    pub fn settle(&mut self) -> std::io::Result<()> {
        let kept: Vec<InstanceName> =
            self.heritage.kept.iter().map(|kept| kept.entry.instance.clone()).collect();
        self.ledger.settle(&kept)?;
        let (run, supervisor) = (self.ledger.header().run, self.ledger.header().supervisor.pid);
        let services = kept.iter().map(ToString::to_string).collect();
        self.ledger.history(&HistoryEvent::TakenOver { run, supervisor, services })
    }
}

impl Heritage {
    /// Asks every guard whose instance the project still declares.
    fn claim(book: &Book, project: &Project, ledger: &Ledger) -> Self {
        let mut heritage = Self { past: book.past.clone(), ..Self::default() };
        for entry in &book.entries {
            let lock = ledger.lock_path(&entry.instance);
            if !is_declared(entry, project) {
                continue;
            }
            match claim(entry, &lock) {
                Some(kept) => heritage.kept.push(kept),
                None => heritage.ended.extend(ended_alone(entry, &lock)),
            }
        }
        heritage
    }

    /// The services that go on, as indices into the project.
    pub fn services(&self, project: &Project) -> Vec<usize> {
        let position = |kept: &Kept| {
            project.services.iter().position(|service| service.name == kept.entry.service)
        };
        self.kept.iter().filter_map(position).collect()
    }
}

fn is_declared(entry: &Entry, project: &Project) -> bool {
    project.services.iter().filter(|service| service.name == entry.service).any(|service| {
        let instance = |number| InstanceName::new(&service.name, number, service.replicas);
        (1..=service.replicas).any(|number| instance(number) == entry.instance)
    })
}

fn claim(entry: &Entry, lock: &Path) -> Option<Kept> {
    let guard = Handle::open(&entry.guard).ok()??;
    // One that somebody stopped would not answer.
    let _best = guard.signal(crate::model::Signal::Cont);
    let socket = socket_path(lock, guard.pid());
    let channel = beside::connect(&socket, guard.pid()).ok()??;
    let fds = hand_over(&channel, entry)?;
    let Streams { outputs, terminal, input } = streams(fds)?;
    Some(Kept { entry: entry.clone(), guard, channel, outputs, terminal, input })
}

/// The descriptors that the guard sends with its first word.
fn hand_over(channel: &Channel, entry: &Entry) -> Option<Vec<OwnedFd>> {
    if !poll::readable(channel, PATIENCE).ok()? {
        return None;
    }
    let mut buffer = [0; 16];
    let Ok(Received::Message(count, fds)) = channel.receive(&mut buffer) else { return None };
    let told = Word::decode(&buffer[..count]);
    (told == Some(Word::Kept(entry.leader.pid))).then_some(fds)
}

struct Streams {
    outputs: Vec<(Stream, OwnedFd)>,
    terminal: Option<OwnedFd>,
    input: Option<OwnedFd>,
}

/// What a guard holds, as the stream knows it: the master of a terminal, or
/// the ends of three pipes.
fn streams(fds: Vec<OwnedFd>) -> Option<Streams> {
    let mut fds = fds.into_iter();
    match (fds.next()?, fds.next(), fds.next()) {
        (master, None, None) => {
            let terminal = Some(master.as_fd().try_clone_to_owned().ok()?);
            Some(Streams { outputs: vec![(Stream::Terminal, master)], terminal, input: None })
        }
        (input, Some(out), Some(error)) => {
            let outputs = vec![(Stream::Out, out), (Stream::Err, error)];
            Some(Streams { outputs, terminal: None, input: Some(input) })
        }
        _ => None,
    }
}

/// What a guard wrote when its service ended without a supervisor.
fn ended_alone(entry: &Entry, lock: &Path) -> Option<Past> {
    let bytes = files::read(&exit_path(lock), EXIT_CAP).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    let (pid, outcome) = text.trim().split_once(' ')?;
    let outcome = Outcome::parse(outcome).filter(|_| pid == entry.leader.pid.to_string())?;
    let (instance, course) = (entry.instance.clone(), entry.course);
    Some(Past { instance, outcome, state: Phase::Failed, course })
}

impl Kept {
    fn going(self, stdin_open: bool) -> Going {
        let Self { entry, guard, channel, outputs, terminal, input } = self;
        Going {
            guard: Some(guard),
            leader: entry.leader.pid,
            channel,
            terminal,
            input: input.filter(|_| stdin_open),
            outputs,
            // The guard wrote an unfinished line as it was.
            begun: Begun::default(),
            since: table::age(entry.leader.start),
            health: entry.health,
            healthy: (entry.health == Health::Healthy).then_some(Duration::ZERO),
            tries: entry.course.tries,
        }
    }
}

impl Fleet {
    /// Goes on with what is there; what is not starts as it would have.
    pub(super) fn take_over(&mut self, heritage: Heritage) {
        let Heritage { kept, past, ended } = heritage;
        for past in &past {
            self.remember_past(past, past.state == Phase::Completed);
        }
        for past in &ended {
            self.ended_before(past);
        }
        let mut names = Vec::new();
        for kept in kept {
            let name = kept.entry.instance.to_string();
            let Some(at) = self.unit_named(&kept.entry.instance) else { continue };
            self.units[at].remember(kept.entry.course);
            let stdin_open = self.project.services[self.units[at].service].stdin_open;
            match self.take_in(at, kept.going(stdin_open)) {
                Ok(()) => names.push(name),
                Err(error) => self.say(format!("! {name} can't be taken over: {error}")),
            }
        }
        if !names.is_empty() {
            self.say(notices::taken_over(&names, self.look));
        }
    }

    fn unit_named(&self, instance: &InstanceName) -> Option<usize> {
        self.units.iter().position(|unit| unit.instance == *instance)
    }

    /// What had completed stays so; anything else starts again.
    fn remember_past(&mut self, past: &Past, completed: bool) {
        let Some(at) = self.unit_named(&past.instance) else { return };
        let unit = &mut self.units[at];
        unit.remember(past.course);
        unit.state = match past.state {
            _ if completed => State::Completed(past.outcome),
            // It was to be started again; whoever calls `up` has waited enough.
            Phase::Pending => State::Pending { again: true, tries: past.course.tries },
            _ => State::NEW,
        };
        let state = unit.state.phase();
        self.ledger.record_past(Past { state, ..past.clone() });
        self.gates.dirty = true;
    }

    fn ended_before(&mut self, past: &Past) {
        let Some(at) = self.unit_named(&past.instance) else { return };
        let codes = &self.project.services[self.units[at].service].success_exit_codes;
        let well = moves::is_well(past.outcome, codes);
        let (name, outcome) = (past.instance.as_str(), past.outcome.to_string());
        self.say(notices::ended_alone(name, &outcome, well, self.look));
        self.remember_past(past, well);
    }
}
