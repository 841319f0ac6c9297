//! Phase 5: the proof. Everything is looked for once more: guards, marked
//! processes, held locks, declared ports. What is left is named with a reason,
//! and so is what could not be looked at.

use super::judge::{Company, Mercy, Role, Whose, instance_of, judge};
use super::orphans::wait_for;
use super::scan::{self, Facts, Table};
use super::scope::Scope;
use super::tally::{Tally, spared};
use super::{Emit, containers};
use crate::ledger::LockFile;
use crate::model::{Evidence, Progress, Report, Survivor};
use crate::os::lock::{self, LockId};
use crate::os::ports;
use crate::os::process::Handle;
use crate::os::{peer, table};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long what is dying may take, in state D or freeing much memory.
const LAST_WAIT: Duration = Duration::from_secs(2);
/// How long a port may take after its process.
const PORT_WAIT: Duration = Duration::from_millis(500);
/// Pause between two tries at a port: the kernel tells nobody when it is free.
const PORT_PAUSE: Duration = Duration::from_millis(10);

pub(super) fn verify(mut tally: Tally, scope: &Scope, emit: Emit<'_>) -> Report {
    let mut handed = BTreeSet::new();
    let mut survivors = settle(&mut tally, scope, &mut handed);
    let is_process = |survivor: &&Survivor| matches!(survivor, Survivor::Process { .. });
    let processes = survivors.iter().filter(is_process).count();
    // While processes are left, it is they who hold the locks.
    if survivors.is_empty() {
        let locks = scope.locks.iter().filter(|lock| !handed.contains(lock.instance.as_str()));
        survivors.extend(locks.filter(|lock| is_held(lock)).map(held));
    }
    let deadline = Instant::now() + PORT_WAIT;
    let ports = scope.ports.iter().filter(|(_, service)| !handed.contains(service));
    let taken: Vec<Survivor> =
        ports.filter_map(|(port, service)| taken(*port, service, deadline)).collect();
    let containers = tally.containers.left.len();
    emit(Progress::Verified { processes, ports: taken.len(), containers });
    survivors.extend(taken);
    survivors.extend(containers::survivors(&mut tally));
    tally.report(survivors, &ports::is_free)
}

/// Looks until nothing of ours is left or the time is over; names what is.
/// `handed` becomes the instances that a guard ends after us.
fn settle(tally: &mut Tally, scope: &Scope, handed: &mut BTreeSet<String>) -> Vec<Survivor> {
    let deadline = Instant::now() + LAST_WAIT;
    loop {
        let table = match scan::pass(scope, deadline, &mut |_| ()) {
            Ok(table) => table,
            Err(error) => return vec![unseen(format!("the process table: {error}"))],
        };
        let company = Company::around_us(&table, scope);
        let left = table.iter().filter(|facts| {
            facts.alive && matches!(judge(facts, &company, scope), Whose::Ours { .. })
        });
        let dying: Vec<Handle> =
            left.filter_map(|facts| Handle::open(&facts.identity).ok()?).collect();
        let late = Instant::now() >= deadline;
        if dying.is_empty() || late || !wait_for(dying, deadline).is_empty() {
            let with_us = table.iter().filter(|facts| company.is_with_us(facts));
            handed.extend(with_us.filter_map(|facts| instance_of(facts, &company, scope)));
            return name_all(tally, &table, &company, scope);
        }
    }
}

fn name_all(tally: &mut Tally, table: &Table, company: &Company, scope: &Scope) -> Vec<Survivor> {
    let mut survivors = Vec::new();
    for facts in table.iter().filter(|facts| facts.alive) {
        match judge(facts, company, scope) {
            Whose::Ours { evidence, role } => {
                survivors.push(survivor(facts, evidence, reason(facts, role)));
            }
            Whose::Spared { evidence, mercy: Mercy::AboveUs } => {
                survivors.push(survivor(facts, evidence, Mercy::AboveUs.words().to_owned()));
            }
            whose @ Whose::Spared { mercy: Mercy::HandedOver | Mercy::Kept, .. } => {
                spared(facts, whose).into_iter().for_each(|one| tally.spare(one));
            }
            Whose::Suspect { .. } | Whose::Nobodys => {}
        }
    }
    if table.unseen > 0 {
        survivors.push(unseen(format!("{} processes, for want of descriptors", table.unseen)));
    }
    if table.cut {
        survivors.push(unseen("processes that are born faster than they can be read".to_owned()));
    }
    survivors
}

fn survivor(facts: &Facts, evidence: Vec<Evidence>, reason: String) -> Survivor {
    let name = facts.stat.name.clone();
    let command = table::command(facts.pid(), &name);
    Survivor::Process { pid: facts.pid(), name, command, evidence, reason }
}

fn unseen(what: String) -> Survivor {
    Survivor::Unseen { what }
}

/// Why a process of ours could not be ended.
fn reason(facts: &Facts, role: Role) -> String {
    if facts.stat.state == 'D' {
        return "it waits inside the kernel (state D) and ends when that lets it go".to_owned();
    }
    let own = peer::own_uid();
    let uids = table::status(facts.pid()).ok().flatten().map(|status| status.uids);
    match uids.and_then(|uids| uids.into_iter().find(|uid| *uid != own)) {
        Some(uid) if own != 0 => format!("it runs as user id {uid}; end it as that user"),
        _ if role == Role::Guard => "it is a guard whose tree is not empty".to_owned(),
        _ => "it is still there after everything was tried".to_owned(),
    }
}

fn is_held(lock: &LockFile) -> bool {
    // Another file of that name is a later run's.
    LockId::of(&lock.path).is_ok_and(|id| id == lock.id)
        && lock::is_held(&lock.path).unwrap_or(false)
}

fn held(lock: &LockFile) -> Survivor {
    Survivor::Lock { path: lock.path.display().to_string() }
}

fn taken(port: u16, service: &str, deadline: Instant) -> Option<Survivor> {
    while !ports::is_free(port) {
        if Instant::now() >= deadline {
            let (service, holder) =
                (service.to_owned(), ports::holder(port).map(|holder| holder.to_string()));
            return Some(Survivor::Port { port, service, holder });
        }
        std::thread::sleep(PORT_PAUSE);
    }
    None
}
