//! How fast a stop is: `cargo bench --bench stop`.
//!
//! Sets the stop of the built binary beside a bare loop that kills and reaps as
//! many processes, and the look at the process table beside a bare look at the
//! same files. Everything happens in a pid namespace of its own where one can be
//! had: what else runs on the machine is then neither seen nor counted. `--full`
//! adds the project of 500 services.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use devsup::shutdown::{Scope, look_at_all};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");
const RUNS: usize = 7;
/// Set within the namespace.
const ALONE: &str = "DEVSUP_BENCH_ALONE";

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if std::env::var_os(ALONE).is_none() {
        alone();
    }
    println!("| what | devsup | bare | ratio |\n| --- | ---: | ---: | ---: |");
    against_a_bare_loop("1,000 sleepers in one service", 1000, &one_service(1000));
    against_a_bare_loop("200 services of one process", 200, &services(200));
    scan();
    let normal = normal();
    row("`--force` of six services with three children each", median(|| forced(&normal, 18)));
    row("100 polite services, Ctrl-C to exit", median(|| interrupted(&services(100), 100)));
    if std::env::args().any(|argument| argument == "--full") {
        row("500 polite services, Ctrl-C to exit", median(|| interrupted(&services(500), 500)));
    }
}

/// Goes on in a namespace of its own, unless there can be none.
fn alone() {
    use std::os::unix::process::CommandExt;
    let flags = ["--user", "--map-current-user", "--pid", "--fork", "--mount-proc"];
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(flags);
        command
    };
    let possible = unshare().arg("true").stderr(Stdio::null()).status();
    if possible.is_ok_and(|status| status.success()) {
        let itself = std::env::current_exe().unwrap();
        let error = unshare().arg(itself).args(std::env::args_os().skip(1)).env(ALONE, "1").exec();
        panic!("{error}");
    }
    println!("in the machine's own process table, for want of a namespace:");
}

fn row(what: &str, took: Duration) {
    println!("| {what} | {:.1} ms | | |", ms(took));
}

fn compared(what: &str, ours: Duration, bare: Duration) {
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("| {what} | {:.1} ms | {:.1} ms | {ratio:.2} |", ms(ours), ms(bare));
}

fn against_a_bare_loop(what: &str, processes: usize, yaml: &str) {
    let bare = median(|| bare_kill(processes));
    compared(what, median(|| forced(yaml, processes)), bare);
}

/// SIGKILL to each, then a wait for each.
fn bare_kill(processes: usize) -> Duration {
    let mut children: Vec<Child> = (0..processes).map(|_| sleeper().spawn().unwrap()).collect();
    let began = Instant::now();
    for child in &mut children {
        child.kill().unwrap();
    }
    for mut child in children {
        child.wait().unwrap();
    }
    began.elapsed()
}

fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("600").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn one_service(sleepers: usize) -> String {
    let script = format!("for i in $(seq {sleepers}); do sleep 600 & done; wait");
    format!("name: bench\nservices:\n  s: {{command: [sh, -c, \"{script}\"]}}\n")
}

fn services(count: usize) -> String {
    let mut yaml = "name: bench\nservices:\n".to_owned();
    for at in 0..count {
        let _ = writeln!(yaml, "  s{at}: {{command: [sleep, \"600\"]}}");
    }
    yaml
}

fn normal() -> String {
    let mut yaml = "name: bench\nservices:\n".to_owned();
    for at in 0..6 {
        let script = "sleep 600 & sleep 600 & sleep 600 & wait";
        let _ = writeln!(yaml, "  s{at}: {{command: [sh, -c, \"{script}\"]}}");
    }
    yaml
}

/// From the stop being asked to the verdict, as the supervisor itself has it in
/// its report: the start of the asking program is not part of it.
fn forced(yaml: &str, sleepers: usize) -> Duration {
    let (place, mut up) = start(yaml, sleepers);
    let mut down = devsup(&["down", "--force", "--json"], &place.0);
    let mut down = down.stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    down.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(down.wait().unwrap().success(), "{said}");
    up.wait().unwrap();
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    Duration::from_millis(report["took_ms"].as_u64().unwrap())
}

fn interrupted(yaml: &str, sleepers: usize) -> Duration {
    let (_place, mut up) = start(yaml, sleepers);
    let pid = nix::unistd::Pid::from_raw(up.id().cast_signed());
    let began = Instant::now();
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert!(up.wait().unwrap().success());
    began.elapsed()
}

/// Brings a project up and waits until all of it sleeps.
fn start(yaml: &str, sleepers: usize) -> (Place, Child) {
    let place = Place::new();
    fs::write(place.0.join("devsup.yaml"), yaml).unwrap();
    let mut up = devsup(&["up"], &place.0).stdout(Stdio::null()).spawn().unwrap();
    while sleepers_below(up.id()) < sleepers {
        assert!(up.try_wait().unwrap().is_none(), "up has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Until the last one's start is digested.
    std::thread::sleep(Duration::from_millis(300));
    (place, up)
}

fn devsup(arguments: &[&str], place: &Path) -> Command {
    let mut command = Command::new(DEVSUP);
    command.args(arguments).current_dir(place).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// The look at the whole process table, beside a bare one at the same files.
fn scan() {
    let place = Place::new();
    let crowd: Vec<Child> = (0..500).map(|_| sleeper().spawn().unwrap()).collect();
    let scope = Scope::of_project(&place.0, None, Vec::new()).unwrap();
    let deadline = || Instant::now() + Duration::from_secs(5);
    let ours = median(|| {
        let began = Instant::now();
        let table = look_at_all(&scope, deadline(), &mut |_| ()).unwrap();
        assert!(table.iter().count() > 500);
        began.elapsed()
    });
    let bare = median(bare_scan);
    compared("a look at the process table, 500 sleepers", ours, bare);
    for mut child in crowd {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Reads what a look reads of everybody, into one buffer, and keeps nothing.
fn bare_scan() -> Duration {
    let began = Instant::now();
    let mut buffer = vec![0; 1 << 16];
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        for file in ["stat", "environ"] {
            if let Ok(mut file) = fs::File::open(format!("/proc/{pid}/{file}")) {
                while file.read(&mut buffer).is_ok_and(|count| count > 0) {}
            }
        }
        // SAFETY: nothing is set, and the result goes to a live rlimit64.
        unsafe {
            libc::prlimit64(pid, libc::RLIMIT_LOCKS, std::ptr::null(), &raw mut limit);
        }
    }
    fs::read_to_string("/proc/loadavg").unwrap();
    began.elapsed()
}

struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let name = format!("devsup-bench-stop-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    all.sort();
    all[RUNS / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many processes called `sleep` descend from this one.
fn sleepers_below(root: u32) -> usize {
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let tasks = fs::read_dir(format!("/proc/{}/task", found[at]));
        for task in tasks.into_iter().flatten().flatten() {
            let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    let comm = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    found.iter().filter(|pid| comm(pid).trim() == "sleep").count()
}
