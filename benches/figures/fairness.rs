//! Whether a service that floods delays the line of another.

use super::machine::{Place, now};
use super::table::Table;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

/// How long one looks.
const TIME: Duration = Duration::from_secs(10);

/// Writes the time every 10 ms.
const CLOCK: &str = r#"
#include <stdio.h>
#include <time.h>
int main(void) {
    struct timespec t, pause = {0, 10000000};
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        printf("%ld.%09ld\n", (long)t.tv_sec, t.tv_nsec);
        fflush(stdout);
        nanosleep(&pause, 0);
    }
}
"#;

pub fn measure(table: &mut Table) {
    let place = Place::new("fairness");
    let clock = place.build("clock", CLOCK);
    place.configure(&format!(
        "  clock: {{command: [{}]}}\n  flood: {{command: [yes, {}]}}\n",
        clock.display(),
        "x".repeat(99)
    ));
    let (read, write) = std::io::pipe().unwrap();
    let up = place.up(write.into());
    let mut delays = Vec::new();
    let began = Instant::now();
    let mut lines = BufReader::with_capacity(1 << 20, read);
    let mut line = Vec::new();
    while began.elapsed() < TIME {
        line.clear();
        lines.read_until(b'\n', &mut line).unwrap();
        if let Some(written) = time_of(&line) {
            delays.push((now() - written) * 1000.0);
        }
    }
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    place.down(up);
    delays.sort_by(f64::total_cmp);
    assert!(!delays.is_empty(), "the clock was never heard");
    let at = |part: usize| delays[(delays.len() - 1) * part / 100];
    table.alone("delay of a line beside a flood, median", &[at(50)], "ms", "");
    table.alone("the same, the longest of all", &[at(100)], "ms", "50 ms");
}

/// What the clock says in its line.
fn time_of(line: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix("clock")?;
    text.rsplit(' ').next()?.trim().parse().ok()
}
