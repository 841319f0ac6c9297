//! What only `devsup check` looks at, because it asks the file system and may
//! be different a moment later: programs and directories that are not there,
//! and ports that clash only if everything is started. Starts nothing.

use super::diagnostic::Diagnostic;
use super::environment::environment;
use super::suggest::did_you_mean;
use crate::model::{Command, Port, Project, Service, first_word};
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Looks at every service. Programs and directories that are missing are
/// errors: the service can't start.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for service in &project.services {
        if service.working_dir.is_dir() {
            diagnostics.extend(program(project, service));
        } else {
            diagnostics.push(no_directory(project, service));
        }
        diagnostics.extend(log_directory(service));
    }
    diagnostics.extend(ports(project));
    diagnostics
}

fn no_directory(project: &Project, service: &Service) -> Diagnostic {
    let directory = &service.working_dir;
    let shown = directory.strip_prefix(&project.root).unwrap_or(directory).display();
    let what = if directory.exists() { "is no directory" } else { "does not exist" };
    let problem = format!("service `{}`: its `working_dir` `{shown}` {what}", service.name);
    let hint = directory.iter().any(|part| part == "~").then_some("write `${HOME}` for `~`");
    Diagnostic::error(problem).hint_if(hint)
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
        Program::Missing if word.contains('/') => Some(
            Diagnostic::error(format!("service `{name}`: there is no file `{word}`"))
                .hint_if(near(&word, &service.working_dir)),
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
    Missing,
}

fn find_program(word: &str, path: &str, working_dir: &Path) -> Program {
    let mut candidates: Vec<PathBuf> = Vec::new();
    if word.contains('/') {
        candidates.push(working_dir.join(word));
    } else {
        candidates.extend(path.split(':').map(|directory| working_dir.join(directory).join(word)));
    }
    let mut refused = None;
    for file in candidates {
        let Ok(metadata) = file.metadata() else {
            continue;
        };
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
fn near(word: &str, working_dir: &Path) -> Option<String> {
    let file = working_dir.join(word);
    let name = file.file_name()?.to_str()?;
    let entries = file.parent()?.read_dir().ok()?;
    let names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(1000).collect();
    did_you_mean(name, names.iter().map(String::as_str))
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
fn ports(project: &Project) -> Vec<Diagnostic> {
    let mut taken: HashMap<u16, &Service> = HashMap::new();
    let mut diagnostics = Vec::new();
    for service in &project.services {
        let Port::Fixed(port) = service.port else {
            continue;
        };
        if let Some(other) = taken.insert(port, service) {
            let problem = format!("`{}` and `{}` both have port {port}", other.name, service.name);
            diagnostics
                .push(Diagnostic::warning(problem).hint("only one of them can run at a time"));
        }
    }
    diagnostics
}
