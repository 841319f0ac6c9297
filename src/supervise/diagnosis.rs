//! Why something may have failed: what can still be found out afterwards, in
//! sentences that end the search. Looked at only when something failed.

use super::fleet::Fleet;
use super::notices::is_declared;
use crate::ledger::{self, Location};
use crate::model::Outcome;
use crate::os::ports::{self, Holder, Place};
use crate::os::table;
use crate::probe::diagnose::{Listening, mismatch};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What programs say when a port is taken: Rust, Go, Python, Node, Java, C.
static TAKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)address (is )?already in use|EADDRINUSE|port .*in use").ok());

/// A port at the end of an address, or said to be one; else a lone number that
/// is no error's.
static PORTS: LazyLock<[Option<Regex>; 2]> = LazyLock::new(|| {
    [r"(?i)(?::|\bport:?\s*)(\d{2,5})\b", r"\s(\d{4,5})\b"].map(|text| Regex::new(text).ok())
});

/// What is known of a unit when it has ended; what its last lines say comes
/// later, when they are out.
#[derive(Debug, Clone)]
pub(super) struct Suspicion {
    /// The port it declares.
    port: Option<u16>,
    /// Where it ran.
    directory: PathBuf,
    /// The `PATH` it was given.
    path: Option<String>,
    /// Whether the kernel ended something for lack of memory meanwhile.
    out_of_memory: bool,
}

impl Fleet {
    /// What may have been the cause of a unit's end.
    pub(super) fn suspicion(&mut self, at: usize) -> Suspicion {
        // In a stop nobody asks for causes, and many end at once.
        let now = if self.stopping.is_on() { None } else { table::oom_kills() };
        let before = std::mem::replace(&mut self.oom_kills, now);
        let unit = &self.units[at];
        let service = &self.project.services[unit.service];
        let own = service.environment.iter().rev().find(|variable| variable.name == "PATH");
        let outer = || std::env::var("PATH").ok();
        Suspicion {
            port: unit.port.filter(|_| is_declared(service.port)),
            directory: service.working_dir.clone(),
            path: own.map(|variable| variable.value.clone()).or_else(outer),
            out_of_memory: before.zip(self.oom_kills).is_some_and(|(was, is)| is > was),
        }
    }
}

impl Fleet {
    /// The difference between where a unit listens and where its probe asks.
    pub(super) fn mismatch(&self, at: usize) -> Option<String> {
        let unit = &self.units[at];
        let check = self.checks[unit.service].as_ref()?;
        let guard = unit.live.as_ref()?.guard.as_ref()?;
        let listening: Vec<Listening> = ports::places_of(&table::descendants(guard.pid()))
            .into_iter()
            .map(|place| match place {
                Place::Port(address) => Listening::Port(address),
                Place::Socket(path) => Listening::Socket(path),
            })
            .collect();
        mismatch(&check.asked(), &listening)
    }
}

impl Suspicion {
    /// Hints for an end that was not well, a line each.
    pub fn hints(&self, outcome: Outcome, lines: &[String]) -> Vec<String> {
        let code = self.of_outcome(outcome);
        code.into_iter().chain(self.of_ports(lines)).collect()
    }

    fn of_outcome(&self, outcome: Outcome) -> Option<String> {
        let fixed = |words: &str| Some(words.to_owned());
        match outcome {
            Outcome::Exited(127) => Some(self.looked("127 is the shell's: command not found")),
            Outcome::Exited(126) => {
                Some(self.looked("126 is the shell's: found, but not executable"))
            }
            Outcome::Signaled(9) | Outcome::Exited(137) if self.out_of_memory => {
                fixed("the kernel ended something for lack of memory meanwhile (see dmesg)")
            }
            Outcome::Exited(137) => {
                fixed("137 is 128 + 9: something below it was killed by SIGKILL")
            }
            Outcome::Signaled(9) => {
                fixed("by hand or by another program; the kernel reports no lack of memory")
            }
            Outcome::Signaled(6) => fixed("it called abort(), as failed assertions do"),
            Outcome::Signaled(11) => fixed("it touched memory that is not its own"),
            _ => None,
        }
    }

    fn looked(&self, what: &str) -> String {
        let path = self.path.as_deref().unwrap_or("not set");
        format!("{what} (in {}, PATH: {path})", self.directory.display())
    }

    /// Who holds the port that it declares or complains about.
    fn of_ports(&self, lines: &[String]) -> Vec<String> {
        let mut ports: Vec<u16> = lines.iter().filter_map(|line| taken_port(line)).collect();
        ports.extend(self.port);
        ports.sort_unstable();
        ports.dedup();
        ports.into_iter().filter_map(who_has).collect()
    }
}

/// The port that this line says is taken.
fn taken_port(line: &str) -> Option<u16> {
    if !TAKEN.as_ref()?.is_match(line) {
        return None;
    }
    PORTS.iter().flatten().find_map(|port| port.captures(line)?[1].parse().ok())
}

/// `port 3000 is taken by ..., which ...`.
pub(super) fn who_has(port: u16) -> Option<String> {
    let holder = ports::holder(port)?;
    let end = match run_of(&holder) {
        Some(run) => {
            let since = run.since.strftime("%H:%M");
            let root = run.root.display();
            let service = run.service.map_or_else(String::new, |name| format!("`{name}` of "));
            format!("that is {service}{root}, up since {since}; `devsup -C {root} down` ends it")
        }
        None => format!("`kill {}` ends it", holder.pid),
    };
    Some(format!("port {port} is taken by {holder}; {end}"))
}

/// A run of ours that a process belongs to.
struct Run {
    service: Option<String>,
    root: PathBuf,
    since: jiff::Zoned,
}

fn run_of(holder: &Holder) -> Option<Run> {
    let [run, service] = table::variables(holder.pid, ["DEVSUP_RUN_ID", "DEVSUP_INSTANCE"]).ok()?;
    let run = run?;
    let from = holder.directory.as_deref()?;
    from.ancestors().find_map(|root| recorded(root, &run, service.clone()))
}

/// The run that is recorded there, if it is this one.
fn recorded(root: &Path, run: &str, service: Option<String>) -> Option<Run> {
    let location = Location::find(root).ok()??;
    let header = ledger::read(&location).book?.header;
    let ours = run.split('/').any(|id| *id == header.run.to_string());
    let since = header.started_at.to_zoned(jiff::tz::TimeZone::system());
    ours.then_some(Run { service, root: header.root, since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_all_kinds_name_the_port() {
        for (line, port) in [
            ("Error: listen EADDRINUSE: address already in use :::5173", 5173),
            ("OSError: [Errno 98] Address already in use: ('127.0.0.1', 8080)", 8080),
            ("listen tcp 127.0.0.1:3000: bind: address already in use", 3000),
            ("Web server failed to start. Port 8081 was already in use.", 8081),
            ("thread 'main' panicked: bind [::1]:9000: Address already in use (os error 98)", 9000),
            ("Error: Port 5174 is already in use", 5174),
        ] {
            assert_eq!(taken_port(line), Some(port), "{line}");
        }
        assert_eq!(taken_port("listening on 127.0.0.1:3000"), None);
        assert_eq!(taken_port("OSError: [Errno 98] Address already in use"), None);
    }
}
