//! A project written into a directory, and what can be called there.

use super::bait::Bait;
use super::bystanders::Bystanders;
use super::ended::Ended;
use super::fence::binary;
use super::heard::Heard;
use super::oracle::{self, Event};
use super::process::{Entry, Process, table};
use super::project::{Command as What, Project};
use super::running::Running;
use super::wait::until_so;
use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use tempfile::TempDir;

/// Files of `.pids/` that stay when nothing runs.
const KEPT: [&str; 5] = [".gitignore", ".run.lock", ".down.lock", "history.jsonl", "logs"];

/// A checkout of a project; clones are the same one.
#[derive(Clone)]
pub struct Checkout(Rc<Inner>);

struct Inner {
    directory: TempDir,
    project: Project,
    before: Vec<Process>,
    bystanders: RefCell<Bystanders>,
}

impl Checkout {
    pub(super) fn new(project: Project) -> Self {
        let before = table().iter().map(|entry| entry.process).collect();
        let directory = TempDir::new().expect("a temporary directory can be made");
        let root = directory.path().join("shop");
        let elsewhere = directory.path().join("elsewhere");
        for directory in [&root, &elsewhere] {
            fs::create_dir(directory).expect("a directory can be made");
        }
        let start = |registry: &str, ledger: &Path, role: &str| {
            let registry = directory.path().join(registry).to_string_lossy().into_owned();
            let ledger = ledger.to_string_lossy().into_owned();
            let puppet = binary("puppet").to_string_lossy().into_owned();
            vec![puppet, registry, ledger, role.to_owned()]
        };
        let ledger = root.join(".pids/services.pids");
        let (name, text) = project.file(|role| start("registry", &ledger, role));
        fs::write(root.join(name), text).expect("the project can be written");
        let first = project.services.first().map_or("web", |service| service.name.as_str());
        let same = start("elsewhere.registry", Path::new("-"), first);
        let bystanders = RefCell::new(Bystanders::around(&root, &elsewhere, &same));
        Self(Rc::new(Inner { directory, project, before, bystanders }))
    }

    /// The project's directory.
    pub fn root(&self) -> PathBuf {
        self.0.directory.path().join("shop")
    }

