//! What was written to what is meant: every default applied, every name
//! followed. The only place that knows defaults. Reads the env files that
//! services name, and nothing else.

mod graph;
mod ports;
mod service;

use super::diagnostic::{Diagnostic, Spanned};
use super::environment::{Given, Outside};
use super::fields::Reader;
use super::suggest::did_you_mean;
use super::written;
use super::{Request, compose};
use crate::model::{Compose, Project, ProjectKind, ShutdownRules, Variable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What resolving needs to know beside the files.
pub struct Ctx<'a> {
    /// The command line.
    pub request: &'a Request,
    /// The directory of the first config file.
    pub root: &'a Path,
    /// The operating system's variables and those of the project's env files.
    pub outside: &'a Outside,
    /// Whether something is wrong already, so that what is missing may only
    /// have been refused.
    pub flawed: bool,
    /// The directory from which paths are shown.
    pub shown_from: &'a Path,
}

/// Resolves a project; `None` where something is missing that has no default.
/// Every mistake goes to `reader`.
pub fn resolve(
    written: &written::Project,
    kind: ProjectKind,
    files: Vec<PathBuf>,
    ctx: &Ctx<'_>,
    reader: &mut Reader<'_>,
) -> Option<Project> {
    let compose = written.compose.as_ref().map(|section| resolve_compose(section, ctx, reader));
    check_request(written, ctx.request, reader);
    graph::check_names(written, reader);
    let mut services = Vec::new();
    for service in &written.services {
        services.extend(service::resolve(service, written, ctx, reader));
    }
    let containers = compose.as_ref().map(|compose| compose::services(&compose.file));
    let known = graph::Known {
        services: by_name(written),
        refused: &written.refused,
        containers: containers.as_deref().unwrap_or_default(),
        profiles: &ctx.request.profiles,
    };
    graph::resolve(&known, &mut services, reader);
    ports::check(&known, &services, reader);
    let flawed = ctx.flawed || reader.diagnostics.iter().any(Diagnostic::is_error);
    if services.is_empty() && compose.is_none() && !flawed {
        reader.report(no_service(files.first(), kind));
        return None;
    }
    let name = written.name.as_ref().map(|name| name.value.clone());
    Some(Project {
        name: name.unwrap_or_else(|| directory_name(ctx.root)),
        root: ctx.root.to_owned(),
        files,
        kind,
        services,
        os_environment: ctx.outside.system.clone(),
        compose,
        shutdown: shutdown(&written.shutdown),
    })
}

/// The variables that all services have: those of the project's env files and
/// of its `environment`.
pub fn shared(written: &written::Project, outside: &Outside) -> Vec<Variable> {
    let own: Vec<Given> = written.environment.iter().filter_map(Given::of).collect();
    let mut variables = outside.under(&own);
    for setting in &written.environment {
        service::pass_on(setting, &mut variables, outside);
    }
    variables
}

fn by_name(written: &written::Project) -> BTreeMap<&str, &written::Service> {
    written.services.iter().map(|service| (service.name.value.as_str(), service)).collect()
}

fn no_service(file: Option<&PathBuf>, kind: ProjectKind) -> Diagnostic {
    let file = file.and_then(|file| file.file_name()).unwrap_or_default().to_string_lossy();
    let hint = match kind {
        ProjectKind::Procfile => "an entry is `name: command`",
        ProjectKind::Yaml => "write `services: {web: {command: ./server}}`",
    };
    Diagnostic::error(format!("`{file}` declares no service")).hint(hint)
}

fn directory_name(root: &Path) -> String {
    root.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn shutdown(written: &written::Shutdown) -> ShutdownRules {
    let default = ShutdownRules::default();
    ShutdownRules {
        grace: written.grace.as_ref().map_or(default.grace, |grace| grace.value),
        patterns: patterns(default.patterns, &written.patterns),
        protect: words(&written.protect),
        keep: words(&written.keep),
    }
}

/// The known ones and the project's own, each once.
fn patterns(mut all: Vec<String>, written: &[Spanned<String>]) -> Vec<String> {
    for own in words(written) {
        if !all.contains(&own) {
            all.push(own);
        }
    }
    all
}

fn words(written: &[Spanned<String>]) -> Vec<String> {
    written.iter().map(|word| word.value.clone()).collect()
}

fn resolve_compose(section: &written::Compose, ctx: &Ctx<'_>, reader: &mut Reader<'_>) -> Compose {
    let file = match &section.file {
        Some(file) if !file.value.is_file() => {
            let problem = format!("there is no file `{}`", file.span.text());
            reader.report(Diagnostic::error(problem).at(&file.span));
            file.value.clone()
        }
        Some(file) => file.value.clone(),
        None => compose::compose_file(ctx.root).unwrap_or_else(|| {
            let hint = "name it with `compose: {file: …}`";
            let problem = "there is no compose file beside this file";
            reader.report(Diagnostic::error(problem).at(&section.span).hint(hint));
            PathBuf::new()
        }),
    };
    Compose {
        file,
        project: section.project.clone(),
        profiles: section.profiles.iter().map(|profile| profile.value.clone()).collect(),
        start: section.start.unwrap_or(true),
        down_volumes: section.down_volumes.unwrap_or(false),
    }
}

/// Names on the command line that nothing in the files answers to.
fn check_request(written: &written::Project, request: &Request, reader: &mut Reader<'_>) {
    let services = || written.services.iter().map(|service| service.name.value.as_str());
    for (name, _) in &request.formation {
        if name != "all" && !services().any(|known| known == name) {
            let problem = format!("`-m {name}=…` names no service");
            reader.report(Diagnostic::error(problem).hint_if(did_you_mean(name, services())));
        }
    }
    let profiles = || {
        let profiles = written.services.iter().flat_map(|service| &service.profiles);
        profiles.map(|profile| profile.value.as_str())
    };
    for profile in &request.profiles {
        if !profiles().any(|known| known == profile) {
            let problem = format!("no service has the profile `{profile}`");
            reader.report(Diagnostic::warning(problem).hint_if(did_you_mean(profile, profiles())));
        }
    }
}
