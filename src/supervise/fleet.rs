//! The loop: wait for inputs, handle each at once, then do what has to be done
//! once for all of them (write the ledger, open gates, order starts).

use super::containers::ContainerReach;
use super::environment::port_of;
use super::errands::Errands;
use super::health::{Checks, SLOW_START};
use super::input::{self, Input, Inputs};
use super::launch;
use super::stop::Stopping;
use super::unit::Unit;
use super::{Options, Parts, clients, notices};
use crate::exit::Status;
use crate::ledger::Ledger;
use crate::log::{Hub, HubEvent, SourceId};
use crate::model::order::Gate;
use crate::model::{Event, Health, InstanceName, Pid, Project, RunId, State, stop_levels};
use crate::os::forker::{Forker, MOST_UNDER_WAY};
use crate::os::front::FrontLink;
use crate::os::guard::Order;
use crate::os::pty::Size;
use crate::os::ready::watch;
use crate::ui::style::Look;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::{self, UnboundedSender};

/// Inputs handled before the ledger is written and gates are opened.
const BATCH: usize = 256;

/// How long the stream may take to print what is left at the very end.
pub(super) const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// The table that is shown once everything has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Summary {
    /// Not all are there yet.
    Due,
    /// It takes long, and it was said who is waited for.
    Late,
    /// It was shown.
    Shown,
}

/// All state of a run.
pub(super) struct Fleet {
    pub project: Project,
    pub options: Options,
    pub run: RunId,
    pub marker: u64,
    pub ledger: Ledger,
    pub hub: Hub,
    pub forker: Forker,
    pub front: Option<Rc<AsyncFd<FrontLink>>>,
    pub units: Vec<Unit>,
    pub stopping: Stopping,
    /// What the stop is about, as it was when it began.
    pub scope: Option<crate::shutdown::Scope>,
    pub size: Size,
    pub inputs: Inputs,
    pub began: Instant,
    /// The status the run ends with, if the stop itself is clean.
    pub status: Status,
    /// Whether somebody asked for the end, rather than a service bringing it.
    pub asked_to_end: bool,
    /// Which containers go when the run ends.
    pub reach: ContainerReach,
    pub look: Look,
    /// Who asked for the stop over the control socket, and wants to see it.
    pub askers: Vec<UnboundedSender<crate::api::Reply>>,
    /// Units whose start is ordered from the loop, in order.
    pub starts: VecDeque<usize>,
    /// Starts the forker has not answered yet.
    pub under_way: usize,
    /// Units to be let go once the ledger is written.
    pub gates: Vec<usize>,
    pub ledger_dirty: bool,
    /// Somebody may be able to start who could not before.
    pub unsettled: bool,
    /// The health checks, by service.
    pub checks: Checks,
    pub errands: Errands,
    /// How often the kernel had ended something for lack of memory when it was
    /// last looked at.
    pub oom_kills: Option<u64>,
    pub summary: Summary,
}

/// Lives until the project has ended.
pub(super) async fn live(parts: Parts) -> io::Result<Status> {
    let (sender, mut inputs) = mpsc::unbounded_channel();
    let (listener, hub_events) = (parts.listener.try_clone()?, parts.hub_events);
    let parts = Parts { hub_events: mpsc::unbounded_channel().1, ..parts };
    let mut fleet = Fleet::new(parts, sender.clone())?;
    input::hear_signals(&sender)?;
    if let Some(front) = &fleet.front {
        front.get_ref().name_root(&fleet.project.root);
        tokio::task::spawn_local(input::hear_front(Rc::clone(front), sender.clone()));
    }
    tokio::task::spawn_local(hear_hub(hub_events, sender.clone()));
    clients::listen(listener, sender)?;
    let mut forker = forker_fd(&fleet.forker)?;
    fleet.act();
    loop {
        let until = fleet.wakes_at();
        tokio::select! {
            input = inputs.recv() => {
                let mut next = input;
                let mut handled = 0;
                while let Some(input) = next.take() {
                    fleet.handle(input);
                    handled += 1;
                    next = if handled < BATCH { inputs.try_recv().ok() } else { None };
                }
            }
            lost = hear_forker(&forker, &mut fleet) => if lost {
                fleet.replace_forker();
                forker = forker_fd(&fleet.forker)?;
            },
            () = sleep_until(until) => {}
        }
        fleet.tick();
        fleet.act();
        if fleet.is_over() {
            let status = fleet.end(&mut inputs).await;
            clients::let_go().await;
            fleet.let_out(&mut inputs).await;
            // Its channel must have no other end here, or it would not see
            // that this one is gone.
            drop(forker);
            fleet.forker.dismiss();
            return Ok(status);
        }
    }
}

