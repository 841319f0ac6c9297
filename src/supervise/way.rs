//! What is in the way of a start: a socket or a port that a service wants and
//! somebody has. What a killed run left is removed, everything else is told.

use super::diagnosis::{has, words_of};
use super::fleet::Fleet;
use super::launch;
use super::notices::is_declared;
use crate::model::{Pid, Probe};
use crate::os::ports;
use crate::os::process::own_pid;
use crate::os::table;
use crate::probe::{InTheWay, remove_stale};
use std::path::Path;

impl Fleet {
    /// Looks before a start whether it can have what it wants. It is started in
    /// any case: what was found may be gone by the time it is needed.
    pub(super) fn clear_the_way(&self, at: usize) {
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let port = unit.port.filter(|_| is_declared(service.port));
        let socket = match service.healthcheck.as_ref().map(|check| &check.probe) {
            Some(Probe::Unix(path)) => in_place_of(path),
            _ => None,
        };
        for words in port.and_then(stranger_on).into_iter().chain(socket) {
            self.say(format!("{} {}: {words}", self.look.warning(), unit.instance));
        }
    }
}

/// Who has the port, unless it is one of ours: a sibling that passes it on, or
/// a copy.
fn stranger_on(port: u16) -> Option<String> {
    let holder = ports::holder(port).filter(|holder| !is_ours(holder.pid))?;
    Some(has(port, &holder))
}

fn in_place_of(path: &Path) -> Option<String> {
    let shown = path.display();
    match remove_stale(path) {
        Ok(InTheWay::Nothing | InTheWay::Stale) => None,
        Ok(InTheWay::NoSocket) => Some(format!("{shown} is in its way and is no socket")),
        Ok(InTheWay::Listener) => match ports::socket_holder(path) {
            Some(holder) if is_ours(holder.pid) => None,
            Some(holder) => Some(format!("{shown} is taken by {}", words_of(&holder))),
            None => Some(format!("{shown} is taken: somebody listens there")),
        },
        Err(error) => {
            Some(format!("the stale socket {shown} can't be removed: {}", launch::plain(&error)))
        }
    }
}

fn is_ours(pid: Pid) -> bool {
    own_pid().is_some_and(|own| table::is_below(pid, own))
}
