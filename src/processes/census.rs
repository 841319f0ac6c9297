//! One look at everything of a place.

use super::place::Place;
use super::places::Places;
use crate::model::{Activity, Evidence, Filter, Kind, Pid, Process, tree};
use crate::os::listeners::Listeners;
use crate::os::marker::Marker;
use crate::os::sampler::{self, Counts, Sampler};
use crate::os::{peer, table};
use crate::shutdown::{
    Company, Facts, Role, Table, Whose, instance_of, judge, look_at_all, look_beside,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
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
    counts: Counts,
    clock: Clock,
}

impl<'a> Census<'a> {
    /// Reads it.
    pub fn take(place: &'a Place) -> io::Result<Self> {
        let mut counts = Counts::default();
        let mut count = |facts: &Facts| counts.add(facts.pid(), &facts.stat);
        let table = look_at_all(&place.scope, Instant::now() + LOOK_TIME, &mut count)?;
        Ok(Self::of(place, table, counts))
    }

    /// The same look for another place, to show it.
    fn beside<'b>(&self, place: &'b Place) -> Census<'b> {
        Census::of(place, look_beside(&self.table, &place.scope), Counts::default())
    }

    fn of(place: &'a Place, table: Table, counts: Counts) -> Self {
        let company = Company::around_us(&table, &place.scope);
        Self { place, table, company, counts, clock: Clock::read() }
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
        let whose = self.judge(facts);
        if !self.is_shown(facts, &whose) {
            return None;
        }
        match whose {
            Whose::Nobodys => None,
            Whose::Ours { evidence, .. } => Some(self.described(facts, evidence, None)),
            Whose::Spared { evidence, mercy } => {
                Some(self.described(facts, evidence, Some(mercy.words().to_owned())))
            }
            Whose::Suspect { evidence, doubt } => {
                let suspect = self.described(facts, evidence, Some(doubt.to_string()));
                Some(Process { kind: Kind::Suspect, ..suspect })
            }
        }
    }

    /// Whether it is ours and none of devsup's own.
    fn is_shown(&self, facts: &Facts, whose: &Whose) -> bool {
        match whose {
            Whose::Ours { role: Role::Guard, .. } | Whose::Nobodys => false,
            Whose::Ours { .. } | Whose::Suspect { .. } => true,
            Whose::Spared { .. } => !self.place.own.iter().any(|own| own.matches(&facts.identity)),
        }
    }

    fn described(&self, facts: &Facts, evidence: Vec<Evidence>, reason: Option<String>) -> Process {
        match self.place.job() {
            Some(id) => self.described_of(id, facts, evidence, reason),
            None => self.described_here(facts, evidence, reason),
        }
    }

    /// Whatever is a job's, also what it has lost, is the job.
    fn described_of(
        &self,
        job: &str,
        facts: &Facts,
        evidence: Vec<Evidence>,
        reason: Option<String>,
    ) -> Process {
        Process {
            kind: Kind::Job,
            job: Some(job.to_owned()),
            service: None,
            instance: None,
            ..self.described_here(facts, evidence, reason)
        }
    }

    fn described_here(
        &self,
        facts: &Facts,
        evidence: Vec<Evidence>,
        reason: Option<String>,
    ) -> Process {
        let scope = &self.place.scope;
        let instance = instance_of(facts, &self.company, scope);
        let held = self.company.guard_of(facts).is_some() || self.is_below_own(facts);
        let kind = if held && instance.is_some() { Kind::Service } else { Kind::Stray };
        let service = instance.as_deref().map(|name| self.place.service_of(name));
        Process {
            leader: scope.known.iter().any(|known| known.leader.matches(&facts.identity)),
            tags: self.place.tags_of(service.as_deref().unwrap_or_default()),
            service,
            instance,
            kind,
            project: Some(self.place.project().to_owned()),
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
            memory: sampler::memory(pid, &facts.stat),
            memory_tree: 0,
            threads: facts.stat.threads,
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
        let is_other = |facts: &&Facts| !self.is_shown(facts, &self.judge(facts));
        let others = self.table.iter().filter(|facts| facts.alive).filter(is_other).filter(inside);
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

/// Looks again and again, and remembers what use of processors needs, and who
/// does not listen.
#[derive(Default)]
pub struct Inspector {
    listeners: Listeners,
    sampler: Option<(Sampler, Instant)>,
}

impl Inspector {
    /// The tree of a project and its jobs.
    pub fn look(&mut self, places: &Places, filter: &Filter) -> io::Result<Look> {
        let began = Instant::now();
        let census = Census::take(&places.project)?;
        let mut processes = Vec::new();
        for job in &places.jobs {
            let ours = census.beside(job).ours().into_iter();
            processes.extend(ours.filter(|one| one.kind == Kind::Job));
        }
        let of_jobs: BTreeSet<Pid> = processes.iter().map(|one| one.pid).collect();
        let mut others = census.ours();
        if let Some(directory) = &filter.cwd {
            others.extend(census.strangers(directory));
        }
        processes.extend(others.into_iter().filter(|one| !of_jobs.contains(&one.pid)));
        self.measure(&mut processes, census.counts);
        let processes = tree::grow(processes, filter, &places.project.order);
        Ok(Look { processes, took: began.elapsed() })
    }

    fn measure(&mut self, processes: &mut [Process], counts: Counts) {
        let pids: Vec<Pid> = processes.iter().map(|one| one.pid).collect();
        let named: Vec<(Pid, u64)> = processes.iter().map(|one| (one.pid, one.start)).collect();
        let mut ports = self.listeners.ports(&named);
        let loads = self.sampler().sample(&pids, counts);
        for one in processes {
            one.cpu = loads.get(&one.pid.raw()).copied().unwrap_or(0.0);
            let own = ports.remove(&one.pid.raw()).unwrap_or_default();
            one.ports = own.into_iter().collect();
        }
    }

    fn sampler(&mut self) -> &mut Sampler {
        if self.sampler.as_ref().is_some_and(|(_, last)| last.elapsed() > STALE) {
            self.sampler = None;
        }
        let (sampler, last) =
            self.sampler.get_or_insert_with(|| (Sampler::default(), Instant::now()));
        *last = Instant::now();
        sampler
    }
}
