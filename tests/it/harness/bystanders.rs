//! Processes that are nobody's business: they look as much as possible like
//! something of ours, and must live.

use super::process::{Process, table};
use super::wait::until_so;
use nix::sys::signal::Signal;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Those around one checkout.
pub struct Bystanders {
    all: Vec<Bystander>,
    /// Those that the test has started and ends itself.
    guests: Vec<(String, Process)>,
}

struct Bystander {
    what: &'static str,
    child: Child,
    process: Process,
}

impl Bystanders {
    /// A shell, an editor and an agent inside the project, and the project's
    /// own command line in another directory.
    pub fn around(project: &Path, elsewhere: &Path, command_line: &[String]) -> Self {
        let mut all = Self { all: Vec::new(), guests: Vec::new() };
        let file = project.join("notes.txt");
        std::fs::write(&file, "").expect("the project can be written");
        all.start("shell", Command::new("sh").current_dir(project).stdin(Stdio::piped()));
        all.start("editor", Command::new("tail").arg("-f").arg(&file).current_dir(project));
        all.start(
            "agent",
            Command::new("sh")
                .args(["-c", "tail -f /dev/null & wait", "agent", "--project"])
                .arg(project)
                .current_dir(project),
        );
        // Complete before anybody counts who was there.
        let agent = all.all[2].process.pid;
        until_so("the agent has its child", || table().iter().any(|one| one.parent == agent));
        if let Some((program, arguments)) = command_line.split_first() {
            let mut same = Command::new(program);
            all.start("same command elsewhere", same.args(arguments).current_dir(elsewhere));
        }
        all
    }

    /// Somebody who reads our log files.
    pub fn read(&mut self, log: &Path) {
        self.start("reader of logs", Command::new("tail").arg("-f").arg(log));
    }

    /// Somebody else who must live.
    pub fn welcome(&mut self, what: &str, process: Process) {
        self.guests.push((what.to_owned(), process));
    }

    fn start(&mut self, what: &'static str, command: &mut Command) {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("a bystander can be started");
        let process = Process::with_pid(child.id()).expect("an unreaped child is in the table");
        self.all.push(Bystander { what, child, process });
    }

    /// Fails unless each of them is the process it was, and runs.
    pub fn must_live(&self) {
        for Bystander { what, process, .. } in &self.all {
            assert!(process.lives(), "the bystander `{what}` was hit");
            assert!(!process.is_frozen(), "the bystander `{what}` was left frozen");
        }
        for (what, process) in &self.guests {
            assert!(process.lives(), "the bystander `{what}` was hit");
            assert!(!process.is_frozen(), "the bystander `{what}` was left frozen");
        }
    }

    /// Whether this is one of them, or a child of one.
    pub fn include(&self, process: Process, parent: i32) -> bool {
        let guest = self.guests.iter().any(|(_, guest)| *guest == process);
        guest || self.all.iter().any(|one| one.process == process || one.process.pid == parent)
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        for Bystander { child, process, .. } in &mut self.all {
            let below = table().into_iter().filter(|entry| entry.parent == process.pid);
            below.for_each(|entry| entry.process.signal(Signal::SIGKILL));
            // It may have been hit, which a test has said by now.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