    /// A path outside the project, for files of the test.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.directory.path().join(name)
    }

    /// A file of the ledger.
    pub fn ledger(&self, name: &str) -> PathBuf {
        self.root().join(".pids").join(name)
    }

    /// Text of a file of the ledger; empty when there is none.
    pub fn ledger_text(&self, name: &str) -> String {
        fs::read_to_string(self.ledger(name)).unwrap_or_default()
    }

    /// Writes a file of the ledger, whatever was there.
    pub fn write_ledger(&self, name: &str, text: &str) {
        fs::create_dir_all(self.root().join(".pids")).expect("a directory can be made");
        fs::write(self.ledger(name), text).expect("the ledger can be written");
    }

    /// Writes a file of the project that is no config, such as `.env`.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.root().join(name), text).expect("the project can be written");
    }

    /// Writes a script with these permissions.
    pub fn write_script(&self, name: &str, text: &str, mode: u32) {
        self.write(name, text);
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.root().join(name), permissions).expect("it is our own");
    }

    pub fn registry(&self) -> PathBuf {
        self.beside("registry")
    }

    pub fn events(&self) -> Vec<Event> {
        oracle::events(&self.registry())
    }

    /// The latest process of a role.
    pub fn process(&self, role: &str) -> Process {
        let all = self.events();
        let last = all.iter().rev().find(|event| event.role == role);
        last.unwrap_or_else(|| panic!("no process of role `{role}` ever was")).process
    }

    /// The roles that wrote such an event, in the order of the events.
    pub fn roles_that(&self, what: &str) -> Vec<String> {
        self.events().into_iter().filter(|one| one.what == what).map(|one| one.role).collect()
    }

    pub fn puppets_alive(&self) -> usize {
        oracle::puppets_alive(&self.registry()).len()
    }

    /// `devsup` with these arguments, in the project.
    pub fn devsup(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("devsup"));
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Gives a command the project's directory and the test's environment.
    pub fn prepare(&self, command: &mut Command) {
        let variables = self.0.project.environment.iter().map(|(name, value)| (name, value));
        command.current_dir(self.root()).envs(variables);
        for variable in ["DEVSUP_TEST_BINARIES", "RUST_BACKTRACE", "LD_LIBRARY_PATH"] {
            command.env_remove(variable);
        }
    }

    /// `devsup up` with the flags of the project.
    pub fn up_command(&self) -> Command {
        let mut command = self.devsup(&["up"]);
        command.args(&self.0.project.flags);
        command
    }

    /// Runs `devsup` with these arguments to its end.
    pub fn call(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).finish()
    }

    /// Runs `devsup down` with these arguments to its end.
    pub fn down(&self, arguments: &[&str]) -> Ended {
        self.call(&[&["down"], arguments].concat())
    }

    /// Starts `devsup` with these arguments, in pipes.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::in_pipes(self, self.devsup(arguments))
    }

    pub fn launch(&self) -> Running {
        Running::in_pipes(self, self.up_command())
    }

    pub fn up(&self) -> Running {
        let running = self.launch();
        self.wait_until_settled();
        running
    }

    pub fn up_in_terminal(&self) -> Running {
        let running = Running::in_terminal(self, self.up_command());
        self.wait_until_settled();
        running
    }

    /// Brings it up in a terminal and waits for nothing.
    pub fn launch_in_terminal(&self) -> Running {
        Running::in_terminal(self, self.up_command())
    }

    /// An interactive shell in a terminal, in the project, that finds `devsup`.
    pub fn shell(&self) -> Running {
        let mut shell = self.program("sh");
        shell.arg("-i").env("PS1", "shell> ");
        Running::in_terminal(self, shell).sees("shell> ")
    }

    /// A line for a shell, in pipes, in the project, where it finds `devsup`.
    pub fn script(&self, line: &str) -> Running {
        let mut shell = self.program("sh");
        shell.args(["-c", line]);
        Running::in_pipes(self, shell)
    }

    /// A program that is called in the project and finds `devsup`.
    pub fn program(&self, name: &str) -> Command {
        let mut program = Command::new(name);
        self.prepare(&mut program);
        let path = std::env::var("PATH").unwrap_or_default();
        let binaries = binary("devsup");
        let first = binaries.parent().map(Path::to_string_lossy).unwrap_or_default();
        program.env("PATH", format!("{first}:{path}"));
        program
    }

    /// Waits until every process of every puppet has done what it was told,
    /// and somebody reads the log of the first.
    pub fn wait_until_settled(&self) {
        let puppets = self.0.project.services.iter().filter_map(|service| match &service.command {
            What::Puppet(puppet) => Some(puppet.roles(&service.name)),
            What::Literal(_) => None,
        });
        let roles: Vec<String> = puppets.flatten().collect();
        until_so("all puppets have settled", || {
            let settled = self.roles_that("settled");
            roles.iter().all(|role| settled.contains(role))
        });
        if let Some(first) = roles.first() {
            let log = self.ledger(&format!("logs/{first}.log"));
            if log.exists() {
                self.0.bystanders.borrow_mut().read(&log);
            }
        }
    }

    /// A process that looks like one of those that patterns are for.
    pub fn bait(&self, line: &str) -> Bait {
        Bait::new(self, line)
    }

    pub(super) fn welcome(&self, what: &str, process: Process) {
        self.0.bystanders.borrow_mut().welcome(what, process);
    }

    pub(super) fn was_there_before(&self, process: Process) -> bool {
        self.0.before.contains(&process)
    }

    pub(super) fn bystanders_include(&self, entry: &Entry) -> bool {
        self.0.bystanders.borrow().include(entry.process, entry.parent)
    }

    /// Fails unless nothing of the project is left: no puppet at this very
    /// moment, no process, no socket, no tracking file; and nobody else was
    /// touched.
    pub fn leaves_nothing(&self) -> &Self {
        self.leaves_nothing_beside(&[])
    }

    /// The same while other projects run.
    pub fn leaves_nothing_beside(&self, others: &[&Running]) -> &Self {
        let survivors = oracle::puppets_alive(&self.registry());
        assert!(survivors.is_empty(), "puppets survived: {survivors:?}\n{}", self.show());
        let spared = || others.iter().flat_map(|other| other.members()).collect::<Vec<_>>();
        until_so("no process of the project is left", || {
            oracle::strangers(self, &spared())
                .iter()
                .all(|entry| others.iter().any(|other| other.checkout().bystanders_include(entry)))
        });
        self.0.bystanders.borrow().must_live();
        self.every_service_was_recorded();
        let left = names_in(&self.root().join(".pids"));
        let left: Vec<_> = left.into_iter().filter(|name| !KEPT.contains(&name.as_str())).collect();
        assert!(left.is_empty(), "tracking files are left: {left:?}");
        if others.is_empty() {
            let sockets =
                sockets_below(Path::new(&std::env::var("XDG_RUNTIME_DIR").unwrap_or_default()));
            assert!(sockets.is_empty(), "sockets are left: {sockets:?}");
        }
        self
    }

    /// Waits until no puppet is left, where nothing says when that should be.
    pub fn wait_until_empty(&self) -> &Self {
        until_so("no puppet is left", || self.puppets_alive() == 0);
        self
    }

    /// Fails if a service ever ran that the ledger did not know.
    pub fn every_service_was_recorded(&self) {
        let unrecorded = self.roles_that("born-unrecorded");
        assert!(unrecorded.is_empty(), "these ran unrecorded: {unrecorded:?}");
    }

    /// The fence's process table, in words.
    pub fn show(&self) -> String {
        oracle::show(&oracle::strangers(self, &[]))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let registry = fs::read_to_string(self.directory.path().join("registry"));
            let history =
                fs::read_to_string(self.directory.path().join("shop/.pids/history.jsonl"));
            Heard::witness("registry", &registry.unwrap_or_default());
            Heard::witness("history", &history.unwrap_or_default());
            Heard::witness("processes", &oracle::show(&table()));
        }
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn sockets_below(directory: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::FileTypeExt;
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(sockets_below(&entry.path())),
            Ok(kind) if kind.is_socket() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}
