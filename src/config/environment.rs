//! Who wins where a variable is set more than once. Knows values and origins,
//! no grammar of files.
//!
//! From low to high: the project's env files in their order, the operating
//! system, the project's `environment`, the service's `env_file`, the service's
//! `environment`. With `--env-override` the operating system is the lowest.

use super::diagnostic::{Diagnostic, Span};
use super::dotenv::Assignment;
use super::written::Setting;
use crate::model::{Origin, Project, Service, Variable};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;

/// A value on its way to the contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Who gives it.
    pub origin: Origin,
    /// Whether it must not be shown.
    pub secret: bool,
}

impl From<&Assignment> for Given {
    fn from(set: &Assignment) -> Self {
        let origin = Origin::File(set.span.source().path.clone(), set.line);
        Self { name: set.name.clone(), value: set.value.clone(), origin, secret: false }
    }
}

impl Given {
    /// A setting's value; a setting without one gives nothing.
    pub fn of(setting: &Setting) -> Option<Self> {
        let span = &setting.name.span;
        let origin = Origin::File(span.source().path.clone(), span.line());
        let (name, secret) = (setting.name.value.clone(), setting.secret.is_some());
        Some(Self { name, value: setting.value.clone()?, origin, secret })
    }

    fn of_system(name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        Self { name, value, origin: Origin::OperatingSystem, secret: false }
    }
}

/// What the operating system and the project's env files say, in order.
#[derive(Debug, Default)]
pub struct Outside {
    /// The operating system's variables.
    pub system: Vec<(String, String)>,
    /// Those of the env files, the last file last.
    files: Vec<Given>,
    /// The last value of each name in them.
    values: HashMap<String, String>,
    /// Whether the files win over the operating system.
    pub files_win: bool,
}

impl Outside {
    /// Nothing but the operating system so far.
    pub fn new(system: Vec<(String, String)>, files_win: bool) -> Self {
        Self { system, files_win, ..Self::default() }
    }

    /// Adds the next env file.
    pub fn add(&mut self, file: impl IntoIterator<Item = Given>) {
        for given in file {
            self.values.insert(given.name.clone(), given.value.clone());
            self.files.push(given);
        }
    }

    /// The value a reference in a file stands for.
    pub fn get(&self, name: &str) -> Option<String> {
        let system = || self.system.iter().find(|(own, _)| own == name).map(|own| own.1.clone());
        let files = || self.values.get(name).cloned();
        if self.files_win { files().or_else(system) } else { system().or_else(files) }
    }

    /// The variables of a service: `own` (project and service, in order) over
    /// all this, one entry a name, in the order they first appear. Those that
    /// only the operating system sets are not among them.
    pub fn under(&self, own: &[Given]) -> Vec<Variable> {
        let named: HashSet<&str> =
            self.files.iter().chain(own).map(|given| given.name.as_str()).collect();
        let system = self.system.iter().filter(|(name, _)| named.contains(name.as_str()));
        let system: Vec<Given> =
            system.map(|(name, value)| Given::of_system(name, value)).collect();
        let (low, high) =
            if self.files_win { (&system, &self.files) } else { (&self.files, &system) };
        let mut variables: Vec<Variable> = Vec::new();
        let mut index: HashMap<&str, usize> = HashMap::new();
        for given in low.iter().chain(high).chain(own) {
            let at = *index.entry(&given.name).or_insert(variables.len());
            match variables.get_mut(at) {
                Some(old) => replace(old, given),
                None => variables.push(fresh(given)),
            }
        }
        for variable in &mut variables {
            variable.overrode.reverse();
        }
        variables
    }
}

fn fresh(given: &Given) -> Variable {
    Variable {
        name: given.name.clone(),
        value: given.value.clone(),
        origin: given.origin.clone(),
        overrode: Vec::new(),
        secret: given.secret,
    }
}

fn replace(old: &mut Variable, given: &Given) {
    let lost = std::mem::replace(&mut old.origin, given.origin.clone());
    old.overrode.push(lost);
    old.value.clone_from(&given.value);
    old.secret |= given.secret;
}

/// The operating system's variables as text, without ours. Those that are not
/// UTF-8 can't be passed on, which is said.
pub fn system(
    variables: &[(OsString, OsString)],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in variables {
        match (name.to_str(), value.to_str()) {
            (Some(name), _) if reserved(name) => {}
            (Some(name), Some(value)) => kept.push((name.to_owned(), value.to_owned())),
            _ => diagnostics.push(Diagnostic::warning(format!(
                "the variable `{}` is not UTF-8 and is not passed on",
                name.to_string_lossy()
            ))),
        }
    }
    kept
}

/// Whether a variable is devsup's own.
pub fn reserved(name: &str) -> bool {
    name.starts_with("DEVSUP_")
}

/// The mistake of setting one of ours in a file.
pub fn reserved_name(name: &str, span: &Span) -> Diagnostic {
    Diagnostic::error(format!("`{name}` can't be set in a file"))
        .at(&span.part(name))
        .hint("names that start with `DEVSUP_` are devsup's own")
}

/// Every variable of a service but those of the runtime (`DEVSUP_…`, `PORT`,
/// `PS`, `SOCKET_PATH`, `<NAME>_PORT`), one entry a name.
pub fn environment(project: &Project, service: &Service) -> Vec<(String, String)> {
    let mut merged: Vec<(String, String)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    let system = project.os_environment.iter().map(|(name, value)| (name, value));
    let own = service.environment.iter().map(|variable| (&variable.name, &variable.value));
    for (name, value) in system.chain(own) {
        let at = *index.entry(name).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(old) => old.1.clone_from(value),
            None => merged.push((name.clone(), value.clone())),
        }
    }
    merged
}
