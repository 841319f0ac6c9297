//! What a project has to do with containers. An engine is asked only where it
//! has: where there is a compose file or section, or where the command of a
//! service calls a container client.

use crate::config;
use crate::ledger::Containers;
use crate::model::{Client, Project, Service};
use std::ffi::OsString;
use std::path::Path;

/// What a project that was read has to do with containers.
pub(super) fn of(project: &Project) -> Option<Containers> {
    let calls = |service: &Service| Client::of(&service.command) != Client::None;
    let involved = project.compose.is_some()
        || config::compose_file(&project.root).is_some()
        || project.services.iter().any(calls);
    involved.then(|| Containers { compose: project.compose.clone(), ..Containers::default() })
}

/// The same of a directory whose config can't be read: that stops no stop, and
/// then a compose file beside it is all there is.
pub(super) fn beside(root: &Path) -> Option<Containers> {
    config::compose_file(root).map(|_| Containers::default())
}

/// The environment an engine is looked for with; what is no text names none.
pub(super) fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(text).collect()
}

fn text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}
