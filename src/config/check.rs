//! What only `devsup check` looks at, because it asks the file system and may
//! be different a moment later: programs and directories that are not there,
//! and ports that clash only if everything is started. Starts nothing.

use super::diagnostic::{Diagnostic, Span};
use super::environment::environment;
use super::source::{absolute, near};
use super::written;
use crate::model::{Client, Command, Port, Project, Service, first_word};
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where the keys of services were written that can turn out to be wrong.
#[derive(Debug, Default)]
pub struct Places(HashMap<(String, Key), Span>);

/// A key of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Command,
    WorkingDir,
    LogFile,
    Port,
}

impl Places {
    /// The places of a project as it was written.
    pub fn of(written: &written::Project) -> Self {
        let mut places = HashMap::new();
        for service in &written.services {
            let command = service.command.as_ref().map(|command| &command.span);
            let keys = [
                (Key::Command, command),
                (Key::WorkingDir, service.working_dir.as_ref().map(|directory| &directory.span)),
                (Key::LogFile, service.log_file.as_ref().map(|file| &file.span)),
                (Key::Port, service.port.as_ref().map(|port| &port.span)),
            ];
            for (key, span) in keys {
                let place = (service.name.value.to_string(), key);
                places.extend(span.map(|span| (place, span.clone())));
            }
        }
        Self(places)
    }

    fn put(&self, diagnostic: Diagnostic, service: &Service, key: Key) -> Diagnostic {
        match self.0.get(&(service.name.to_string(), key)) {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        }
    }
}

/// Looks at every service. Programs and directories that are missing are
/// errors: the service can't start.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    at(project, &Places::default())
}

/// The same, each thing with the place where it was written.
pub fn at(project: &Project, places: &Places) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for service in &project.services {
        if service.working_dir.is_dir() {
            let missing = program(project, service);
            diagnostics.extend(missing.map(|said| places.put(said, service, Key::Command)));
        } else {
            let said = no_directory(project, service);
            diagnostics.push(places.put(said, service, Key::WorkingDir));
        }
        let container = unlabelled_container(service);
        diagnostics.extend(container.map(|said| places.put(said, service, Key::Command)));
        let log = log_directory(service);
        diagnostics.extend(log.map(|said| places.put(said, service, Key::LogFile)));
    }
    diagnostics.extend(ports(project, places));
    diagnostics
}

fn no_directory(project: &Project, service: &Service) -> Diagnostic {
    let directory = &service.working_dir;
    let shown = directory.strip_prefix(&project.root).unwrap_or(directory).display();
    let what = if directory.exists() { "is no directory" } else { "does not exist" };
    let problem = format!("service `{}`: its `working_dir` `{shown}` {what}", service.name);
    let home = directory.iter().any(|part| part == "~");
    let hint = match near(directory) {
        _ if home => "write `${HOME}` for `~`".to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None if directory.exists() => "name a directory".to_owned(),
        None => format!("run `mkdir -p {shown}`, or name another"),
    };
    Diagnostic::error(problem).hint(hint)
}

fn program(project: &Project, service: &Service) -> Option<Diagnostic> {
    let word = match &service.command {
        Command::Shell(text) => first_word(text)?,
        Command::Exec(words) => words.first()?.clone(),
    };
    let variables = environment(project, service);
    let path = variables.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_str());
    let name = &service.name;
    match find_program(&word, path.unwrap_or(DEFAULT_PATH), &service.working_dir) {
        Program::Found => None,
        Program::NotExecutable(file) => Some(
            Diagnostic::error(format!("service `{name}`: `{word}` is not executable"))
                .hint(format!("run `chmod +x {}`", file.display())),
        ),
        Program::Directory => Some(
            Diagnostic::error(format!("service `{name}`: `{word}` is a directory"))
                .hint("name the program in it, or `cd` there with `working_dir`"),
        ),
        Program::Missing if word.contains('/') => Some(
            Diagnostic::error(format!("service `{name}`: there is no file `{word}`"))
                .hint_if(did_you_mean(&word, &service.working_dir)),
        ),
        Program::Missing => Some(
            Diagnostic::error(format!("service `{name}`: there is no program `{word}`"))
                .hint("install it, or look at `PATH`"),
        ),
    }
}

/// What a shell looks through when `PATH` is not set.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

enum Program {
    Found,
    NotExecutable(PathBuf),
    Directory,
    Missing,
}

fn find_program(word: &str, path: &str, working_dir: &Path) -> Program {
    let mut candidates: Vec<PathBuf> = Vec::new();
    if word.contains('/') {
        candidates.push(absolute(Path::new(word), working_dir));
    } else {
        candidates.extend(path.split(':').map(|directory| working_dir.join(directory).join(word)));
    }
    let mut refused = None;
    for file in candidates {
        let Ok(metadata) = file.metadata() else {
            continue;
        };
        if metadata.is_dir() && word.contains('/') {
            return Program::Directory;
        }
        if !metadata.is_file() {
            continue;
        }
        if metadata.permissions().mode() & 0o111 != 0 {
            return Program::Found;
        }
        refused.get_or_insert(file);
    }
    refused.map_or(Program::Missing, Program::NotExecutable)
}

/// A file of nearly that name beside it.
fn did_you_mean(word: &str, working_dir: &Path) -> Option<String> {
    let whole = Path::new(word).with_file_name(near(&working_dir.join(word))?);
    Some(format!("did you mean `{}`?", whole.display()))
}

/// A container outlives the client that asked for it, and only a label tells
/// whose it is.
fn unlabelled_container(service: &Service) -> Option<Diagnostic> {
    if Client::of(&service.command) != Client::Unlabelled {
        return None;
    }
    let problem = format!(
        "service `{}` starts a container that no stop finds: nothing says whose it is",
        service.name
    );
    let hint = match service.command {
        Command::Shell(_) => "add `--label devsup.run=$DEVSUP_RUN_ID` to the command",
        Command::Exec(_) => {
            "write the command as one string, with `--label devsup.run=$DEVSUP_RUN_ID` in it"
        }
    };
    Some(Diagnostic::warning(problem).hint(hint))
}

fn log_directory(service: &Service) -> Option<Diagnostic> {
    let directory = service.log.file.as_ref()?.parent()?;
    (!directory.is_dir()).then(|| {
        let problem = format!(
            "service `{}`: there is no directory `{}` for its log",
            service.name,
            directory.display()
        );
        Diagnostic::error(problem).hint(format!("run `mkdir -p {}`", directory.display()))
    })
}

/// Services that do not start together by themselves may share a port, but not
/// run at once.
fn ports(project: &Project, places: &Places) -> Vec<Diagnostic> {
    let mut taken: HashMap<u16, &Service> = HashMap::new();
    let mut diagnostics = Vec::new();
    for service in &project.services {
        let Port::Fixed(port) = service.port else {
            continue;
        };
        if let Some(other) = taken.insert(port, service) {
            let problem = format!("`{}` and `{}` both have port {port}", other.name, service.name);
            let said = Diagnostic::warning(problem).hint("only one of them can run at a time");
            diagnostics.push(places.put(said, service, Key::Port));
        }
    }
    diagnostics
}
