//! What devsup itself costs: `cargo bench --bench costs`.
//!
//! Starts the built binary on 100 sleeping services in a directory of its own,
//! reads what its processes cost from `/proc`, stops them again, and times the
//! commands that people and hooks run all the time. Ends only what it started.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");
const SERVICES: usize = 100;
const IDLE: Duration = Duration::from_secs(10);
const RUNS: usize = 21;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| what | figure |\n| --- | ---: |");
    let version = median(|| run(&["--version"], Path::new("/")));
    println!("| `devsup --version` | {:.1} ms |", ms(version));
    idle_down();
    hundred();
}

/// `down` with nothing to do, on a machine with 300 more processes.
fn idle_down() {
    let crowd: Vec<Child> = (0..300)
        .map(|_| Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap())
        .collect();
    let place = Place::new("down");
    fs::write(place.0.join("Procfile"), "a: sleep 1\n").unwrap();
    let took = median(|| run(&["down"], &place.0));
    println!("| `devsup down` with nothing to do, 300 processes | {:.1} ms |", ms(took));
    for mut child in crowd {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn hundred() {
    let place = Place::new("hundred");
    let mut yaml = "name: bench\nservices:\n".to_owned();
    for at in 0..SERVICES {
        let _ = writeln!(yaml, "  s{at}: {{command: [sleep, \"1000\"]}}");
    }
    fs::write(place.0.join("devsup.yaml"), yaml).unwrap();
    let began = Instant::now();
    let mut up = Command::new(DEVSUP)
        .arg("up")
        .current_dir(&place.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let front = up.id();
    let mut sleepers = 0;
    while sleepers < SERVICES {
        assert!(up.try_wait().unwrap().is_none(), "up has ended");
        std::thread::sleep(Duration::from_millis(2));
        sleepers = tree(front).iter().filter(|pid| comm(**pid) == "sleep").count();
    }
    println!(
        "| start of {SERVICES} services, until the last one runs | {:.0} ms |",
        ms(began.elapsed())
    );
    std::thread::sleep(Duration::from_secs(1));
    let own: Vec<u32> =
        tree(front).into_iter().filter(|pid| comm(*pid).starts_with("devsup")).collect();
    let pss: u64 = own.iter().map(|pid| pss_kb(*pid)).sum();
    println!("| memory (PSS) of its {} own processes | {:.1} MB |", own.len(), kb(pss));
    let before: u64 = own.iter().map(|pid| wakeups(*pid)).sum();
    std::thread::sleep(IDLE);
    let after: u64 = own.iter().map(|pid| wakeups(*pid)).sum();
    println!("| their wake-ups in {} idle seconds | {} |", IDLE.as_secs(), after - before);
    let began = Instant::now();
    let down = run(&["down", "-q"], &place.0);
    up.wait().unwrap();
    println!("| `devsup down` of the {SERVICES} services, verdict included | {:.0} ms |", ms(down));
    println!("| until `up` has ended too | {:.0} ms |", ms(began.elapsed()));
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("devsup-bench-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str], place: &Path) -> Duration {
    let began = Instant::now();
    let status = Command::new(DEVSUP)
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "devsup {arguments:?}: {status}");
    began.elapsed()
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    all.sort();
    all[RUNS / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn kb(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        for task in
            fs::read_dir(format!("/proc/{}/task", found[at])).into_iter().flatten().flatten()
        {
            let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn pss_kb(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    field(&text, "Pss:")
}

fn wakeups(pid: u32) -> u64 {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        sum += field(&text, "voluntary_ctxt_switches:");
    }
    sum
}
