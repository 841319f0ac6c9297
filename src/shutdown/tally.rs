//! What a stop has found and done so far, handed from phase to phase.

use super::Emit;
use super::judge::{Company, Role, Whose, instance_of, judge};
use super::scan::{self, Facts, Table};
use super::scope::Scope;
use crate::model::{
    Evidence, Fate, Freed, Hit, Holdup, Pid, Progress, Report, RunId, Spared, Strays, Survivor,
    Teardown, Verdict,
};
use crate::os::ports;
use crate::os::process::Identity;
use crate::os::{sampler, table};
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
    /// Lock files, by index, that those who are left alive hold.
    kept_locks: BTreeSet<usize>,
    /// What outlived the leader of its service, by instance.
    strays: BTreeMap<String, BTreeSet<i32>>,
    notes: Vec<String>,
    /// What phase 4 did.
    pub(super) containers: Teardown,
    /// Why it is not known whether containers of ours are left.
    pub(super) containers_unseen: Option<String>,
}

#[derive(Debug)]
struct Member {
    identity: Identity,
    hit: Hit,
    memory: u64,
    /// The process group it was in.
    group: i32,
    /// The pattern it was found by, where nothing better speaks for it.
    pattern: Option<String>,
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
            kept_locks: BTreeSet::new(),
            strays: BTreeMap::new(),
            notes: Vec::new(),
            containers: Teardown::default(),
            containers_unseen: None,
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
            match judge(facts, company, scope) {
                Whose::Ours { evidence, role: Role::Member } => {
                    let service = instance_of(facts, company, scope);
                    let command = table::command(facts.pid(), &facts.stat.name);
                    tally.count(facts, evidence, service, command, 1);
                    ours.push(facts.pid());
                }
                whose @ Whose::Suspect { .. } => {
                    tally.spare(spared(facts, whose));
                }
                Whose::Ours { role: Role::Guard, .. } | Whose::Spared { .. } | Whose::Nobodys => {}
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

    pub(super) fn spare(&mut self, all: impl IntoIterator<Item = Spared>) {
        for spared in all {
            // What is known last of it is what holds.
            self.spared.retain(|other| other.pid != spared.pid);
            self.spared.push(spared);
        }
    }

    /// A leader has ended in phase 1. What was in another process group than its
    /// own never got the signal, and stays unless it is ended for it.
    pub(super) fn leader_ended(&mut self, instance: &str, leader: Pid) {
        self.note_strays(instance, |member| member.group != leader.raw());
    }

    /// The patience with a service is over. If its leader has gone, what is
    /// still there was left behind by it.
    pub(super) fn left_behind(&mut self, instance: &str, leader: Pid) {
        let (first, _) = self.holdups(instance, leader);
        if first.is_some_and(|first| first.pid != leader) {
            self.note_strays(instance, |_| true);
        }
    }

    fn note_strays(&mut self, instance: &str, which: impl Fn(&Member) -> bool) {
        let left = self.of_instance(instance).filter(|member| which(member) && member.lives());
        let pids: Vec<i32> = left.map(|member| member.identity.pid.raw()).collect();
        if !pids.is_empty() {
            self.strays.entry(instance.to_owned()).or_default().extend(pids);
        }
    }

    fn of_instance(&self, instance: &str) -> impl Iterator<Item = &Member> {
        let belongs = move |member: &&Member| member.hit.service.as_deref() == Some(instance);
        self.members.values().filter(belongs)
    }

    /// Who keeps an instance from being over, its leader first, and how many
    /// more; as far as they were there when the stop began.
    pub(super) fn holdups(&self, instance: &str, leader: Pid) -> (Option<Holdup>, usize) {
        let mut left: Vec<&Member> =
            self.of_instance(instance).filter(|member| member.lives()).collect();
        left.sort_by_key(|member| member.identity.pid != leader);
        let first = left.first().map(|member| &member.hit);
        let first = first.map(|hit| Holdup { name: hit.name.clone(), pid: hit.pid });
        (first, left.len().saturating_sub(1))
    }

    pub(super) fn keep_locks(&mut self, locks: &[usize]) {
        self.kept_locks.extend(locks);
    }

    pub(super) fn kept_locks(&self) -> &BTreeSet<usize> {
        &self.kept_locks
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
        if let (3, Some(instance)) = (phase, &service) {
            self.strays.entry(instance.clone()).or_default().insert(pid.raw());
        }
        if known {
            self.members.entry(pid.raw()).and_modify(phase_of);
        } else {
            let name = facts.stat.name.clone();
            let (fate, reason) = (Fate::Killed, String::new());
            let hit = Hit { pid, name, command, service, evidence, phase, fate, reason };
            let weak = facts.weak.as_ref().filter(|_| hit.evidence == [Evidence::Pattern]);
            let pattern = weak.map(|weak| weak.pattern.clone().unwrap_or_else(|| "its job".into()));
            let memory = sampler::memory(facts.pid(), &facts.stat);
            let group = facts.stat.group;
            let member = Member { identity: facts.identity, hit, memory, group, pattern };
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
        let hits: Vec<Hit> =
            self.members.values().map(|member| ended(member, phase(&member.hit))).collect();
        // Whom the sweep caught in the end was not spared.
        self.spared.retain(|spared| hits.iter().all(|hit| hit.pid != spared.pid));
        let idle = hits.is_empty() && self.phases.is_empty() && self.containers.is_nothing();
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
            strays: strays(self.strays),
            containers: self.containers,
            notes: self.notes,
            took_ms: millis(self.began.elapsed()),
        }
    }
}

impl Member {
    fn lives(&self) -> bool {
        let stat = table::stat(self.identity.pid).ok().flatten();
        stat.is_some_and(|stat| {
            stat.start == self.identity.start && table::can_run(self.identity.pid, &stat)
        })
    }
}

/// How often it happened before is not known here.
fn strays(found: BTreeMap<String, BTreeSet<i32>>) -> Vec<Strays> {
    let strays = found.into_iter();
    strays
        .map(|(service, pids)| Strays { service, processes: pids.len(), times: 1, runs: 1 })
        .collect()
}

/// What is said of a process that has ended.
fn ended(member: &Member, phase: u8) -> Hit {
    let (fate, how) = match phase {
        1 => (Fate::Stopped, "it ended when its service was asked to"),
        2 => (Fate::Killed, "it was still there when the patience with its service was over"),
        _ => (Fate::Killed, "the sweep found it"),
    };
    let matched = member.pattern.as_ref().map(|pattern| {
        format!("the sweep found it: its command line matches `{pattern}`, it runs in the project,                  and nobody looks after it")
    });
    let reason = matched.unwrap_or_else(|| how.to_owned());
    Hit { phase, fate, reason, ..member.hit.clone() }
}

/// What is said of a process that is left alone, if it is worth a word.
pub(super) fn spared(facts: &Facts, whose: Whose) -> Option<Spared> {
    let (evidence, fate, reason) = match whose {
        Whose::Spared { evidence, mercy } => (evidence, mercy.fate(), mercy.words().to_owned()),
        Whose::Suspect { evidence, doubt } => (evidence, Fate::Spared, doubt.to_string()),
        Whose::Ours { .. } | Whose::Nobodys => return None,
    };
    let name = facts.stat.name.clone();
    let command = table::command(facts.pid(), &name);
    Some(Spared { pid: facts.pid(), name, command, evidence, fate, reason })
}

/// A duration as the report carries it.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
