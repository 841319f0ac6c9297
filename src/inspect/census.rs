//! One look at everything of a place.

use super::place::Place;
use crate::model::{Activity, Evidence, Filter, Kind, Pid, Process, tree};
use crate::os::marker::Marker;
use crate::os::sampler::Sampler;
use crate::os::{peer, ports, table};
use crate::shutdown::{Company, Facts, Role, Table, Whose, instance_of, judge, pass};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one look may take.
const LOOK_TIME: Duration = Duration::from_secs(5);
/// After so long without a look, the next one is a first one again.
const STALE: Duration = Duration::from_secs(15);
/// How the names of devsup's own processes begin. Only for the words.
const OWN_NAMES: &str = "devsup";

/// The process table, read and judged once.
pub(super) struct Census<'a> {
    place: &'a Place,
    pub table: Table,
    pub company: Company,
    clock: Clock,
}

impl<'a> Census<'a> {
    /// Reads it.
    pub fn take(place: &'a Place) -> io::Result<Self> {
        let table = pass(&place.scope, Instant::now() + LOOK_TIME, &mut |_| ())?;
        let company = Company::around_us(&table, &place.scope);
        Ok(Self { place, table, company, clock: Clock::read() })
    }

    /// Whose it is.
    pub fn judge(&self, facts: &Facts) -> Whose {
        judge(facts, &self.company, &self.place.scope)
    }

    /// Everything of ours but devsup's own processes.
    pub fn ours(&self) -> Vec<Process> {
        self.table.iter().filter(|facts| facts.alive).filter_map(|facts| self.one(facts)).collect()
    }

    /// The process as it is shown, if it is ours.
    fn one(&self, facts: &Facts) -> Option<Process> {
        match self.judge(facts) {
            Whose::Ours { role: Role::Guard, .. } | Whose::Nobodys => None,
            Whose::Ours { evidence, .. } => Some(self.described(facts, evidence, None)),
            Whose::Spared { evidence, mercy } => {
                let is_guard = self.place.own.iter().any(|own| own.matches(&facts.identity));
                let reason = Some(mercy.words().to_owned());
                (!is_guard).then(|| self.described(facts, evidence, reason))
            }
        }
    }

    fn described(&self, facts: &Facts, evidence: Vec<Evidence>, reason: Option<String>) -> Process {
        let scope = &self.place.scope;
        let instance = instance_of(facts, &self.company, scope);
        let held = self.company.guard_of(facts).is_some() || self.is_below_own(facts);
        let kind = if held && instance.is_some() { Kind::Service } else { Kind::Stray };
        let service = instance.as_deref().map(|name| self.place.service_of(name));
        Process {
            leader: scope.known.iter().any(|known| known.leader.matches(&facts.identity)),
            tags: service.as_deref().map(|name| self.place.tags_of(name)).unwrap_or_default(),
            service,
            instance,
            kind,
            project: Some(scope.project.clone()),
            run: scope.run.filter(|run| facts.marker.is_none_or(|marker| marker.is_of(*run))),
            evidence,
            reason,
            ..self.bare(facts)
        }
    }

    /// What can be said of any process.
    fn bare(&self, facts: &Facts) -> Process {
        let pid = facts.pid();
        Process {
            pid,
            parent: facts.stat.parent,
            start: facts.identity.start,
            started_at: self.clock.at(facts.identity.start),
            depth: 0,
            name: facts.stat.name.clone(),
            command: table::command(pid, &facts.stat.name),
            cwd: table::directory(pid).ok(),
            state: Activity::of_letter(facts.stat.state),
            cpu: 0.0,
            cpu_tree: 0.0,
            memory: facts.stat.memory,
            memory_tree: 0,
            threads: table::status(pid).ok().flatten().map_or(0, |status| status.threads),
            ports: Vec::new(),
            kind: Kind::Other,
            leader: false,
            service: None,
            instance: None,
            job: None,
            tags: Vec::new(),
            project: None,
            run: None,
            evidence: Vec::new(),
            reason: None,
        }
    }

