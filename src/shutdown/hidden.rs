//! Processes that `/proc` hides. Under its mount option `hidepid` a user sees
//! only what may be traced, so that a process of ours which may not be dumped
//! has no files to be judged by. The kernel still says that its number is in
//! use, and which limits it has.

use super::scope::Scope;
use crate::model::Pid;
use crate::os::marker::Marker;
use crate::os::{process, table};

/// First number that can be a service's.
const FIRST: i32 = 2;

/// Whoever wears a marker that is meant, runs, and can't be looked at. Nobody
/// where `/proc` hides nobody; else every number is tried, which takes up to a
/// second.
pub(super) fn hidden(scope: &Scope) -> Vec<Pid> {
    if !table::hides() {
        return Vec::new();
    }
    let worn =
        |pid: &Pid| Marker::of_process(*pid).is_some_and(|marker| scope.wants_marker(marker));
    let all = (FIRST..=table::pid_max()).filter_map(Pid::new);
    all.filter(worn).filter(|pid| !table::is_shown(*pid) && process::runs(*pid)).collect()
}
