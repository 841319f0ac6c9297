//! What shells ask for while somebody types: the scripts that make them ask,
//! and the answers. Whatever goes wrong, nothing is said: a prompt is no place
//! for it.

use super::args::{Arguments, Completions};
use super::data;
use crate::config::{self, Request};
use crate::exit::Status;
use crate::model::{Command, Project, Secrets, Service};
use clap::CommandFactory;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::Shells;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Set by the scripts to the name of the shell that asks.
const ASKED_BY: &str = "DEVSUP_COMPLETE";

/// More of a command than this is not shown beside a name.
const WIDEST: usize = 60;

/// `devsup completions`: the script for a shell.
pub fn run(typed: &Completions) -> Status {
    data(&script(typed.shell.name()))
}

/// The script for a shell, by name; nothing for an unknown one.
fn script(shell: &str) -> String {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let Some(known) = shells.completer(shell) else { return String::new() };
    let written = known.write_registration(ASKED_BY, "devsup", "devsup", "devsup", &mut script);
    if written.is_err() {
        return String::new();
    }
    let script = String::from_utf8_lossy(&script);
    let lines: Vec<&str> = script.trim().lines().map(str::trim_end).collect();
    let mut script = lines.join("\n") + "\n";
    if shell == "zsh" {
        // zsh runs a file of its function path for the first completion, which
        // would only define the function and complete nothing.
        script
            .push_str("[ \"$funcstack[1]\" = _devsup ] && _clap_dynamic_completer_devsup \"$@\"\n");
    }
    script
}

/// Answers a shell, if it is one that asks.
pub fn answer() -> Option<Status> {
    let shell = std::env::var_os(ASKED_BY).filter(|shell| !shell.is_empty())?;
    let shells = Shells::builtins();
    let known = shells.completer(shell.to_str()?)?;
    let words: Vec<OsString> = asked().collect();
    if words.is_empty() {
        return None;
    }
    let mut command = Arguments::command();
    command.build();
    let here = std::env::current_dir().ok();
    let mut answer = Vec::new();
    let written = known.write_complete(&mut command, words, here.as_deref(), &mut answer);
    if written.is_err() {
        return Some(Status::Error);
    }
    // Nobody is there to read why an answer could not be printed.
    let _ = crate::ui::data(&String::from_utf8_lossy(&answer));
    Some(Status::Ok)
}

/// The words that were typed so far, the program's name first.
fn asked() -> impl Iterator<Item = OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1)
}

/// Names of services, with what they run.
pub fn services() -> Vec<CompletionCandidate> {
    let Some(project) = project() else { return Vec::new() };
    let secrets = Secrets::of(&project);
    let candidate = |service: &Service| {
        let line = secrets.hide(line(&service.command));
        CompletionCandidate::new(service.name.as_str()).help(Some(line.into()))
    };
    project.services.iter().map(candidate).collect()
}

/// Names of services that run, then of those that are declared.
pub fn running() -> Vec<CompletionCandidate> {
    let mut candidates = services();
    for one in super::running::names(&start_dir()) {
        if candidates.iter().all(|known| known.get_value() != one.as_str()) {
            candidates.push(CompletionCandidate::new(one));
        }
    }
    candidates
}

/// `web=`, for a number of copies.
pub fn formations() -> Vec<CompletionCandidate> {
    let names = services().into_iter().map(|service| service.get_value().to_owned());
    let each = names.map(|mut name| {
        name.push("=");
        CompletionCandidate::new(name)
    });
    each.collect()
}

/// Words that services are tagged with.
pub fn tags() -> Vec<CompletionCandidate> {
    words(|service| &service.tags)
}

/// Profiles of services.
pub fn profiles() -> Vec<CompletionCandidate> {
    words(|service| &service.profiles)
}

fn words(of: impl Fn(&Service) -> &Vec<String>) -> Vec<CompletionCandidate> {
    let Some(project) = project() else { return Vec::new() };
    let mut words: Vec<&String> = project.services.iter().flat_map(of).collect();
    words.sort();
    words.dedup();
    words.into_iter().map(CompletionCandidate::new).collect()
}

/// The start of a command, in one line that steers no terminal.
fn line(command: &Command) -> String {
    let line = match command {
        Command::Shell(line) => line.clone(),
        Command::Exec(words) => words.join(" "),
    };
    let line = line.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let clean = line.chars().filter(|c| !c.is_control());
    clean.take(WIDEST).collect()
}

/// The project of the current directory, or of the one that was typed.
fn project() -> Option<Project> {
    let words: Vec<OsString> = asked().collect();
    let start_dir = start_dir();
    let typed = after(&words, &["-f", "--file", "--procfile"]).map(|file| vec![file]);
    let set = || {
        let set = std::env::var_os("DEVSUP_FILE").filter(|files| !files.is_empty())?;
        Some(std::env::split_paths(&set).collect::<Vec<PathBuf>>())
    };
    let files = typed.or_else(set).unwrap_or_default();
    let files = files.into_iter().map(|file| start_dir.join(file)).collect();
    let os_environment = std::env::vars_os().collect();
    let request = Request { start_dir, files, os_environment, ..Request::default() };
    config::load(&request).ok().map(|loaded| loaded.project)
}

/// The directory that was typed, else the current one.
fn start_dir() -> PathBuf {
    let words: Vec<OsString> = asked().collect();
    let here = std::env::current_dir().unwrap_or_default();
    after(&words, &["-C", "--root"]).map_or(here.clone(), |root| here.join(root))
}

/// The word after one of these flags.
fn after(words: &[OsString], flags: &[&str]) -> Option<PathBuf> {
    let at = words.iter().position(|word| flags.iter().any(|flag| word == OsStr::new(flag)))?;
    words.get(at + 1).map(PathBuf::from)
}
