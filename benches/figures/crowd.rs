//! Many services: how long they take to start and to stop, and what devsup
//! itself takes while they do nothing.

use super::machine::{Place, cpu, ms, now, own_processes, pss, sum, wait_until, wake_ups};
use super::table::{Better, Table};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Rounds of each figure.
const ROUNDS: usize = 5;
/// ext4 does not give out the number of a file that was removed in the last five
/// seconds, and looks for another one for long: that would be counted as ours.
const FORGETTING: Duration = Duration::from_secs(6);
/// How long one looks at services that do nothing.
const IDLE: Duration = Duration::from_secs(20);
/// The grace of those that ignore the request to end.
const GRACE: Duration = Duration::from_millis(500);

/// Writes the time of its first instruction, and sleeps. With a second word it
/// ignores the request to end.
const SERVICE: &str = r"
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
int main(int count, char **arguments) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = t.tv_sec + t.tv_nsec / 1e9;
    if (count > 2) signal(SIGTERM, SIG_IGN);
    int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
    write(file, &now, sizeof now);
    close(file);
    for (;;) pause();
}
";

/// Starts so many of a program, waits to be told, kills and reaps them.
const LOOP: &str = r"
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int main(int count, char **arguments) {
    int wanted = atoi(arguments[1]);
    pid_t *pids = calloc(wanted, sizeof *pids);
    char told;
    for (int at = 0; at < wanted; at++)
        if (posix_spawn(pids + at, arguments[2], 0, 0, arguments + 2, environ)) return 1;
    read(0, &told, 1);
    for (int at = 0; at < wanted; at++) kill(pids[at], SIGTERM);
    for (int at = 0; at < wanted; at++) waitpid(pids[at], 0, 0);
    return 0;
}
";

pub fn measure(table: &mut Table) {
    let place = Place::new("programs");
    let programs = Programs {
        service: place.build("service", SERVICE),
        bare: place.build("loop", LOOP),
        times: place.0.join("times"),
    };
    for (services, memory, stop) in [(100, "20", "60 ms"), (500, "60", "200 ms")] {
        polite(table, &programs, services, memory, stop);
    }
    stubborn(table, &programs, 100);
}

struct Programs {
    service: PathBuf,
    bare: PathBuf,
    times: PathBuf,
}

/// What one round came to: seconds from the exec to the last service's first
/// instruction, MB, and seconds from Ctrl-C to the end.
struct Round {
    start: f64,
    memory: f64,
    stop: f64,
}

fn polite(
    table: &mut Table,
    programs: &Programs,
    services: usize,
    memory: &'static str,
    stop: &'static str,
) {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(devsup(programs, services));
        bare.push(loop_alone(programs, services));
    }
    let pairs = |of: fn(&Round) -> f64| -> Vec<(f64, f64)> {
        ours.iter()
            .map(|round| of(round) * 1000.0)
            .zip(bare.iter().map(|round| of(round) * 1000.0))
            .collect()
    };
    table.beside(
        format!("start of {services} services, to the first instruction of the last"),
        &pairs(|round| round.start),
        ("ms", Better::Less),
        ("`posix_spawn`", if services == 500 { "ratio 2" } else { "" }),
    );
    table.beside(
        format!("stop of {services} services, from Ctrl-C to the exit, verdict included"),
        &pairs(|round| round.stop),
        ("ms", Better::Less),
        ("kill and wait", stop),
    );
    let used: Vec<f64> = ours.iter().map(|round| round.memory).collect();
    table.alone(
        format!("memory (PSS) of devsup's own processes, {services} services"),
        &used,
        "MB",
        memory,
    );
    if services == 100 {
        idle(table, programs, services);
    }
}

fn config(programs: &Programs, services: usize, stubborn: bool) -> String {
    let mut text = String::new();
    let (service, times) = (programs.service.display(), programs.times.display());
    let more = if stubborn {
        format!(", stubborn], stop_grace_period: {}ms", GRACE.as_millis())
    } else {
        "]".to_owned()
    };
    for at in 0..services {
        let _ = writeln!(text, "  s{at}: {{command: [{service}, {times}{more}}}");
    }
    text
}

fn devsup(programs: &Programs, services: usize) -> Round {
    let place = Place::project("crowd", &config(programs, services, false));
    std::thread::sleep(FORGETTING);
    let began = now();
    let mut up = place.up(Stdio::null());
    let start = last_start(&programs.times, services) - began;
    settle(&place);
    let memory = sum(&own_processes(up.id()), pss);
    Round { start, memory, stop: interrupt(&mut up) }
}

fn loop_alone(programs: &Programs, services: usize) -> Round {
    let began = now();
    let mut child = Command::new(&programs.bare)
        .arg(services.to_string())
        .args([&programs.service, &programs.times])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let start = last_start(&programs.times, services) - began;
    let began = Instant::now();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    Round { start, memory: 0.0, stop: began.elapsed().as_secs_f64() }
}

/// The first instruction of whichever was last, once all have begun.
fn last_start(times: &Path, services: usize) -> f64 {
    let all = || fs::read(times).unwrap_or_default();
    wait_until(|| all().len() == services * 8);
    let number = |eight: &[u8]| f64::from_ne_bytes(eight.try_into().unwrap());
    let last = all().chunks_exact(8).map(number).fold(0.0, f64::max);
    fs::remove_file(times).unwrap();
    last
}

/// The supervisor may still be writing things down.
fn settle(place: &Place) {
    let done = place.devsup(&["wait"]).status().unwrap();
    assert!(done.success(), "{done}");
}

/// Ctrl-C, as a terminal sends it; seconds to the end.
fn interrupt(up: &mut Child) -> f64 {
    let began = Instant::now();
    kill(Pid::from_raw(up.id().cast_signed()), Signal::SIGINT).unwrap();
    up.wait().unwrap();
    began.elapsed().as_secs_f64()
}

fn idle(table: &mut Table, programs: &Programs, services: usize) {
    let place = Place::project("idle", &config(programs, services, false));
    let mut up = place.up(Stdio::null());
    last_start(&programs.times, services);
    settle(&place);
    std::thread::sleep(Duration::from_secs(1));
    let own = own_processes(up.id());
    let before = (sum(&own, wake_ups), sum(&own, cpu));
    std::thread::sleep(IDLE);
    let after = (sum(&own, wake_ups), sum(&own, cpu));
    let what = format!("{services} services that do nothing, {} s", IDLE.as_secs());
    table.alone(format!("wake-ups with {what}"), &[after.0 - before.0], "", "0");
    table.alone(format!("CPU with {what}"), &[(after.1 - before.1) * 1000.0], "ms", "0");
    interrupt(&mut up);
}

fn stubborn(table: &mut Table, programs: &Programs, services: usize) {
    let more = |_| {
        let place = Place::project("stubborn", &config(programs, services, true));
        let mut up = place.up(Stdio::null());
        last_start(&programs.times, services);
        settle(&place);
        interrupt(&mut up) * 1000.0 - ms(GRACE)
    };
    let rounds: Vec<f64> = (0..ROUNDS).map(more).collect();
    let what = format!("stop of {services} services that ignore SIGTERM, beyond their grace");
    table.alone(what, &rounds, "ms", "100 ms");
}
