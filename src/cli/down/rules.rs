//! What the config says about the sweep. A stop must work without a valid
//! config, but a pattern may only hit where it is known what is protected.

use super::super::containers;
use super::DownArguments;
use crate::config::{self, Request};
use crate::ledger::Containers;
use crate::model::ShutdownRules;
use crate::shutdown::Rules;
use std::path::Path;

/// What was found out.
#[derive(Debug)]
pub(super) struct Found {
    pub rules: Rules,
    /// What the project has to do with containers.
    pub containers: Option<Containers>,
    /// A sentence, where it is less than one could expect.
    pub note: Option<String>,
}

/// The rules of the project in this directory.
pub(super) fn of(arguments: &DownArguments, root: &Path) -> Found {
    let request = Request {
        files: arguments.file.iter().map(|file| arguments.start.join(file)).collect(),
        os_environment: std::env::vars_os().collect(),
        start_dir: root.to_owned(),
        ..Request::default()
    };
    let beside = || containers::beside(root);
    let (rules, containers, note) = match config::load(&request) {
        Ok(loaded) => {
            let project = &loaded.project;
            (Rules::new(&project.shutdown), containers::of(project), None)
        }
        // Without config or records this is any directory, perhaps the user's
        // home, and not a project.
        Err(failure) if failure.not_found => {
            let rules = Rules::new(&ShutdownRules::default());
            let is_project = root.join(".pids").is_dir();
            (if is_project { rules } else { rules.without_patterns() }, beside(), None)
        }
        Err(_) => (Rules::default(), beside(), Some(MISTAKES.to_owned())),
    };
    Found { rules: rules.with_attached(arguments.sweep_attached), containers, note }
}

const MISTAKES: &str = "the config has mistakes (`devsup check` shows them), so what it protects \
                        is not known and nothing is looked for by pattern";
