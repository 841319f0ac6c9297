//! A program that runs, in pipes or in a terminal: what a person can do to it.

use super::ended::{Ended, Exit};
use super::heard::Heard;
use super::process::{Process, family, table};
use super::terminal::{Terminal, plain};
use super::wait::{until, until_so};
use super::{Checkout, oracle};
use nix::sys::signal::Signal;
use std::process::{Child, Command, Stdio};

/// Usually `devsup up`; then `process` is its front.
#[must_use]
pub struct Running {
    checkout: Checkout,
    child: Option<Child>,
    process: Process,
    out: Heard,
    err: Heard,
    terminal: Option<Terminal>,
}

impl Running {
    pub(super) fn in_pipes(checkout: &Checkout, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let out = Heard::listen(child.stdout.take().expect("it is a pipe"));
        let err = Heard::listen(child.stderr.take().expect("it is a pipe"));
        Self::new(checkout, child, [out, err], None)
    }

    pub(super) fn in_terminal(checkout: &Checkout, command: Command) -> Self {
        let (terminal, child, heard) = Terminal::run(command);
        Self::new(checkout, child, [heard, Heard::nothing()], Some(terminal))
    }

    fn new(
        checkout: &Checkout,
        child: Child,
        heard: [Heard; 2],
        terminal: Option<Terminal>,
    ) -> Self {
        let process = Process::with_pid(child.id()).expect("an unreaped child is in the table");
        let [out, err] = heard;
        Self { checkout: checkout.clone(), child: Some(child), process, out, err, terminal }
    }

    pub fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// Its pid.
    pub fn pid(&self) -> i32 {
        self.process.pid
    }

    /// All that was said so far, without escape sequences.
    pub fn text(&self) -> String {
        plain(&format!("{}{}", self.out.text(), self.err.text()))
    }

    /// All that was said so far on stdout, as it came.
    pub fn raw(&self) -> String {
        self.out.text()
    }

    /// Waits until it has said this.
    pub fn sees(self, text: &str) -> Self {
        until_so(&format!("`{text}` is said"), || self.text().contains(text));
        self
    }

    /// Waits until it has said a line that is the same as this, in some sense.
    pub fn hears(self, expected: &str, same: impl Fn(&str, &str) -> bool) -> Self {
        let heard = || self.text().lines().any(|line| same(line, expected));
        until_so(&format!("the line `{expected}` is said"), heard);
        self
    }

    /// Waits for anything else.
    pub fn waits_until(self, what: &str, so: impl FnMut() -> bool) -> Self {
        until_so(what, so);
        self
    }

    pub fn signal(self, signal: Signal) -> Self {
        self.process.signal(signal);
        self
    }

    /// Stops it, so that it reads nothing.
    pub fn freezes(&self) {
        self.process.signal(Signal::SIGSTOP);
        until_so("it is stopped", || self.process.is_frozen());
    }

    /// Presses keys in its terminal.
    pub fn presses(self, keys: &str) -> Self {
        self.terminal().write(keys);
        self
    }

    /// Presses keys again and again, as somebody does who has had enough.
    pub fn presses_until_it_ends(mut self, keys: &str) -> Self {
        let mut child = self.child.take().expect("it is waited for once");
        until_so("the program ends", || {
            self.terminal().write(keys);
            child.try_wait().expect("it is our child").is_some()
        });
        self.child = Some(child);
        self
    }

    /// Types a line into its terminal.
    pub fn types(self, line: &str) -> Self {
        self.presses(&format!("{line}\r"))
    }

    pub fn resizes(self, rows: u16, columns: u16) -> Self {
        self.terminal().resize(rows, columns);
        self
    }

    /// Closes the window.
    pub fn closes_terminal(mut self) -> Self {
        drop(self.terminal.take().expect("it runs in a terminal"));
        self
    }

    fn terminal(&self) -> &Terminal {
        self.terminal.as_ref().expect("it runs in a terminal")
    }

    /// Processes of devsup's own below the front, by their name.
    pub fn helpers(&self, name: &str) -> Vec<Process> {
        let family = family(self.process);
        let named = family.into_iter().filter(|entry| entry.name == name);
        named.map(|entry| entry.process).collect()
    }

