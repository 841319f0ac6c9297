//! How much processors and memory processes use, asked only while somebody
//! looks. Nothing is ever signalled on its word.
//!
//! Counts from the `stat` that a look has read anyway. The library `sysinfo`
//! reads it again for each process, and all of `status`, which was a large part
//! of a look at two thousand.

use super::table::{self, Stat, ticks_per_second};
use crate::model::Pid;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

/// Nearer than that two looks tell nothing: the kernel counts in ticks, of
/// which there are a hundred in a second.
const NEAREST: Duration = Duration::from_millis(200);

/// Longest `statm`: seven numbers.
const STATM_CAP: usize = 160;

/// The resident memory of a process in bytes. Of one that is gone by now, what
/// its `stat` said.
pub fn memory(pid: Pid, stat: &Stat) -> u64 {
    let mut bytes = [0; STATM_CAP];
    let read = File::open(format!("/proc/{pid}/statm")).and_then(|mut file| file.read(&mut bytes));
    let text = std::str::from_utf8(&bytes[..read.unwrap_or(0)]).unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages.saturating_mul(table::page_size()).max(stat.memory)
}

/// What a process had used of the processors when it was looked at.
#[derive(Debug, Clone, Copy)]
struct Count {
    start: u64,
    ticks: u64,
    at: Instant,
}

/// What one look counted, by pid.
#[derive(Debug, Clone, Default)]
pub struct Counts(BTreeMap<i32, Count>);

impl Counts {
    /// Counts a process, whose `stat` was read a moment ago.
    pub fn add(&mut self, pid: Pid, stat: &Stat) {
        let count = Count { start: stat.start, ticks: stat.ticks, at: Instant::now() };
        self.0.insert(pid.raw(), count);
    }

    /// Counts these once more, as far as they are still there.
    fn again(&self, pids: &[Pid]) -> Self {
        let mut again = self.clone();
        for pid in pids {
            if let Ok(Some(stat)) = table::stat(*pid) {
                again.add(*pid, &stat);
            }
        }
        again
    }
}

/// Remembers the last look, since a use of processors is one between two looks.
#[derive(Debug, Default)]
pub struct Sampler {
    last: Option<(Instant, Counts)>,
    /// Percent of one processor, by pid.
    loads: BTreeMap<i32, f32>,
}

impl Sampler {
    /// What each process uses, in percent of one processor. The first look waits
    /// a moment and counts these again; those that were not there at the last
    /// look have used nothing yet.
    pub fn sample(&mut self, pids: &[Pid], counts: Counts) -> &BTreeMap<i32, f32> {
        match self.last.take() {
            // The numbers would be noise; the last ones stand.
            Some(last) if last.0.elapsed() < NEAREST => self.last = Some(last),
            Some((_, before)) => self.compare(&before, counts),
            None => {
                std::thread::sleep(NEAREST);
                let again = counts.again(pids);
                self.compare(&counts, again);
            }
        }
        &self.loads
    }

    fn compare(&mut self, before: &Counts, now: Counts) {
        let load = |(pid, now): (&i32, &Count)| {
            let before = before.0.get(pid).filter(|before| before.start == now.start)?;
            Some((*pid, percent(before, now)))
        };
        self.loads = now.0.iter().filter_map(load).collect();
        self.last = Some((Instant::now(), now));
    }
}

fn percent(before: &Count, now: &Count) -> f32 {
    let ticks = now.ticks.saturating_sub(before.ticks);
    let second = u32::try_from(ticks_per_second()).unwrap_or(100);
    let used = Duration::from_secs(ticks) / second;
    let time = now.at.saturating_duration_since(before.at);
    if time.is_zero() { 0.0 } else { used.as_secs_f32() / time.as_secs_f32() * 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::process::own_pid;

    fn counted() -> std::io::Result<(Pid, Counts)> {
        let own = own_pid().ok_or_else(|| std::io::Error::other("pid 1"))?;
        let stat = table::stat(own)?.ok_or_else(|| std::io::Error::other("no stat"))?;
        let mut counts = Counts::default();
        counts.add(own, &stat);
        Ok((own, counts))
    }

    #[test]
    fn who_works_is_seen_at_the_first_look_and_after() -> std::io::Result<()> {
        let (own, counts) = counted()?;
        let over = std::sync::atomic::AtomicBool::new(false);
        let relaxed = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(relaxed) {
                    std::hint::spin_loop();
                }
            });
            let mut sampler = Sampler::default();
            let mut load = sampler.sample(&[own], counts).get(&own.raw()).copied();
            // On a busy machine it may have had no processor so far.
            while load.is_none_or(|load| load <= 0.0) {
                let Ok((_, counts)) = counted() else { break };
                load = sampler.sample(&[own], counts).get(&own.raw()).copied();
            }
            over.store(true, relaxed);
            assert!(load.is_some_and(|load| load > 0.0), "{load:?}");
        });
        Ok(())
    }

    #[test]
    fn memory_is_that_of_statm() -> std::io::Result<()> {
        let own = own_pid().ok_or_else(|| std::io::Error::other("pid 1"))?;
        let stat = table::stat(own)?.ok_or_else(|| std::io::Error::other("no stat"))?;
        let none = Stat { memory: 0, ..stat };
        assert!(memory(own, &none) > 1 << 20, "a test is larger than that");
        Ok(())
    }

    #[test]
    fn a_use_is_one_between_two_looks_at_the_same_process() {
        let at = Instant::now();
        let count =
            |start, ticks, seconds| Count { start, ticks, at: at + Duration::from_secs(seconds) };
        let second = ticks_per_second();
        let half = percent(&count(7, second, 0), &count(7, 2 * second, 2));
        assert!((half - 50.0).abs() < 0.01, "{half}");
        let (before, now) = (count(7, 5, 0), count(8, 500, 1));
        let mut sampler = Sampler::default();
        sampler.compare(&Counts([(40, before)].into()), Counts([(40, now)].into()));
        assert!(sampler.loads.is_empty(), "the number went to another process");
    }
}
