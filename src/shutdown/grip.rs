//! Taking hold of a process before it is signalled: a handle is opened, and
//! identity and evidence are read again under it. Should the number have gone
//! to another process meanwhile, the handle says so.

use super::judge::{Company, Role, Whose, judge};
use super::scan::{self, Facts};
use super::scope::Scope;
use super::weak;
use crate::model::Evidence;
use crate::os::process::{Handle, Identity};
use std::io;

/// A process of ours, held.
#[derive(Debug)]
pub struct Grip {
    /// The handle to signal it by.
    pub handle: Handle,
    /// What was read under the handle.
    pub facts: Facts,
    /// Why it is ours; never empty.
    pub evidence: Vec<Evidence>,
    /// What it is to us.
    pub role: Role,
}

/// Takes hold of a process; `None` if it is gone, another one by now, or not
/// ours. `company` must be of a table in which the process was seen.
pub fn grip(identity: &Identity, company: &Company, scope: &Scope) -> io::Result<Option<Grip>> {
    let Some(handle) = Handle::open(identity)? else {
        return Ok(None);
    };
    let Some(mut facts) = scan::look(identity.pid, scope)? else {
        return Ok(None);
    };
    if facts.weak.is_none() && company.is_in_job(&facts) {
        facts.weak = weak::look_anyway(identity.pid, &scope.rules, &scope.root);
    }
    if !facts.alive || facts.identity.start != identity.start {
        return Ok(None);
    }
    Ok(match judge(&facts, company, scope) {
        Whose::Ours { evidence, role } => Some(Grip { handle, facts, evidence, role }),
        Whose::Spared { .. } | Whose::Suspect { .. } | Whose::Nobodys => None,
    })
}
