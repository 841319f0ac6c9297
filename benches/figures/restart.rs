//! How long a service is away: from its last instruction to the first of its
//! replacement, with no pause configured, beside a bare loop of `posix_spawn`
//! and `waitpid`. The service is a few lines of C that write the time when they
//! begin and when they end; both are measured with it.

use super::machine::{Place, ms, wait_until};
use super::table::{Better, Table};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

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

pub fn measure(table: &mut Table) {
    let place = Place::new("restart");
    let (service, bare) = (place.build("service", SERVICE), place.build("bare", LOOP));
    let mut rounds = Vec::new();
    // In turns, so that whatever else the machine does meets both.
    for round in 0..4 {
        let bare = of_bare(&bare, &service, &place.0.join(format!("bare.{round}")));
        let ours = of_devsup(&place, &service, &place.0.join(format!("up.{round}")));
        rounds.extend(ours.into_iter().map(ms).zip(bare.into_iter().map(ms)));
    }
    table.beside(
        "restart, from the end of a service to the begin of its replacement",
        &rounds,
        ("ms", Better::Less),
        ("`waitpid`, `posix_spawn`", ""),
    );
}

fn of_bare(bare: &Path, service: &Path, times: &Path) -> Vec<Duration> {
    let count = (WARM + RESTARTS + 1).to_string();
    let status = Command::new(bare).arg(count).arg(service).arg(times).status().unwrap();
    assert!(status.success());
    gaps(times)
}

fn of_devsup(place: &Place, service: &Path, times: &Path) -> Vec<Duration> {
    place.configure(&format!(
        "  web:\n    command: [{}, {}]\n    restart: {{policy: always, delay: 0s}}\n",
        service.display(),
        times.display()
    ));
    let up = place.up(Stdio::null());
    wait_until(|| gaps(times).len() >= RESTARTS);
    place.down(up);
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
