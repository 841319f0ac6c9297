//! What a stop would do: who would be hit and why, who is spared and why.
//! Signals nobody.

use super::judge::{Company, Role, Whose, instance_of, judge};
use super::scan::{self, Facts};
use super::scope::Scope;
use super::tally;
use crate::model::{Evidence, Fate, Freed, Hit, Report, Spared, Teardown, Verdict};
use crate::os::process::own_pid;
use crate::os::{sampler, table};
use std::io;
use std::time::{Duration, Instant};

/// How long the look may take.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// How the names of devsup's own processes begin. Only for the words.
const OWN_NAMES: &str = "devsup";

/// Looks, judges, and reports as if it had been done. Spared are those that
/// somebody could take for ours: they run inside the project.
pub fn rehearse(scope: &Scope) -> io::Result<Report> {
    let began = Instant::now();
    let rules = scope.rules.clone().with_all_evidence();
    let scope = &Scope { rules, ..scope.clone() };
    let table = scan::pass(scope, began + LOOK_TIME, &mut |_| ())?;
    let company = Company::around_us(&table, scope);
    let (mut hits, mut spared, mut memory) = (Vec::new(), Vec::new(), 0);
    for facts in table.iter().filter(|facts| facts.alive) {
        match judge(facts, &company, scope) {
            // A guard ends by itself when its tree has.
            Whose::Ours { role: Role::Guard, .. } => {}
            Whose::Ours { evidence, .. } => {
                let service = instance_of(facts, &company, scope);
                let phase = if service.is_some() { 1 } else { 3 };
                memory += sampler::memory(facts.pid(), &facts.stat);
                hits.push(hit(facts, evidence, service, phase));
            }
            whose @ (Whose::Spared { .. } | Whose::Suspect { .. }) => {
                spared.extend(tally::spared(facts, whose));
            }
            Whose::Nobodys => spared.extend(bystander(facts, &company, scope)),
        }
    }
    let verdict = if hits.is_empty() { Verdict::Nothing } else { Verdict::Clean };
    let freed = Freed { processes: hits.len(), memory, ports: Vec::new() };
    Ok(Report {
        version: 1,
        project: scope.project.clone(),
        run: scope.run,
        dry_run: true,
        verdict,
        hits,
        spared,
        survivors: Vec::new(),
        freed,
        strays: Vec::new(),
        containers: Teardown::default(),
        notes: Vec::new(),
        took_ms: tally::millis(began.elapsed()),
    })
}

fn hit(facts: &Facts, evidence: Vec<Evidence>, service: Option<String>, phase: u8) -> Hit {
    let name = facts.stat.name.clone();
    let command = table::command(facts.pid(), &name);
    let pattern = facts.weak.as_ref().and_then(|weak| weak.pattern.as_ref());
    let reason = match (phase, pattern.filter(|_| evidence == [Evidence::Pattern])) {
        (1, _) => "it would be asked with its service".to_owned(),
        (_, Some(pattern)) => format!(
            "the sweep would kill it: its command line matches `{pattern}`, it runs in the \
             project, and nobody looks after it"
        ),
        (_, None) => "the sweep would kill it".to_owned(),
    };
    let fate = Fate::WouldStop;
    Hit { pid: facts.pid(), name, command, service, evidence, phase, fate, reason }
}

fn bystander(facts: &Facts, company: &Company, scope: &Scope) -> Option<Spared> {
    let is_ourselves = Some(facts.pid()) == own_pid();
    let inside = !is_ourselves
        && table::directory(facts.pid()).is_ok_and(|cwd| cwd.starts_with(&scope.root));
    let reason = if facts.stat.name.starts_with(OWN_NAMES) {
        "it is devsup's own and ends with the services"
    } else if company.is_above_us(facts) {
        "this command runs inside it"
    } else if facts.marker.is_some_and(|marker| marker.project() == scope.key) {
        "it belongs to a run that is not meant"
    } else {
        "it runs in the project's directory, which is no proof that it is ours"
    };
    inside.then(|| {
        let name = facts.stat.name.clone();
        let command = table::command(facts.pid(), &name);
        let (evidence, fate) = (vec![Evidence::Directory], Fate::Suspect);
        Spared { pid: facts.pid(), name, command, evidence, fate, reason: reason.to_owned() }
    })
}
