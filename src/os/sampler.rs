//! How much processors and memory processes use, asked only while somebody
//! looks. Nothing is ever signalled on its word.

use crate::model::Pid;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::collections::BTreeMap;
use std::time::Instant;
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, ProcessRefreshKind, ProcessesToUpdate, System};

/// What a process uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Percent of one processor, since the last look.
    pub cpu: f32,
    /// Resident memory in bytes.
    pub memory: u64,
}

/// Remembers the last look, since a use of processors is one between two looks.
pub struct Sampler {
    system: System,
    /// When processors were looked at last.
    last: Option<Instant>,
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

impl Sampler {
    /// One that has not looked yet.
    pub fn new() -> Self {
        keep_no_files();
        Self { system: System::new(), last: None }
    }

    /// Looks at these processes. The first look waits a moment for a second
    /// one; those that were not there at the last look have used nothing yet.
    pub fn sample(&mut self, pids: &[Pid]) -> BTreeMap<i32, Load> {
        let ids: Vec<sysinfo::Pid> =
            pids.iter().filter_map(|pid| usize::try_from(pid.raw()).ok()).map(Into::into).collect();
        match self.last {
            // Nearer than that the numbers would be noise; the last ones stand.
            Some(last) if last.elapsed() < MINIMUM_CPU_UPDATE_INTERVAL => {}
            Some(_) => self.refresh(&ids),
            None => {
                self.refresh(&ids);
                std::thread::sleep(MINIMUM_CPU_UPDATE_INTERVAL);
                self.refresh(&ids);
            }
        }
        let load = |(pid, id): (&Pid, &sysinfo::Pid)| {
            let process = self.system.process(*id)?;
            Some((pid.raw(), Load { cpu: process.cpu_usage(), memory: process.memory() }))
        };
        pids.iter().zip(&ids).filter_map(load).collect()
    }

    fn refresh(&mut self, ids: &[sysinfo::Pid]) {
        let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        self.forget_others(ids);
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(ids), true, wanted);
        self.last = Some(Instant::now());
    }

    /// Whoever has ended is forgotten only when it is asked for again, and
    /// nobody would.
    fn forget_others(&mut self, ids: &[sysinfo::Pid]) {
        let wanted: std::collections::BTreeSet<&sysinfo::Pid> = ids.iter().collect();
        if self.system.processes().keys().any(|known| !wanted.contains(known)) {
            let gone: Vec<sysinfo::Pid> = self
                .system
                .processes()
                .keys()
                .filter(|known| !wanted.contains(known))
                .copied()
                .collect();
            let nothing = ProcessRefreshKind::nothing().without_tasks();
            self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&gone), true, nothing);
        }
    }
}

/// The library would keep a descriptor open for every process, and raise our
/// limit of them for good, which what is started later would inherit.
fn keep_no_files() {
    let before = getrlimit(Resource::RLIMIT_NOFILE);
    sysinfo::set_open_files_limit(0);
    if let Ok((soft, hard)) = before {
        // It was allowed a moment ago.
        let _kept = setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::process::own_pid;

    #[test]
    fn we_use_memory_and_our_limit_stays() -> std::io::Result<()> {
        let before = getrlimit(Resource::RLIMIT_NOFILE)?;
        let own = own_pid().ok_or_else(|| std::io::Error::other("pid 1"))?;
        let loads = Sampler::new().sample(&[own]);
        assert!(loads.get(&own.raw()).is_some_and(|load| load.memory > 0 && load.cpu >= 0.0));
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE)?, before);
        Ok(())
    }
}
