//! The way from a request to a project, step by step.

use super::check::Places;
use super::diagnostic::{Diagnostic, Span, Spanned, sort};
use super::environment::{Given, Outside, reserved, reserved_name, system};
use super::fields::Reader;
use super::find::{self, Grammar};
use super::resolve::{Ctx, resolve, shared};
use super::source::{Source, absolute};
use super::written::{Command, EnvFile, Project, Service};
use super::yaml::Node;
use super::{Failure, Loaded, Request, dotenv, merge, procfile, read, scalar, yaml};
use crate::model::{Port, ProjectKind, Variable};
use std::path::Path;
use std::sync::Arc;

/// The `PORT` of a Procfile's first entry, where nobody says otherwise.
const PORT_BASE: u16 = 5000;

/// Between the `PORT` of one entry and the next.
const PORT_STEP: u16 = 100;

/// Finds, reads and resolves the project's files. The error carries every
/// mistake of all of them, never only the first.
pub fn load(request: &Request) -> Result<Loaded, Failure> {
    let mut diagnostics = Vec::new();
    let fail = |not_found, diagnostics| Failure { not_found, diagnostics };
    // `.` first, since an empty path stands for the current directory here.
    let start = Path::new(".").join(&request.start_dir);
    let Ok(start) = start.canonicalize() else {
        let problem = format!("there is no directory `{}`", request.start_dir.display());
        return Err(fail(true, vec![Diagnostic::error(problem)]));
    };
    let found = if request.files.is_empty() {
        find::discover(&start, &mut diagnostics).map_err(|problem| fail(true, vec![problem]))?
    } else {
        find::named(&start, &request.files)
    };
    let files = parse(&found, &start, &mut diagnostics);
    let sources: Vec<Arc<Source>> = files.iter().map(|file| Arc::clone(&file.source)).collect();
    let whole = files.len() == found.len() && files.iter().all(|file| !file.broken);
    let project = interpret(request, &start, &files, whole, &mut diagnostics);
    sort(&mut diagnostics, &sources);
    match project {
        Some((project, environment, places)) if !diagnostics.iter().any(Diagnostic::is_error) => {
            Ok(Loaded { project, environment, warnings: diagnostics, places })
        }
        _ => Err(fail(false, diagnostics)),
    }
}

/// The way out where a config file that was named is not there.
const LOOK_FOR: &str = "without `-f`, devsup looks for one by itself";

/// The way out where an env file is not there.
pub(super) const OPTIONAL: &str = "write it as `{path: …, required: false}` if it may be missing";

/// A file and its tree.
struct File {
    source: Arc<Source>,
    content: Content,
    /// Its syntax is broken, so that much of it is unknown.
    broken: bool,
}

enum Content {
    Procfile(Vec<procfile::Entry>),
    Yaml(Option<Node>),
}

fn parse(found: &[find::Found], start: &Path, diagnostics: &mut Vec<Diagnostic>) -> Vec<File> {
    let mut files = Vec::new();
    for found in found {
        let source = match Source::read(&found.path, start) {
            Ok(source) => source,
            Err(problem) => {
                diagnostics.push(problem.hint_or(LOOK_FOR));
                continue;
            }
        };
        let before = diagnostics.len();
        let content = match found.grammar {
            Grammar::Procfile => Content::Procfile(procfile::parse(&source, diagnostics)),
            Grammar::Yaml => Content::Yaml(yaml::parse(&source, diagnostics)),
        };
        let broken = matches!(content, Content::Yaml(None)) && diagnostics.len() > before;
        files.push(File { source, content, broken });
    }
    files
}

