//! What a stop has found and done so far, handed from phase to phase.

use super::Emit;
use super::judge::{Company, Role, Whose, instance_of, judge};
use super::scan::{self, Facts, Table};
use super::scope::Scope;
use crate::model::{Evidence, Freed, Hit, Progress, Report, RunId, Spared, Survivor, Verdict};
use crate::os::ports;
use crate::os::process::Identity;
use crate::os::table;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the first look at the process table may take.
const CENSUS_TIME: Duration = Duration::from_secs(2);

/// The count of a stop: what ran when it began, and what became of it.
#[derive(Debug)]
pub struct Tally {
    pub(super) project: String,
    pub(super) run: Option<RunId>,
    began: Instant,
    /// By pid: a process counts once, however often it is met.
    members: BTreeMap<i32, Member>,
    /// Ports that our processes listened on.
    ports: BTreeSet<u16>,
    /// The phase in which each instance ended.
    phases: BTreeMap<String, u8>,
    spared: Vec<Spared>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Member {
    identity: Identity,
    hit: Hit,
    memory: u64,
}

impl Tally {
    /// An empty count, for a stop that began at `now`.
    pub fn new(scope: &Scope, now: Instant) -> Self {
        Self {
            project: scope.project.clone(),
            run: scope.run,
            began: now,
            members: BTreeMap::new(),
            ports: BTreeSet::new(),
            phases: BTreeMap::new(),
            spared: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Counts what runs now: every process of ours with its memory and the
    /// ports it listens on.
    pub fn take(scope: &Scope, now: Instant) -> Self {
        let Ok(table) = scan::pass(scope, Instant::now() + CENSUS_TIME, &mut |_| ()) else {
            return Self::new(scope, now);
        };
        let company = Company::around_us(&table, scope);
        Self::of(&table, &company, scope, now)
    }

    pub(super) fn of(table: &Table, company: &Company, scope: &Scope, now: Instant) -> Self {
        let mut tally = Self::new(scope, now);
        let mut ours = Vec::new();
        for facts in table.iter().filter(|facts| facts.alive) {
            if let Whose::Ours { evidence, role: Role::Member } = judge(facts, company, scope) {
                let service = instance_of(facts, company, scope);
                let command = table::command(facts.pid(), &facts.stat.name);
                tally.count(facts, evidence, service, command, 1);
                ours.push(facts.pid());
            }
        }
        tally.ports = ports::listened_by(&ours);
        tally
    }

    /// How many processes were counted.
    pub fn processes(&self) -> usize {
        self.members.len()
    }

    /// Adds a sentence to the report.
    pub fn note(&mut self, words: String) {
        if !self.notes.contains(&words) {
            self.notes.push(words);
        }
    }

    /// Adds a sentence to the report, and says it now.
    pub fn say(&mut self, words: String, emit: Emit<'_>) {
        emit(Progress::Note { words: words.clone() });
        self.note(words);
    }

    pub(super) fn spare(&mut self, spared: Spared) {
        if !self.spared.contains(&spared) {
            self.spared.push(spared);
        }
    }

    pub(super) fn ended_in(&mut self, instance: &str, phase: u8) {
        self.phases.insert(instance.to_owned(), phase);
    }

    pub(super) fn count(
        &mut self,
        facts: &Facts,
        evidence: Vec<Evidence>,
        service: Option<String>,
        command: String,
        phase: u8,
    ) -> &Hit {
        let pid = facts.pid();
        let known = self
            .members
            .get(&pid.raw())
            .is_some_and(|member| member.identity.start == facts.identity.start);
        let phase_of = |member: &mut Member| member.hit.phase = phase;
        if known {
            self.members.entry(pid.raw()).and_modify(phase_of);
        } else {
            let name = facts.stat.name.clone();
            let hit = Hit { pid, name, command, service, evidence, phase };
            let member = Member { identity: facts.identity, hit, memory: facts.stat.memory };
            self.members.insert(pid.raw(), member);
        }
        &self.members[&pid.raw()].hit
    }

    /// Ends the count.
    pub(super) fn report(mut self, survivors: Vec<Survivor>, free: &dyn Fn(u16) -> bool) -> Report {
        for survivor in &survivors {
            if let Survivor::Process { pid, .. } = survivor {
                self.members.remove(&pid.raw());
            }
        }
        let freed = Freed {
            processes: self.members.len(),
            memory: self.members.values().map(|member| member.memory).sum(),
            ports: self.ports.into_iter().filter(|port| free(*port)).collect(),
        };
        let phase = |hit: &Hit| {
            let ended = hit.service.as_ref().and_then(|name| self.phases.get(name));
            if hit.phase == 1 { ended.copied().unwrap_or(1) } else { hit.phase }
        };
        let hits: Vec<Hit> = self
            .members
            .values()
            .map(|member| Hit { phase: phase(&member.hit), ..member.hit.clone() })
            .collect();
        let idle = hits.is_empty() && self.phases.is_empty();
        let verdict = match survivors.is_empty() {
            false => Verdict::Left,
            true if idle => Verdict::Nothing,
            true => Verdict::Clean,
        };
        Report {
            version: 1,
            project: self.project,
            run: self.run,
            dry_run: false,
            verdict,
            hits,
            spared: self.spared,
            survivors,
            freed,
            notes: self.notes,
            took_ms: millis(self.began.elapsed()),
        }
    }
}

/// A duration as the report carries it.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
