//! Who of many processes listens, asked again and again. Only shown, never
//! acted upon.
//!
//! To look through the descriptors of a process costs as much as all the rest of
//! a look at it, and those of one that does not listen hardly ever change so that
//! it does: a new listener is a new socket. So those who listen are looked
//! through each time, the others when there is a new socket, and once in a while,
//! since one can be handed over.

use super::ports::{held, listening};
use crate::model::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// After so long all are looked through again.
const WHOLE: Duration = Duration::from_secs(10);

/// Remembers who did not listen.
#[derive(Debug, Default)]
pub struct Listeners {
    /// The sockets there were, by inode.
    sockets: BTreeSet<u64>,
    /// When all were looked through last.
    whole: Option<Instant>,
    /// Pid and start of those who held none of them.
    silent: BTreeSet<(Pid, u64)>,
}

impl Listeners {
    /// The ports on which each of these processes listens, by pid; only those
    /// that listen at all. Each is named by its pid and its start.
    pub fn ports(&mut self, processes: &[(Pid, u64)]) -> BTreeMap<i32, BTreeSet<u16>> {
        let sockets: BTreeMap<u64, u16> =
            listening().into_iter().map(|(port, inode)| (inode, port)).collect();
        self.forget(sockets.keys().copied().collect());
        let mut ports = BTreeMap::new();
        let mut silent = BTreeSet::new();
        for one in processes {
            if sockets.is_empty() || self.silent.contains(one) {
                silent.insert(*one);
                continue;
            }
            let own = held(one.0, &sockets);
            if own.is_empty() {
                silent.insert(*one);
            } else {
                ports.insert(one.0.raw(), own);
            }
        }
        self.silent = silent;
        ports
    }

    /// Whatever is remembered may be wrong once there is another socket.
    fn forget(&mut self, sockets: BTreeSet<u64>) {
        let is_late = self.whole.is_none_or(|whole| whole.elapsed() >= WHOLE);
        if is_late || !sockets.is_subset(&self.sockets) {
            self.whole = Some(Instant::now());
            self.silent.clear();
        }
        self.sockets = sockets;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::process::own_pid;
    use std::io;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn who_begins_to_listen_is_seen_and_who_ceases_is_not() -> io::Result<()> {
        let own = own_pid().ok_or_else(|| io::Error::other("pid 1"))?;
        let mut listeners = Listeners::default();
        let mut ports = || listeners.ports(&[(own, 1)]).remove(&own.raw()).unwrap_or_default();
        ports();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        assert!(ports().contains(&port) && ports().contains(&port));
        drop(listener);
        assert!(!ports().contains(&port));
        Ok(())
    }

    #[test]
    fn the_silent_are_asked_again_once_there_is_another_socket() {
        let Some(pid) = Pid::new(40) else { return };
        let mut listeners = Listeners::default();
        listeners.forget([1, 2].into());
        listeners.silent.insert((pid, 7));
        listeners.forget([1].into());
        assert!(listeners.silent.contains(&(pid, 7)), "one less makes nobody a listener");
        listeners.forget([1, 3].into());
        assert!(listeners.silent.is_empty());
    }
}
