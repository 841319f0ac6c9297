//! Text to `model::Project`, or a list of everything that is wrong with it.
//! Starts nothing, prints nothing, and knows neither ledger nor supervisor.
//!
//! The way of a file: `find` says which, `source` reads, `yaml` or `procfile`
//! parses, `read` takes the keys, `merge` lays files over each other, `resolve`
//! applies defaults and follows names.
//!
//! Who wins where a variable is set more than once stands in `environment`.
//! Which env files belong to the project: those of `-e`, else those of the
//! top level's `env_file`, else `.env` beside the first config file.

mod check;
mod compose;
mod diagnostic;
mod dotenv;
mod draft;
mod environment;
mod fields;
mod find;
mod interpolate;
mod keys;
mod load;
mod merge;
mod procfile;
mod read;
mod render;
mod resolve;
mod scalar;
mod show;
mod source;
mod tree;
mod written;
mod yaml;

pub use check::check;
pub use compose::{compose_file, compose_files, compose_services};
pub use diagnostic::{Diagnostic, Severity, Span, Spanned};
pub use draft::{Draft, draft};
pub use environment::environment;
pub use keys::{Default as KeyDefault, Key, SCHEMA_URL, Section, Shape, Tool, schema};
pub use load::load;
pub use render::render;
pub use show::{Shown, show};
pub use source::{Source, shown};
pub use tree::Tree;

use crate::model::{Project, Variable, instead};
use check::Places;
use std::ffi::OsString;
use std::path::PathBuf;

/// Reads a duration as config files have it: `1m30s`, `500ms`, or a bare
/// number of seconds. The error says what is wrong with it.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    scalar::duration(text).map_err(|bad| format!("{}; {}", bad.message, bad.hint))
}

/// The words for a name that no service has.
pub fn unknown_service(project: &Project, name: &str) -> String {
    let names = project.services.iter().map(|service| service.name.as_str());
    format!("there is no service `{name}`; {}", instead(name, names))
}

/// What the command line said.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The directory to look in: `-C` or the current one.
    pub start_dir: PathBuf,
    /// `-f`, in order; empty: look for one.
    pub files: Vec<PathBuf>,
    /// `-e`, in order; empty: the project's own.
    pub env_files: Vec<PathBuf>,
    /// `--env-override`: env files win over the operating system.
    pub env_override: bool,
    /// `-m web=2`; the name `all` stands for every service not named.
    pub formation: Vec<(String, u16)>,
    /// `-p`: the `PORT` of a Procfile's first entry.
    pub port_base: Option<u16>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// The environment devsup was started in.
    pub os_environment: Vec<(OsString, OsString)>,
}

/// A project that can be started.
#[derive(Debug)]
pub struct Loaded {
    /// The project.
    pub project: Project,
    /// The variables that all services have, by the project's env files and
    /// its `environment`.
    pub environment: Vec<Variable>,
    /// What will not be as it was meant.
    pub warnings: Vec<Diagnostic>,
    /// Where its services were written.
    places: Places,
}

impl Loaded {
    /// What only `devsup check` looks at; like `check`, with the places.
    pub fn check(&self) -> Vec<Diagnostic> {
        check::at(&self.project, &self.places)
    }
}

/// Why there is no project.
#[derive(Debug)]
pub struct Failure {
    /// No config file was found, as opposed to one with mistakes.
    pub not_found: bool,
    /// Every mistake of all files, and the warnings, in the files' order.
    pub diagnostics: Vec<Diagnostic>,
}
