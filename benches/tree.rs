//! How fast a look at many processes is: `cargo bench --bench tree`.
//!
//! Starts the built binary on a service with 2,000 processes below it, and has
//! the supervisor look at them again and again, as the page and `devsup tree` do.
//! Ends only what it started.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");
const PROCESSES: usize = 2000;
const RUNS: usize = 21;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let place = Place::new();
    let sleepers = format!("for i in $(seq {}); do sleep 1000 & done; wait", PROCESSES - 1);
    fs::write(
        place.0.join("devsup.yaml"),
        format!("services: {{many: {{command: '{sleepers}'}}}}\n"),
    )
    .unwrap();
    assert!(devsup(&["up", "-d"], &place.0).status.success());
    until_all_are_there(&place.0);
    println!("| a look at {PROCESSES} processes | median | slowest |\n| --- | ---: | ---: |");
    rows_of_asking("`GET /v1/processes`, asked and read whole", &place.0);
    row("`devsup tree`, from start to end", || {
        assert!(devsup(&["tree", "--json"], &place.0).status.success());
    });
    row("`devsup ps --here`, from start to end", || {
        assert!(devsup(&["ps", "--here", "--json"], &place.0).status.success());
    });
    let started = devsup(&["job", "start", "--", "sleep", "1000"], &place.0);
    assert!(started.status.success());
    rows_of_asking("`GET /v1/processes`, with a job", &place.0);
    let job = String::from_utf8(started.stdout).unwrap();
    assert!(devsup(&["job", "kill", job.trim()], &place.0).status.success());
    assert!(devsup(&["down", "--force", "-q"], &place.0).status.success());
}

fn rows_of_asking(what: &str, directory: &Path) {
    let before = used(directory);
    row(what, || assert!(asked(directory) >= PROCESSES));
    let each = used(directory).saturating_sub(before) / u32::try_from(RUNS).unwrap();
    println!("| of that, the supervisor's time on a processor | {:.1} ms | |", ms(each));
}

fn row(what: &str, act: impl Fn()) {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| timed(&act)).collect();
    times.sort();
    println!("| {what} | {:.1} ms | {:.1} ms |", ms(times[RUNS / 2]), ms(times[RUNS - 1]));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How long the supervisor has used processors so far. Told apart from how long a
/// look takes, which says as much about whatever else the machine does.
fn used(directory: &Path) -> Duration {
    let run = fs::read_to_string(directory.join(".pids/run.json")).unwrap();
    let supervisor = run.split("\"supervisor\"").nth(1).unwrap();
    let pid = supervisor.split("\"pid\": ").nth(1).unwrap().split([',', '\n']).next().unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn timed(act: &impl Fn()) -> Duration {
    let begin = Instant::now();
    act();
    begin.elapsed()
}

fn devsup(arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new(DEVSUP);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap()
}

fn until_all_are_there(directory: &Path) {
    let begin = Instant::now();
    while asked(directory) < PROCESSES {
        assert!(begin.elapsed() < Duration::from_secs(60), "they do not come");
    }
}

/// Asks for all processes, and counts those in the answer.
fn asked(directory: &Path) -> usize {
    let run = fs::read_to_string(directory.join(".pids/run.json")).unwrap();
    let socket = run.split("\"socket\": \"").nth(1).unwrap().split('"').next().unwrap();
    let mut stream = UnixStream::connect(socket).unwrap();
    let request = "GET /v1/processes HTTP/1.1\r\nhost: devsup\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).matches("\"pid\":").count()
}

/// A directory that goes when it is no longer needed, with all that ran in it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("devsup-bench-tree-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        devsup(&["down", "--force", "-q"], &self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}