/// Everything after the syntax. Not `whole`: something could not be read, so
/// names that point nowhere are nobody's mistake yet.
fn interpret(
    request: &Request,
    start: &Path,
    files: &[File],
    whole: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(crate::model::Project, Vec<Variable>, Places)> {
    let root = files.first()?.source.directory().to_owned();
    let outside = outside(request, start, &root, files, diagnostics);
    let lookup = |name: &str| outside.get(name);
    let mut reader = Reader::new(&lookup);
    let mut written = Project::default();
    for file in files {
        let by = match &file.content {
            Content::Procfile(entries) => {
                let base = port_base(request, &outside, &mut reader);
                from_procfile(entries, base, &mut reader)
            }
            Content::Yaml(Some(root)) => read::project(root, &mut reader),
            Content::Yaml(None) => Project::default(),
        };
        merge::project(&mut written, by);
    }
    let procfile = files.iter().all(|file| matches!(file.content, Content::Procfile(_)));
    let kind = if procfile { ProjectKind::Procfile } else { ProjectKind::Yaml };
    let paths = files.iter().map(|file| file.source.path.clone()).collect();
    let flawed = diagnostics.iter().any(Diagnostic::is_error);
    let ctx = Ctx { flawed, request, root: &root, outside: &outside, shown_from: start };
    let project = if whole { resolve(&written, kind, paths, &ctx, &mut reader) } else { None };
    diagnostics.extend(reader.diagnostics);
    let environment = shared(&written, &outside);
    project.map(|project| (project, environment, Places::of(&written)))
}

/// The variables that exist before any file is followed.
fn outside(
    request: &Request,
    start: &Path,
    root: &Path,
    files: &[File],
    diagnostics: &mut Vec<Diagnostic>,
) -> Outside {
    let system = system(&request.os_environment, diagnostics);
    let mut outside = Outside::new(system, request.env_override);
    for (path, required, at) in env_files(request, start, root, files, &outside, diagnostics) {
        if !required && !path.exists() {
            continue;
        }
        match Source::read(&path, start) {
            Ok(source) => {
                let lookup = |name: &str| outside.get(name);
                let set = dotenv::parse(&source, &lookup, !outside.files_win, diagnostics);
                let ours = set.iter().filter(|set| reserved(&set.name));
                diagnostics.extend(ours.map(|set| reserved_name(&set.name, &set.span)));
                outside.add(set.iter().map(Given::from));
            }
            Err(problem) => diagnostics.push(match at {
                Some(span) if problem.span().is_none() => problem.at(&span).hint_or(OPTIONAL),
                _ => problem,
            }),
        }
    }
    outside
}

type EnvPath = (std::path::PathBuf, bool, Option<Span>);

/// The project's env files: from the command line, else from the files, else
/// `.env`.
fn env_files(
    request: &Request,
    start: &Path,
    root: &Path,
    files: &[File],
    outside: &Outside,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<EnvPath> {
    if !request.env_files.is_empty() {
        let paths = request.env_files.iter().map(|file| absolute(file, start));
        return paths.map(|path| (path, true, None)).collect();
    }
    let lookup = |name: &str| outside.get(name);
    let mut reader = Reader::new(&lookup);
    let mut named: Option<Vec<EnvFile>> = None;
    for file in files {
        if let Content::Yaml(Some(root)) = &file.content
            && let Some(more) = read::project_env_files(root, &mut reader)
        {
            named.get_or_insert_default().extend(more);
        }
    }
    diagnostics.extend(reader.diagnostics);
    if let Some(named) = named {
        let paths =
            named.into_iter().map(|file| (file.path.value, file.required, Some(file.path.span)));
        return paths.collect();
    }
    let path = root.join(".env");
    // It is a directory where people keep a Python in it.
    if path.is_dir() { Vec::new() } else { vec![(path, false, None)] }
}

/// `-p`, else `PORT` of the env files and the shell as foreman has it, else
/// 5000.
fn port_base(request: &Request, outside: &Outside, reader: &mut Reader<'_>) -> u16 {
    let Some(text) = outside.get("PORT").filter(|_| request.port_base.is_none()) else {
        return request.port_base.unwrap_or(PORT_BASE);
    };
    scalar::port(&text).unwrap_or_else(|bad| {
        let problem = format!("`PORT`: `{text}` {}; counting from {PORT_BASE}", bad.message);
        reader.report(Diagnostic::warning(problem));
        PORT_BASE
    })
}

fn from_procfile(entries: &[procfile::Entry], base: u16, reader: &mut Reader<'_>) -> Project {
    let mut project = Project::default();
    for (at, entry) in entries.iter().enumerate() {
        let mut service = Service::new(entry.name.clone());
        service.has_command = true;
        service.command = Some(entry.command.clone().map(Command::Shell));
        let step = u16::try_from(at).ok().and_then(|at| PORT_STEP.checked_mul(at));
        match step.and_then(|step| base.checked_add(step)) {
            Some(port) => service.port = Some(Spanned::new(Port::Procfile(port), &entry.name.span)),
            None => reader.report(too_high(entry)),
        }
        project.services.push(service);
    }
    project
}

fn too_high(entry: &procfile::Entry) -> Diagnostic {
    Diagnostic::error(format!("`{}` would have a `PORT` above 65535", entry.name.value))
        .at(&entry.name.span)
        .hint("choose a lower base with `-p`")
}
