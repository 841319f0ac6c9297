//! `devsup exec`: a command with the project's variables, and nothing else of
//! it. It wears no marker and takes our place.

use super::{Common, args, env};
use crate::config::{self, Loaded};
use crate::exit::Status;
use crate::model::Service;
use crate::os::launch::{Missing, find_program};
use crate::{supervise, ui};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// What shells and `env` say of a program that is not there.
const NOT_FOUND: u8 = 127;
/// And of one that can't be executed.
const NOT_EXECUTABLE: u8 = 126;

/// Becomes the command; comes back only where that can't be.
pub fn run(common: &Common, typed: &args::Exec) -> Status {
    let loaded = match common.load(&typed.config) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    let variables = match typed.service.as_deref().map(|name| env::find(&loaded.project, name)) {
        None => shared(&loaded),
        Some(Some((service, number))) => of_service(&loaded, service, number),
        Some(None) => {
            let name = typed.service.as_deref().unwrap_or_default();
            ui::error(&config::unknown_service(&loaded.project, name));
            return Status::Usage;
        }
    };
    match common.start_dir() {
        Ok(directory) => become_it(&typed.command, &variables, &directory),
        Err(why) => super::failed(&why),
    }
}

type Variables = BTreeMap<OsString, OsString>;

/// What all services have.
fn shared(loaded: &Loaded) -> Variables {
    let mut all = system();
    for variable in &loaded.environment {
        all.insert(variable.name.clone().into(), variable.value.clone().into());
    }
    for (name, port) in supervise::siblings(&loaded.project) {
        all.entry(name.into()).or_insert_with(|| port.into());
    }
    all.insert("DEVSUP_PROJECT".into(), loaded.project.name.clone().into());
    all
}

fn of_service(loaded: &Loaded, service: &Service, number: u16) -> Variables {
    let mut all = system();
    for variable in &service.environment {
        all.insert(variable.name.clone().into(), variable.value.clone().into());
    }
    for (name, value) in supervise::added(&loaded.project, service, number) {
        all.insert(name.into(), value.into());
    }
    all
}

/// Our own environment without our own variables. Inside of a service, its run
/// stays named: what is started there belongs to it.
fn system() -> Variables {
    let (own, run) = supervise::os_environment();
    let run = run.map(|run| ("DEVSUP_RUN_ID".into(), run.into()));
    own.into_iter().chain(run).collect()
}

fn become_it(words: &[OsString], variables: &Variables, directory: &Path) -> Status {
    let Some((name, arguments)) = words.split_first() else { return Status::Usage };
    let path = variables.get(OsStr::new("PATH")).and_then(|path| path.to_str());
    let path = path.unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let program = match find_program(&name.to_string_lossy(), path, directory) {
        Ok(program) => program,
        Err(missing) => return not_there(name, &missing, path),
    };
    let mut command = Command::new(program);
    command.arg0(name).args(arguments).env_clear().envs(variables).current_dir(directory);
    let error = command.exec();
    ui::error(&format!("`{}` can't be executed: {}", name.display(), super::reason(&error)));
    Status::Passed(NOT_EXECUTABLE)
}

fn not_there(name: &OsStr, missing: &Missing, path: &str) -> Status {
    if let Some(file) = &missing.not_executable {
        let file = file.display();
        ui::error(&format!("`{file}` is not executable (try `chmod +x {file}`)"));
        return Status::Passed(NOT_EXECUTABLE);
    }
    ui::error(&format!("command not found: `{}` (PATH: {path})", name.display()));
    Status::Passed(NOT_FOUND)
}
