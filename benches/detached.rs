//! What a detached run costs under a flood: `cargo bench --bench detached`.
//!
//! A service writes `DEVSUP_BENCH_GB` gigabytes (10, if that is not set) as fast
//! as it can, while `DEVSUP_BENCH_FOLLOWERS` clients (none, if that is not set)
//! follow its lines over the API. Says how long that took and how much memory
//! the supervisor had at most. Ends only what it started.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DEVSUP: &str = env!("CARGO_BIN_EXE_devsup");

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let gigabytes = number("DEVSUP_BENCH_GB", 10);
    let followers = number("DEVSUP_BENCH_FOLLOWERS", 0);
    let place = std::env::temp_dir().join(format!("devsup-bench-detached-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    let flood = format!(
        "until [ -e go ]; do sleep 0.05; done; \
         yes a line of a service that has far too much to say | head -c {gigabytes}000000000; \
         touch over; exec sleep 1000"
    );
    let yaml = format!("name: bench\nservices:\n  web:\n    command: {flood:?}\n");
    fs::write(place.join("devsup.yaml"), yaml).unwrap();
    devsup(&["up", "-d"], &place);
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(place.join(".pids/run.json")).unwrap()).unwrap();
    let socket = PathBuf::from(run["socket"].as_str().unwrap());
    let readers: Vec<_> = (0..followers).map(|_| follow(&socket)).collect();
    let began = Instant::now();
    fs::write(place.join("go"), "").unwrap();
    while !place.join("over").exists() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let took = began.elapsed().as_secs_f64();
    let status = fs::read_to_string(format!("/proc/{}/status", run["supervisor"]["pid"])).unwrap();
    println!("| {gigabytes} GB through a detached run, {followers} followers | {took:.1} s |");
    println!("| the supervisor's memory at most (RSS) | {} |", field(&status, "VmHWM:"));
    println!("| at the end | {} |", field(&status, "VmRSS:"));
    devsup(&["down", "-q"], &place);
    for reader in readers {
        let _ = reader.join();
    }
    let _ = fs::remove_dir_all(&place);
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn devsup(arguments: &[&str], place: &Path) {
    let mut command = Command::new(DEVSUP);
    command.args(arguments).current_dir(place).stdin(Stdio::null());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "devsup {arguments:?}: {status}");
}

/// Reads lines until the run is over.
fn follow(socket: &Path) -> std::thread::JoinHandle<u64> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(b"GET /v1/logs?follow=true HTTP/1.0\r\n\r\n").unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        let mut sum = 0;
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            sum += count as u64;
        }
        sum
    })
}

fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.trim_start_matches(name).trim()
}
