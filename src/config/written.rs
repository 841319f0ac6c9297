//! What the files say: every key optional, every value with its place. Knows
//! no defaults; `resolve` applies them, once.

use super::diagnostic::{Span, Spanned};
use crate::model::{Condition, Port, Probe, Restart, ServiceName, Signal, Tty};
use std::path::PathBuf;
use std::time::Duration;

/// A config file, or several merged.
#[derive(Debug, Default)]
pub struct Project {
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `environment`.
    pub environment: Vec<Setting>,
    /// `services`, in file order.
    pub services: Vec<Service>,
    /// Names that were refused; what depends on them is not reported again.
    pub refused: Vec<String>,
    /// `compose`.
    pub compose: Option<Compose>,
    /// `shutdown`.
    pub shutdown: Shutdown,
}

/// A variable of an `environment` section.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value; `None` passes on what is there already.
    pub value: Option<String>,
    /// Where it is called secret.
    pub secret: Option<Span>,
}

/// A file of variables.
#[derive(Debug, Clone)]
pub struct EnvFile {
    /// Where it lies, absolute.
    pub path: Spanned<PathBuf>,
    /// Whether its absence is a mistake.
    pub required: bool,
}

/// What to run. References are followed when the variables are known.
#[derive(Debug, Clone)]
pub enum Command {
    /// Through the shell, which follows references itself.
    Shell(String),
    /// Program and arguments.
    Exec(Vec<Spanned<String>>),
}

/// A service as it was written.
#[derive(Debug)]
pub struct Service {
    pub name: Spanned<ServiceName>,
    /// Whether there is a command at all, good or bad.
    pub has_command: bool,
    pub command: Option<Spanned<Command>>,
    pub working_dir: Option<Spanned<PathBuf>>,
    pub environment: Vec<Setting>,
    pub env_files: Vec<EnvFile>,
    pub port: Option<Spanned<Port>>,
    pub depends_on: Vec<Dependency>,
    pub healthcheck: Option<Healthcheck>,
    pub restart: Option<Spanned<Restart>>,
    pub stop_signal: Option<Spanned<Signal>>,
    pub stop_grace_period: Option<Spanned<Duration>>,
    pub stop_command: Option<Spanned<String>>,
    pub tags: Vec<Spanned<String>>,
    pub profiles: Vec<Spanned<String>>,
    pub autostart: Option<Spanned<bool>>,
    pub replicas: Option<Spanned<u16>>,
    pub tty: Option<Spanned<Tty>>,
    pub stdin_open: Option<Spanned<bool>>,
    pub startup_timeout: Option<Spanned<Duration>>,
    pub success_exit_codes: Option<Vec<i32>>,
    pub forking: Option<Spanned<bool>>,
    pub log_file: Option<Spanned<PathBuf>>,
    pub log_max_size: Option<Spanned<u64>>,
    pub log_max_files: Option<Spanned<u32>>,
}

/// An edge of the dependency graph.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The name that was written; whether there is such a service is not known
    /// yet.
    pub on: Spanned<String>,
    /// `condition`.
    pub condition: Option<Spanned<Condition>>,
    /// `required`.
    pub required: Option<bool>,
    /// `restart`.
    pub restart: Option<Spanned<bool>>,
}

/// A `healthcheck` section.
#[derive(Debug, Clone)]
pub struct Healthcheck {
    /// The key that opens the section.
    pub span: Span,
    pub disable: bool,
    /// Whether there is a probe at all, good or bad.
    pub has_probe: bool,
    pub probe: Option<Spanned<Probe>>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub retries: Option<u32>,
    pub start_period: Option<Duration>,
    pub start_interval: Option<Duration>,
}

/// The `compose` section.
#[derive(Debug)]
pub struct Compose {
    /// The key that opens the section.
    pub span: Span,
    pub file: Option<Spanned<PathBuf>>,
    pub project: Option<String>,
    pub profiles: Vec<Spanned<String>>,
    pub start: Option<bool>,
    pub down_volumes: Option<bool>,
}

/// The `shutdown` section.
#[derive(Debug, Default)]
pub struct Shutdown {
    pub grace: Option<Spanned<Duration>>,
    pub patterns: Vec<Spanned<String>>,
    pub protect: Vec<Spanned<String>>,
    pub keep: Vec<Spanned<String>>,
}

impl Service {
    /// A service of which only the name is known.
    pub fn new(name: Spanned<ServiceName>) -> Self {
        Self {
            name,
            has_command: false,
            command: None,
            working_dir: None,
            environment: Vec::new(),
            env_files: Vec::new(),
            port: None,
            depends_on: Vec::new(),
            healthcheck: None,
            restart: None,
            stop_signal: None,
            stop_grace_period: None,
            stop_command: None,
            tags: Vec::new(),
            profiles: Vec::new(),
            autostart: None,
            replicas: None,
            tty: None,
            stdin_open: None,
            startup_timeout: None,
            success_exit_codes: None,
            forking: None,
            log_file: None,
            log_max_size: None,
            log_max_files: None,
        }
    }
}
