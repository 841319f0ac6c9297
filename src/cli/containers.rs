//! What a project has to do with containers. An engine is asked only where it
//! has: where there is a compose file or section, or where the command of a
//! service calls a container client.

use crate::config::{self, Request};
use crate::ledger::Containers;
use crate::model::{Client, Project};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a project that may speak of containers.
const CONFIGS: [&str; 6] = [
    "devsup.yaml",
    "devsup.yml",
    "devsup.local.yaml",
    "devsup.local.yml",
    "Procfile.dev",
    "Procfile",
];
/// Without one of these words a config has nothing to do with containers.
const WORDS: [&str; 4] = ["compose", "docker", "podman", "nerdctl"];

/// What a project that was read has to do with containers.
pub(super) fn of(project: &Project) -> Option<Containers> {
    let calls = |service: &crate::model::Service| Client::of(&service.command) != Client::None;
    let involved = project.compose.is_some()
        || config::compose_file(&project.root).is_some()
        || project.services.iter().any(calls);
    involved.then(|| Containers { compose: project.compose.clone(), ..Containers::default() })
}

/// The same of a project that nobody has read yet. A config that can't be read
/// stops no stop: then a compose file beside it is all there is.
pub(super) fn in_directory(root: &Path, files: &[PathBuf]) -> Option<Containers> {
    let beside = || config::compose_file(root).map(|_| Containers::default());
    let named: Vec<PathBuf> = match files {
        [] => CONFIGS.iter().map(|name| root.join(name)).collect(),
        files => files.to_vec(),
    };
    if !named.iter().any(|file| speaks_of_containers(file)) {
        return beside();
    }
    let request = Request {
        start_dir: root.to_owned(),
        files: files.to_vec(),
        os_environment: std::env::vars_os().collect(),
        ..Request::default()
    };
    match config::load(&request) {
        Ok(loaded) => of(&loaded.project),
        Err(_) => beside(),
    }
}

fn speaks_of_containers(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    WORDS.iter().any(|word| text.contains(word))
}

/// The environment an engine is looked for with; what is no text names none.
pub(super) fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(text).collect()
}

fn text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}
