//! Compose services in an `up`: which there are, which tool makes their
//! containers, and which of them ran before.

use super::{args, containers};
use crate::config;
use crate::docker::{self, Wish};
use crate::ledger::Containers;
use crate::model::{self, Compose, ContainerCheck, Project, Recipe, Role};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why compose services can't be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ComposeError {
    /// They were asked for, but there is no file of them.
    #[error("there is no compose file in `{0}`")]
    File(String),
    /// Neither tool that makes containers is installed.
    #[error("the compose services need `docker compose` or `docker-compose`; neither is installed")]
    Tool,
    /// We don't know where our own program is.
    #[error("devsup's own program can't be found: {0}")]
    Program(String),
}

impl ComposeError {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(_) => "name it with `compose: {file: ...}` in devsup.yaml",
            Self::Tool => {
                "install docker-compose-plugin or docker-compose, or say `compose: {start: false}`"
            }
            Self::Program(_) => "start it by its whole path",
        }
    }
}

/// Adds the compose services to a project, where they are to be started: with
/// `--compose`, or with a `compose` section that does not say otherwise.
pub(super) fn add(project: &mut Project, typed: &args::Up) -> Result<(), ComposeError> {
    let declared = project.compose.clone();
    let starts = declared.as_ref().is_some_and(|compose| compose.start);
    if !typed.compose && !starts {
        return Ok(());
    }
    let root = project.root.clone();
    let compose = match declared {
        Some(compose) => compose,
        None => beside(&root).ok_or_else(|| ComposeError::File(root.display().to_string()))?,
    };
    let files = config::compose_files(&compose.file);
    let services = config::compose_services(&files);
    project.compose = Some(compose.clone());
    let recipe = Recipe {
        follow: follow_words(&root, &compose)?,
        check: ContainerCheck {
            root,
            compose: Some(compose),
            service: String::new(),
            environment: project.os_environment.clone(),
        },
    };
    model::add_compose(project, &services, &recipe);
    Ok(())
}

/// Takes the step that makes containers in or out, as the services that are
/// wanted need it.
pub(super) fn want(project: &mut Project, wanted: &mut Vec<usize>) -> Result<(), ComposeError> {
    let Some(compose) = project.compose.clone() else { return Ok(()) };
    model::want_compose(project, wanted, || create_words(&compose))
}

/// What this run has to do with containers: of those it wants, the services
/// that run already stay somebody else's.
pub(super) fn ledger_note(project: &Project, wanted: &[usize]) -> Option<Containers> {
    let note = containers::of(project)?;
    let names = wanted.iter().map(|&at| &project.services[at]);
    let names = names.filter(|service| service.role == Role::Container);
    let mut started: BTreeSet<String> = names.map(|service| service.name.to_string()).collect();
    if !started.is_empty() {
        let wish = Wish {
            compose: note.compose.clone(),
            ..Wish::new(project.root.clone(), containers::environment())
        };
        for running in docker::running_services_blocking(&wish) {
            started.remove(&running);
        }
    }
    Some(Containers { started, ..note })
}

fn beside(root: &Path) -> Option<Compose> {
    Some(Compose {
        file: config::compose_file(root)?,
        project: None,
        profiles: Vec::new(),
        start: true,
        down_volumes: false,
    })
}

fn follow_words(root: &Path, compose: &Compose) -> Result<Vec<String>, ComposeError> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| ComposeError::Program(error.to_string()))?;
    let mut words = vec![text(&program), "container".to_owned()];
    words.extend(["--project-root".to_owned(), text(root)]);
    words.extend(["--file".to_owned(), text(&compose.file)]);
    if let Some(project) = &compose.project {
        words.extend(["--project".to_owned(), project.clone()]);
    }
    Ok(words)
}

fn create_words(compose: &Compose) -> Result<Vec<String>, ComposeError> {
    let mut words: Vec<String> = tool().ok_or(ComposeError::Tool)?;
    for file in config::compose_files(&compose.file) {
        words.extend(["--file".to_owned(), text(&file)]);
    }
    if let Some(project) = &compose.project {
        words.extend(["--project-name".to_owned(), project.clone()]);
    }
    for profile in &compose.profiles {
        words.extend(["--profile".to_owned(), profile.clone()]);
    }
    words.extend(["up", "--no-start"].map(str::to_owned));
    Ok(words)
}

/// `docker compose`, if the plugin is there, else `docker-compose`.
pub(super) fn tool() -> Option<Vec<String>> {
    let answers = |words: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("version");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let tools: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
    let found = tools.into_iter().find(|words| answers(words))?;
    Some(found.iter().map(|&word| word.to_owned()).collect())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
