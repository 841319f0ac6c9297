//! Processes with a command line that patterns are for: some are leftovers of
//! the project, the others only look like it.

use super::fence::binary;
use super::oracle;
use super::process::Process;
use super::terminal::Terminal;
use super::wait::until;
use super::{Checkout, wait::until_so};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A bait that is not laid out yet.
pub struct Bait {
    checkout: Checkout,
    line: String,
    directory: PathBuf,
    words: Vec<String>,
}

/// One that is.
pub struct Laid {
    pub process: Process,
    _child: Option<Child>,
    _terminal: Option<Terminal>,
}

impl Bait {
    pub(super) fn new(checkout: &Checkout, line: &str) -> Self {
        let directory = checkout.root();
        Self { checkout: checkout.clone(), line: line.to_owned(), directory, words: Vec::new() }
    }

    /// It runs in another directory.
    pub fn runs_in(self, directory: PathBuf) -> Self {
        Self { directory, ..self }
    }

    /// It has these arguments behind those that make it run.
    pub fn says(self, words: &[&str]) -> Self {
        Self { words: words.iter().map(|&word| word.to_owned()).collect(), ..self }
    }

    /// Its parent is gone, and its terminal.
    pub fn orphaned(self) -> Laid {
        let (mut command, role) = self.command();
        // SAFETY: between fork and exec only system calls are made.
        unsafe { command.pre_exec(leave_parent) };
        let mut between = command.spawn().expect("a bait can be started");
        between.wait().expect("it is our child");
        let process = self.settled(&role);
        until_so("the bait has left its parent", || {
            process.look().is_some_and(|entry| entry.parent == 1)
        });
        Laid { process, _child: None, _terminal: None }
    }

    /// Somebody has started it who still lives, without a terminal.
    pub fn attended(self) -> Laid {
        let (mut command, role) = self.command();
        let child = command.spawn().expect("a bait can be started");
        Laid { process: self.settled(&role), _child: Some(child), _terminal: None }
    }

    /// A person runs it in another terminal.
    pub fn in_terminal(self) -> Laid {
        let (command, role) = self.command();
        let (terminal, child, _) = Terminal::run(command);
        Laid { process: self.settled(&role), _child: Some(child), _terminal: Some(terminal) }
    }

    /// A puppet that has given itself the line as its title, as npm does.
    fn command(&self) -> (Command, String) {
        let role = format!("bait{}", oracle::events(&self.registry()).len());
        let mut command = Command::new(binary("puppet"));
        command.arg0(&self.line).arg(self.registry()).args(["-", &role]);
        command.args(self.words.iter().map(|word| format!("nothing={word}")));
        command.current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        (command, role)
    }

    fn registry(&self) -> PathBuf {
        self.checkout.beside("baits.registry")
    }

    fn settled(&self, role: &str) -> Process {
        until("the bait has settled", || {
            let events = oracle::events(&self.registry());
            let own = events.iter().rev().find(|one| one.what == "settled" && one.role == role);
            own.map(|event| event.process)
        })
    }
}

impl Laid {
    /// It must live, and belongs to nobody.
    pub fn is_a_bystander(self, checkout: &Checkout, what: &str) -> Self {
        checkout.welcome(what, self.process);
        self
    }

    /// Fails unless it was ended.
    pub fn is_gone(&self, what: &str) {
        assert!(!self.process.lives(), "`{what}` was left alive");
    }
}

fn leave_parent() -> std::io::Result<()> {
    nix::unistd::setsid()?;
    // SAFETY: the freshly forked process has a single thread.
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Child => Ok(()),
        // SAFETY: `_exit` takes a number and does not return.
        nix::unistd::ForkResult::Parent { .. } => unsafe { nix::libc::_exit(0) },
    }
}
