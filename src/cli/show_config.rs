//! `devsup config`: the resolved project, as a file that means the same.

use super::{Common, args, data};
use crate::config::{self, Diagnostic, Loaded, Shown};
use crate::exit::Status;
use std::fmt::Write as _;

/// Prints what the files resolve to.
pub fn run(common: &Common, typed: &args::ShowConfig) -> Status {
    if typed.quiet {
        return validate(common, typed);
    }
    let loaded = match common.load(&typed.config) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    if typed.services {
        let names = loaded.project.services.iter().map(|service| service.name.as_str());
        return data(&names.fold(String::new(), |text, name| text + name + "\n"));
    }
    let how = Shown { secrets: typed.show_secrets, profiles: &typed.config.profile };
    let tree = config::show(&loaded.project, how);
    if typed.json {
        return data(&tree.headed("version", 1_u64).json());
    }
    data(&format!("{}{}", head(common, &loaded, typed), tree.yaml()))
}

/// Only says what is wrong.
fn validate(common: &Common, typed: &args::ShowConfig) -> Status {
    match common.read(&typed.config) {
        Ok(Ok(_)) => Status::Ok,
        Ok(Err(failure)) => {
            let errors = failure.diagnostics.into_iter().filter(Diagnostic::is_error);
            common.show(&errors.collect::<Vec<_>>());
            Status::Config
        }
        Err(status) => status,
    }
}

/// Where it came from, and what is different from there.
fn head(common: &Common, loaded: &Loaded, typed: &args::ShowConfig) -> String {
    let start = common.start_dir().ok().and_then(|start| start.canonicalize().ok());
    let start = start.unwrap_or_default();
    let files = loaded.project.files.iter().map(|file| config::shown(file, &start));
    let mut text = format!("# resolved from {}\n", files.collect::<Vec<_>>().join(", "));
    if loaded.project.kind == crate::model::ProjectKind::Procfile {
        text.push_str("# (from a Procfile, the end of one service stops all; from this file, only with --abort-on-exit)\n");
    }
    let secrets = loaded.project.services.iter().flat_map(|service| &service.environment);
    if !typed.show_secrets && secrets.into_iter().any(crate::model::Variable::is_secret) {
        let _ = writeln!(text, "# secrets are masked; --show-secrets prints them");
    }
    text
}
