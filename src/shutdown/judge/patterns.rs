//! The one exception: weak evidence that counts. A process whose command line
//! matches a pattern is ours if it runs in the project as our user, nobody
//! looks after it, and no other run claims it. Pure.

use super::{Company, Role, Whose};
use crate::model::Evidence;
use crate::shutdown::scan::{Facts, Table};
use crate::shutdown::scope::Scope;
use crate::shutdown::weak::{Place, Weak};
use std::fmt;

/// Who adopts processes whose parent is gone, by the start of their names.
const REAPERS: [&str; 14] = [
    "systemd",
    "init",
    "tini",
    "docker-init",
    "dumb-init",
    "catatonit",
    "containerd-shim",
    "conmon",
    "runsvdir",
    "s6-svscan",
    "launchd",
    "openrc",
    "Relay(",
    "SessionLeader",
];

/// Why a process that matches a pattern is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// We run below it, or are it.
    AboveUs,
    /// It runs as this user.
    Foreign(u32),
    /// It carries the mark of a run that is not meant.
    OtherRun,
    /// It runs somewhere else.
    Outside,
    /// It runs in a checkout of its own.
    Checkout(std::path::PathBuf),
    /// Something protects it.
    Protected(String),
    /// What matches is a text among its arguments.
    Text,
    /// systemd looks after it.
    Unit,
    /// Somebody has it on a terminal.
    Terminal,
    /// This process looks after it.
    Below(String, i32),
    /// Its parent can't be seen.
    Entered,
}

impl Doubt {
    /// Whether `--sweep-attached` sets it aside.
    fn is_attachment(&self) -> bool {
        matches!(self, Self::Terminal | Self::Below(..))
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ATTACHED: &str = "(`--sweep-attached` includes it)";
        match self {
            Self::AboveUs => f.write_str("this command runs inside it"),
            Self::Foreign(uid) => write!(f, "it runs as user id {uid}"),
            Self::OtherRun => f.write_str("it belongs to another run"),
            Self::Outside => f.write_str("it runs outside the project"),
            Self::Checkout(path) => write!(f, "it runs in another checkout, `{}`", path.display()),
            Self::Protected(word) => write!(f, "`{word}` is protected from patterns"),
            Self::Text => f.write_str("the pattern is in a text among its arguments"),
            Self::Unit => f.write_str("systemd runs it as a unit"),
            Self::Terminal => write!(f, "somebody has it on a terminal {ATTACHED}"),
            Self::Below(name, pid) => write!(f, "`{name}` (pid {pid}) looks after it {ATTACHED}"),
            Self::Entered => f.write_str("its parent can't be seen"),
        }
    }
}

/// Who stands above a process that matches a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody but those who adopt orphans; the direct one is this.
    Orphan { parent: i32 },
    /// It is one of an orphan's job: below it, and in its process group.
    Job { parent: i32 },
    /// Somebody.
    Attached(Doubt),
}

/// Judges a process for which nothing strong speaks.
pub(super) fn judge(facts: &Facts, company: &Company, scope: &Scope) -> Whose {
    let Some(weak) = &facts.weak else { return Whose::Nobodys };
    let standing = company.standing.get(&facts.pid().raw());
    if weak.pattern.is_none() && !matches!(standing, Some(Standing::Job { .. })) {
        return Whose::Nobodys;
    }
    let doubt = doubt_of(facts, weak, company).or_else(|| attachment(facts, standing));
    let evidence = vec![Evidence::Pattern];
    match doubt.filter(|doubt| !(scope.rules.hits_attached() && doubt.is_attachment())) {
        None => Whose::Ours { evidence, role: Role::Member },
        // Of a job only those are worth a word who match themselves.
        Some(_) if weak.pattern.is_none() => Whose::Nobodys,
        Some(doubt) => {
            let inside = (weak.place == Place::Inside).then_some(Evidence::Directory);
            Whose::Suspect { evidence: evidence.into_iter().chain(inside).collect(), doubt }
        }
    }
}

fn doubt_of(facts: &Facts, weak: &Weak, company: &Company) -> Option<Doubt> {
    if company.is_above_us(facts) {
        return Some(Doubt::AboveUs);
    }
    if let Some(uid) = weak.foreign {
        return Some(Doubt::Foreign(uid));
    }
    if facts.marker.is_some() || !facts.chain.is_empty() {
        return Some(Doubt::OtherRun);
    }
    match &weak.place {
        Place::Outside => return Some(Doubt::Outside),
        Place::Checkout(path) => return Some(Doubt::Checkout(path.clone())),
        Place::Inside => {}
    }
    let protected = weak.protector.clone().map(Doubt::Protected);
    protected
        .or_else(|| (!weak.command).then_some(Doubt::Text))
        .or_else(|| weak.unit.then_some(Doubt::Unit))
}

/// Where nothing is known of those above, that is reason enough.
fn attachment(facts: &Facts, standing: Option<&Standing>) -> Option<Doubt> {
    if facts.stat.terminal != 0 {
        return Some(Doubt::Terminal);
    }
    match standing {
        Some(Standing::Orphan { parent } | Standing::Job { parent })
            if *parent == facts.stat.parent =>
        {
            None
        }
        Some(Standing::Attached(doubt)) => Some(doubt.clone()),
        _ => Some(Doubt::Entered),
    }
}

/// Finds out who stands above a process.
pub(super) fn standing(facts: &Facts, table: &Table) -> Standing {
    let parent = facts.stat.parent;
    let mut below = facts;
    let mut first = true;
    // A table read while it changes can hold a circle.
    for _ in 0..=table.len() {
        match below.stat.parent {
            1 => return Standing::Orphan { parent },
            0 => return Standing::Attached(Doubt::Entered),
            _ => {}
        }
        let Some(above) = table.get(below.stat.parent) else {
            return Standing::Attached(Doubt::Entered);
        };
        if !(is_reaper(above) || (first && was_adopted(facts, above))) {
            let name = above.stat.name.clone();
            return Standing::Attached(Doubt::Below(name, above.pid().raw()));
        }
        (below, first) = (above, false);
    }
    Standing::Attached(Doubt::Entered)
}

fn is_reaper(facts: &Facts) -> bool {
    REAPERS.iter().any(|name| facts.stat.name.starts_with(name))
}

/// A child has its parent's session or leads one of its own. One that does
/// neither was born to somebody else.
fn was_adopted(facts: &Facts, parent: &Facts) -> bool {
    let session = facts.stat.session;
    session != facts.pid().raw() && session != parent.stat.session
}

#[cfg(test)]
mod tests;
