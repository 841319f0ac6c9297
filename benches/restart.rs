//! How long a service is away: `cargo bench --bench restart`.
//!
//! From the last instruction of a service to the first of its replacement, with
//! no pause configured, beside a bare loop of `posix_spawn` and `waitpid` in
//! the same run. The service is a few lines of C that write the time when they
//! begin and when they end; both are measured with it. Ends only what it
//! started.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");

/// Restarts that are measured, after a few that are not.
const RESTARTS: usize = 20;
const WARM: usize = 5;

/// Writes its first and last moment, 16 bytes each time, and lives for 30 ms so
/// that whoever started it has come to rest.
const SERVICE: &str = r"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}
int main(int count, char **arguments) {
    long times[2] = {now(), 0};
    struct timespec life = {0, 30000000};
    int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
    nanosleep(&life, 0);
    times[1] = now();
    write(file, times, sizeof times);
    _exit(0);
}
";

/// The same loop that a supervisor is at heart.
const LOOP: &str = r"
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
extern char **environ;
int main(int count, char **arguments) {
    for (int left = atoi(arguments[1]); left > 0; left--) {
        pid_t pid;
        int status;
        if (posix_spawn(&pid, arguments[2], 0, 0, arguments + 2, environ)) return 1;
        if (waitpid(pid, &status, 0) != pid) return 1;
    }
    return 0;
}
";

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let place = Place::new();
    let (Some(service), Some(bare)) = (place.build("service", SERVICE), place.build("bare", LOOP))
    else {
        println!("no C compiler here, so there is nothing to compare with");
        return;
    };
    let (mut bare_gaps, mut gaps) = (Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does meets both.
    for round in 0..4 {
        bare_gaps.extend(of_bare(&bare, &service, &place.0.join(format!("bare.{round}"))));
        gaps.extend(of_devsup(&place, &service, &place.0.join(format!("up.{round}"))));
    }
    let (bare, ours) = (median(bare_gaps), median(gaps));
    println!("| end of a service to the begin of its replacement | median |\n| --- | ---: |");
    println!("| bare `waitpid` and `posix_spawn` | {:.2} ms |", ms(bare));
    println!("| `devsup up`, `restart: {{policy: always, delay: 0s}}` | {:.2} ms |", ms(ours));
    println!("| ratio | {:.1} |", ours.as_secs_f64() / bare.as_secs_f64());
}

fn of_bare(bare: &Path, service: &Path, times: &Path) -> Vec<Duration> {
    let count = (WARM + RESTARTS + 1).to_string();
    let status = Command::new(bare).arg(count).arg(service).arg(times).status().unwrap();
    assert!(status.success());
    gaps(times)
}

fn of_devsup(place: &Place, service: &Path, times: &Path) -> Vec<Duration> {
    let text = format!(
        "services:\n  web:\n    command: [{}, {}]\n    restart: {{policy: always, delay: 0s}}\n",
        service.display(),
        times.display()
    );
    fs::write(place.0.join("devsup.yaml"), text).unwrap();
    let mut up = Command::new(DEVSUP)
        .arg("up")
        .current_dir(&place.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while gaps(times).len() < RESTARTS {
        assert!(up.try_wait().unwrap().is_none(), "up has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let down = Command::new(DEVSUP).args(["down", "-q"]).current_dir(&place.0).status().unwrap();
    assert!(down.success());
    up.wait().unwrap();
    gaps(times)
}

/// The times between an end and the next begin.
fn gaps(times: &Path) -> Vec<Duration> {
    let bytes = fs::read(times).unwrap_or_default();
    let number = |at: &[u8]| u64::from_ne_bytes(at.try_into().unwrap());
    let runs: Vec<(u64, u64)> =
        bytes.chunks_exact(16).map(|run| (number(&run[..8]), number(&run[8..]))).collect();
    let gaps = runs.windows(2).map(|two| Duration::from_nanos(two[1].0 - two[0].1));
    gaps.skip(WARM).take(RESTARTS).collect()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("devsup-bench-restart-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn build(&self, name: &str, source: &str) -> Option<PathBuf> {
        let (text, program) = (self.0.join(format!("{name}.c")), self.0.join(name));
        fs::write(&text, source).unwrap();
        let mut built = Command::new("cc");
        built.args(["-O2", "-static", "-o"]).args([&program, &text]);
        let built = built.stderr(Stdio::null()).status();
        built.is_ok_and(|status| status.success()).then_some(program)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