    /// Those that are not ours and run in this directory or below, with the
    /// reason why they are not taken for ours.
    pub fn strangers(&self, directory: &Path) -> Vec<Process> {
        let inside = |facts: &&Facts| {
            table::directory(facts.pid()).is_ok_and(|cwd| cwd.starts_with(directory))
        };
        let is_known = |facts: &&Facts| self.one(facts).is_none();
        let others = self.table.iter().filter(|facts| facts.alive).filter(inside).filter(is_known);
        let stranger = |facts: &Facts| {
            let kind = if is_own(facts) { Kind::Devsup } else { Kind::Other };
            Process { kind, reason: Some(self.why_not(facts)), ..self.bare(facts) }
        };
        others.map(stranger).collect()
    }

    /// Why it is not taken for ours.
    pub fn why_not(&self, facts: &Facts) -> String {
        let words = if facts.stat.owner != peer::own_uid() {
            "it is another user's"
        } else if is_own(facts) {
            "it is devsup's own and ends by itself"
        } else if self.company.is_above_us(facts) {
            "this command runs inside it"
        } else if facts
            .marker
            .is_some_and(|marker: Marker| marker.project() != self.place.scope.key)
        {
            "it belongs to another project"
        } else {
            "nothing proves that it belongs to the project"
        };
        words.to_owned()
    }

    /// Whether the supervisor or its forker stands above it.
    fn is_below_own(&self, facts: &Facts) -> bool {
        let parent = |facts: &&Facts| self.table.get(facts.stat.parent);
        let above =
            std::iter::successors(Some(facts), parent).skip(1).take(self.table.iter().count());
        above.into_iter().any(|one| self.place.own.iter().any(|own| own.matches(&one.identity)))
    }
}

fn is_own(facts: &Facts) -> bool {
    facts.stat.owner == peer::own_uid() && facts.stat.name.starts_with(OWN_NAMES)
}

/// Turns ticks since boot into a time.
struct Clock {
    boot: Option<u64>,
    ticks: u64,
}

impl Clock {
    fn read() -> Self {
        Self { boot: table::boot_time().ok(), ticks: table::ticks_per_second() }
    }

    fn at(&self, start: u64) -> Option<Timestamp> {
        let millis = self.boot?.checked_mul(1000)? + start.checked_mul(1000)? / self.ticks;
        Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
    }
}

/// A tree as it was at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Those that were wanted, each behind its parent.
    pub processes: Vec<Process>,
    /// How long the look took.
    pub took: Duration,
}

/// Looks again and again, and remembers what use of processors needs.
#[derive(Default)]
pub struct Inspector {
    sampler: Option<(Sampler, Instant)>,
}

impl Inspector {
    /// The tree of a place.
    pub fn look(&mut self, place: &Place, filter: &Filter) -> io::Result<Look> {
        let began = Instant::now();
        let census = Census::take(place)?;
        let mut processes = census.ours();
        if let Some(directory) = &filter.cwd {
            processes.extend(census.strangers(directory));
        }
        self.measure(&mut processes);
        let processes = tree::grow(processes, filter, &place.order);
        Ok(Look { processes, took: began.elapsed() })
    }

    fn measure(&mut self, processes: &mut [Process]) {
        let pids: Vec<Pid> = processes.iter().map(|one| one.pid).collect();
        let mut ports = ports::by_listener(&pids);
        let loads = self.sampler().sample(&pids);
        let pairs: BTreeMap<i32, _> = loads;
        for one in processes {
            if let Some(load) = pairs.get(&one.pid.raw()) {
                (one.cpu, one.memory) = (load.cpu, load.memory);
            }
            let own = ports.remove(&one.pid.raw()).unwrap_or_default();
            one.ports = own.into_iter().collect();
        }
    }

    fn sampler(&mut self) -> &mut Sampler {
        if self.sampler.as_ref().is_some_and(|(_, last)| last.elapsed() > STALE) {
            self.sampler = None;
        }
        let (sampler, last) = self.sampler.get_or_insert_with(|| (Sampler::new(), Instant::now()));
        *last = Instant::now();
        sampler
    }
}
