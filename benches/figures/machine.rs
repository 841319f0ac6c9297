//! What the sections share: places, programs, and what `/proc` says of
//! processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");

/// A directory of its own, removed in the end.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("devsup-bench-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A project there, with these services in its config.
    pub fn project(name: &str, services: &str) -> Self {
        let place = Self::new(name);
        place.configure(services);
        place
    }

    pub fn configure(&self, services: &str) {
        fs::write(self.0.join("devsup.yaml"), format!("name: bench\nservices:\n{services}"))
            .unwrap();
    }

    /// A small program in C: what it takes to start is next to nothing.
    pub fn build(&self, name: &str, source: &str) -> PathBuf {
        let (text, program) = (self.0.join(format!("{name}.c")), self.0.join(name));
        fs::write(&text, source).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-static", "-o"]).args([&program, &text]);
        assert!(compiler.status().is_ok_and(|status| status.success()), "a C compiler is needed");
        program
    }

    /// `devsup`, to be run there.
    pub fn devsup(&self, arguments: &[&str]) -> Command {
        let mut devsup = Command::new(DEVSUP);
        devsup.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        devsup.stdout(Stdio::null()).stderr(Stdio::null());
        devsup
    }

    /// `devsup up`, writing there.
    pub fn up(&self, out: Stdio) -> Child {
        self.devsup(&["up"]).stdout(out).spawn().unwrap()
    }

    /// Ends it.
    pub fn down(&self, mut up: Child) {
        let down = self.devsup(&["down", "-q"]).status().unwrap();
        assert!(down.success(), "{down}");
        up.wait().unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The processes of devsup itself at and below this one.
pub fn own_processes(root: u32) -> Vec<u32> {
    tree(root).into_iter().filter(|pid| comm(*pid).starts_with("devsup")).collect()
}

/// A process and all below it.
pub fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        for task in tasks(found[at]) {
            let list = fs::read_to_string(task.join("children")).unwrap_or_default();
            found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

fn tasks(pid: u32) -> Vec<PathBuf> {
    let all = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    all.map(|task| task.path()).collect()
}

fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

fn field(path: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn of(pid: u32, file: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{file}"))
}

/// Memory in MB, what is shared split among those that share it.
pub fn pss(pid: u32) -> f64 {
    field(&of(pid, "smaps_rollup"), "Pss:") as f64 / 1024.0
}

/// The most memory it ever had, in MB.
pub fn peak(pid: u32) -> f64 {
    field(&of(pid, "status"), "VmHWM:") as f64 / 1024.0
}

/// How often it went to sleep by itself, which is once a wake-up.
pub fn wake_ups(pid: u32) -> f64 {
    let sleeps = |task: &PathBuf| field(&task.join("status"), "voluntary_ctxt_switches:");
    tasks(pid).iter().map(sleeps).sum::<u64>() as f64
}

/// CPU seconds, from the scheduler's own sum, which is in nanoseconds; the usual
/// one counts in hundredths of a second.
pub fn cpu(pid: u32) -> f64 {
    let spent = |task: &PathBuf| {
        let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
        text.split_ascii_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
    };
    tasks(pid).iter().map(spent).sum::<f64>() / 1e9
}

/// The sum over some processes.
pub fn sum(pids: &[u32], of: fn(u32) -> f64) -> f64 {
    pids.iter().map(|pid| of(*pid)).sum()
}

/// `CLOCK_MONOTONIC` in seconds: the clock of the small programs.
pub fn now() -> f64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Waits for something that happens soon.
pub fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it has not happened in a minute");
}