    /// The process that whoever started it knows.
    pub fn front(&self) -> Process {
        self.process
    }

    /// Its supervisor.
    pub fn supervisor(&self) -> Process {
        until("there is a supervisor", || self.helpers("devsup-super").first().copied())
    }

    /// Kills its front, as `kill -9` on what the shell knows does.
    pub fn kills_front(self) -> Self {
        self.signal(Signal::SIGKILL)
    }

    pub fn kills_supervisor(self) -> Self {
        self.supervisor().signal(Signal::SIGKILL);
        self
    }

    /// Waits until no process of this name is below it.
    pub fn outlives(self, name: &str) -> Self {
        until_so(&format!("`{name}` is gone"), || self.helpers(name).is_empty());
        self
    }

    /// Waits until the process of this name below it is not stopped any more.
    pub fn continues(self, name: &str) -> Self {
        let stopped = || self.helpers(name).into_iter().any(Process::is_frozen);
        until_so(&format!("`{name}` goes on"), || !stopped());
        self
    }

    /// Kills front, supervisor, forker and guards before one can react to the
    /// end of another.
    pub fn kills_all_of_devsup(self) -> Self {
        self.kills_at_once(&["devsup-super", "devsup-forker", "devsup-guard"])
    }

    /// Kills front and supervisor and leaves the guards alone.
    pub fn kills_all_but_guards(self) -> Self {
        self.kills_at_once(&["devsup-super", "devsup-forker"])
    }

    fn kills_at_once(self, names: &[&str]) -> Self {
        let mut all: Vec<Process> = names.iter().flat_map(|name| self.helpers(name)).collect();
        assert!(all.len() >= names.len(), "devsup's own processes have other names by now");
        all.push(self.process);
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for process in &all {
                process.signal(signal);
            }
        }
        until_so("devsup is dead", || all.iter().all(|process| !process.lives()));
        self
    }

    /// All that belongs to it: what descends from the front, and its puppets.
    pub fn members(&self) -> Vec<Process> {
        let below = family(self.process);
        let around = table().into_iter().filter(|entry| self.checkout.bystanders_include(entry));
        let known = below.into_iter().chain(around).map(|entry| entry.process);
        known.chain(oracle::puppets_alive(&self.checkout.registry())).collect()
    }

    /// Fails unless it and all its puppets that ever settled run.
    pub fn must_live(&self) {
        assert!(self.process.lives(), "it has ended");
        let settled = self.checkout.roles_that("settled");
        // Whoever forked somebody else may have ended by design.
        let forked =
            |role: &str| settled.iter().any(|other| other.starts_with(&format!("{role}/")));
        for event in self.checkout.events().iter().filter(|event| event.what == "settled") {
            let by_design = event.role.contains('/') && forked(&event.role);
            assert!(by_design || event.process.lives(), "`{}` has ended", event.role);
        }
    }

    /// [`Self::must_live`], within a sentence.
    pub fn is_well(self) -> Self {
        self.must_live();
        self
    }

    /// Waits until the puppet of this role is stopped.
    pub fn waits_until_frozen(self, role: &str) -> Self {
        until_so("the puppet is stopped", || self.checkout.process(role).is_frozen());
        self
    }

    /// Waits until it has ended and nobody holds its output any more.
    pub fn finish(mut self) -> Ended {
        // Kept until it has ended, so that a vain wait shows what it said.
        let child = self.child.as_mut().expect("it is waited for once");
        let status = until("the program ends", || child.try_wait().expect("it is our child"));
        self.child = None;
        if self.terminal.is_some() {
            self.out.to_the_end("its terminal");
        } else {
            self.out.to_the_end("its stdout");
            self.err.to_the_end("its stderr");
        }
        Ended::new(self.checkout.clone(), status, self.out.clone(), self.err.clone())
    }

    pub fn ends_with(self, exit: Exit) -> Ended {
        self.finish().ends_with(exit)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if std::thread::panicking() {
            Heard::witness("stdout so far", &self.out.text());
            Heard::witness("stderr so far", &self.err.text());
            Heard::witness("processes", &oracle::show(&table()));
        }
        let _ = child.kill();
        let _ = child.wait();
        assert!(std::thread::panicking(), "a test left its program running");
    }
}
