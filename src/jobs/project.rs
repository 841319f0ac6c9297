//! A job as its supervisor sees it: a project with one service.

use super::record::Shown;
use crate::model::{Command, InstanceName, Origin, Project, Service, ServiceName, Tty, Variable};
use std::path::PathBuf;

/// Bytes of output after which a job's log is turned over, and files of it that
/// are kept.
const LOG_SIZE: u64 = 5 << 20;
const LOG_FILES: u32 = 4;

/// What its service is called: as the job, where that is a name for a service.
fn service_name(shown: &Shown) -> Option<ServiceName> {
    ServiceName::new(&shown.name).or_else(|_| ServiceName::new(&shown.id)).ok()
}

/// What its instance is called in the log and the ledger.
pub fn instance(shown: &Shown) -> Option<InstanceName> {
    service_name(shown).map(|name| InstanceName::new(&name, 1, 1))
}

/// The project of a job that lives in this directory. `command` is the one that
/// is run, with nothing masked; `variables` are laid over the environment.
pub fn project(
    shown: &Shown,
    root: PathBuf,
    command: Command,
    variables: Vec<(String, String)>,
) -> Option<Project> {
    let name = service_name(shown)?;
    let mut service = Service::plain(name, command, shown.cwd.clone());
    service.tags.clone_from(&shown.tags);
    service.tty = Tty::No;
    (service.log.max_size, service.log.max_files) = (LOG_SIZE, LOG_FILES);
    let own = [("DEVSUP_JOB_ID".to_owned(), shown.id.clone())];
    let variables = variables.into_iter().chain(own);
    service.environment = variables.map(|(name, value)| variable(name, value)).collect();
    let mut project = Project::plain(shown.name.clone(), root, vec![service]);
    project.os_environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Some(project)
}

fn variable(name: String, value: String) -> Variable {
    let origin = Origin::CommandLine;
    Variable { name, value, origin, overrode: Vec::new(), secret: false }
}