/// Whether the forker is lost.
async fn hear_forker(fd: &AsyncFd<OwnedFd>, fleet: &mut Fleet) -> bool {
    match fd.readable().await {
        Ok(mut ready) => {
            let lost = fleet.hear_forker().is_err();
            ready.clear_ready();
            lost
        }
        Err(_) => true,
    }
}

fn forker_fd(forker: &Forker) -> io::Result<AsyncFd<OwnedFd>> {
    watch(forker.fd().try_clone_to_owned()?)
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

async fn hear_hub(mut events: mpsc::UnboundedReceiver<HubEvent>, inputs: Inputs) {
    while let Some(event) = events.recv().await {
        let _ = inputs.send(Input::Hub(event));
    }
}

impl Fleet {
    fn new(parts: Parts, inputs: Inputs) -> io::Result<Self> {
        let Parts { project, options, checks, run, ledger, hub, forker, look, front, .. } = parts;
        let front = front.map(watch).transpose()?.map(Rc::new);
        let units = units(&project, &options);
        Ok(Self {
            marker: ledger.header().marker.bits(),
            size: Parts::terminal_size(options.prefix_width),
            project,
            options,
            run,
            ledger,
            hub,
            forker,
            front,
            units,
            stopping: Stopping::No,
            scope: None,
            inputs,
            began: Instant::now(),
            status: Status::Ok,
            asked_to_end: false,
            reach: ContainerReach::default(),
            look,
            askers: Vec::new(),
            starts: VecDeque::new(),
            under_way: 0,
            gates: Vec::new(),
            ledger_dirty: false,
            unsettled: true,
            checks,
            errands: Errands::default(),
            oom_kills: crate::os::table::oom_kills(),
            summary: Summary::Due,
        })
    }

    pub(super) fn handle(&mut self, input: Input) {
        match input {
            Input::Front(note) => self.noted(note),
            Input::Signal(number) => self.signalled(number),
            Input::Child => drop(crate::os::supervisor::reap()),
            Input::Guard(unit, start, word) if self.units[unit].starts == start => {
                self.told(unit, word);
            }
            Input::GuardGone(unit, start) if self.units[unit].starts == start => {
                self.guard_gone(unit);
            }
            Input::Probed(unit, start, told) if self.units[unit].starts == start => {
                self.probed(unit, told);
            }
            Input::Guard(..) | Input::GuardGone(..) | Input::Probed(..) => {}
            Input::Errand(unit, order) => self.wants_errand(unit, order),
            Input::ErrandOver(id) => self.errands.over(id),
            Input::Hub(event) => self.streamed(event),
            Input::Client(request) => self.asked(request),
        }
    }

    /// What is done once for many inputs: settle who may start, order starts,
    /// write the ledger, and only then open gates.
    fn act(&mut self) {
        self.settle();
        while self.under_way < MOST_UNDER_WAY {
            let Some(at) = self.starts.pop_front() else { break };
            self.start(at);
        }
        self.send_errands();
        if std::mem::take(&mut self.ledger_dirty)
            && let Err(error) = self.ledger.flush()
        {
            self.unrecorded(&error);
        }
        for at in std::mem::take(&mut self.gates) {
            self.units[at].order(Order::Go);
        }
        self.show_summary();
    }

    fn streamed(&mut self, event: HubEvent) {
        match event {
            HubEvent::ReaderGone => self.begin_stop(&super::stop::Why::ReaderGone),
            HubEvent::FileFailed { name, error } => {
                let why = launch::plain(&error);
                let what = if name == "stdout" {
                    "standard output".to_owned()
                } else {
                    format!("the log file of {name}")
                };
                self.hub.say(format!("! {what} can't be written: {why}"));
            }
        }
    }

    fn wakes_at(&self) -> Option<Instant> {
        let patience = self.units.iter().filter_map(|unit| unit.patience).min();
        let pause = self.units.iter().filter_map(|unit| unit.pause).min();
        let slow = (self.summary == Summary::Due).then(|| self.began + SLOW_START);
        [patience, pause, slow, self.errands.wakes_at(), self.stopping.wakes_at()]
            .into_iter()
            .flatten()
            .min()
    }

    fn tick(&mut self) {
        let now = Instant::now();
        for at in 0..self.units.len() {
            if self.units[at].patience.is_some_and(|until| until <= now) {
                self.units[at].patience = None;
                self.apply(at, Event::PatienceOver);
            }
            if self.units[at].pause.is_some_and(|until| until <= now) {
                self.units[at].pause = None;
                self.apply(at, Event::DelayOver);
            }
        }
        if self.summary == Summary::Due && self.began + SLOW_START <= now {
            self.summary = Summary::Late;
            self.tell_waiting();
        }
        self.tick_stop(now);
    }

    /// Whether nothing lives and nothing more will.
    fn is_over(&mut self) -> bool {
        let all_final = self.units.iter().all(|unit| unit.state.is_final() && unit.live.is_none());
        let over = self.stopping.is_done() || (all_final && !self.stopping.is_on());
        self.errands.let_go(over)
    }

    /// Says who is not there yet, and why.
    fn tell_waiting(&mut self) {
        if self.stopping.is_on() {
            return;
        }
        let waits: Vec<_> = (0..self.units.len()).filter_map(|at| self.waits(at)).collect();
        if let Some(words) = notices::waiting(&waits, self.began.elapsed(), self.look) {
            self.hub.say(words);
        }
    }

    /// What a unit that is not up waits for, in words.
    fn waits(&self, at: usize) -> Option<(String, String)> {
        let unit = &self.units[at];
        let why = match (self.gate(at), &unit.state) {
            (Some(Gate::Waiting(on)), _) => notices::awaited(&on),
            (_, State::Running { health: Health::Starting, .. }) => {
                let place =
                    self.mismatch(at).map_or_else(String::new, |place| format!("; it {place}"));
                notices::not_healthy(unit) + &place
            }
            _ => return None,
        };
        Some((unit.instance.to_string(), why))
    }

    fn show_summary(&mut self) {
        if self.summary == Summary::Shown
            || self.stopping.is_on()
            || !self.units.iter().all(is_settled)
        {
            return;
        }
        self.summary = Summary::Shown;
        let words = notices::summary(&self.units, &self.project, self.began.elapsed(), self.look);
        self.hub.say(words);
    }
}

/// Whether there is no more to be awaited of its start.
fn is_settled(unit: &Unit) -> bool {
    let state = &unit.state;
    state.is_ready()
        || state.is_final()
        || matches!(state, State::Delayed { .. })
        || state.health() == Health::Unhealthy
}

fn units(project: &Project, options: &Options) -> Vec<Unit> {
    let mut level_of = vec![0; project.services.len()];
    for (level, members) in stop_levels(&project.services).iter().enumerate() {
        for &member in members {
            level_of[member] = level;
        }
    }
    let mut units = Vec::new();
    for &service in &options.wanted {
        let declared = &project.services[service];
        for number in 1..=declared.replicas {
            units.push(Unit {
                instance: InstanceName::new(&declared.name, number, declared.replicas),
                service,
                number,
                port: port_of(declared, number),
                source: SourceId(u32::try_from(units.len()).unwrap_or(u32::MAX)),
                level: level_of[service],
                state: State::NEW,
                starts: 0,
                live: None,
                last: None,
                patience: None,
                pause: None,
                health: super::health::Health::default(),
            });
        }
    }
    units
}

/// A pid for tables that have none.
pub(super) fn pid_of(unit: &Unit) -> Option<Pid> {
    unit.live.as_ref().and_then(|live| live.leader)
}
