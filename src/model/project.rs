//! A resolved project: every default applied, every reference followed. What
//! a file said and where is `config/`'s; nothing here is optional unless its
//! absence means something.

use super::{ServiceName, Signal};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// A project: the directory of its config file, and what is declared there.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// What it is called: `name:` or the directory's name.
    pub name: String,
    /// The directory of the first config file, absolute, symlinks resolved.
    pub root: PathBuf,
    /// The config files, in the order they were merged.
    pub files: Vec<PathBuf>,
    /// What kind of file the project is made of.
    pub kind: ProjectKind,
    /// The declared services, in file order.
    pub services: Vec<Service>,
    /// The operating system's environment as it was read, without `DEVSUP_*`.
    /// A service's own variables are laid over it.
    pub os_environment: Vec<(String, String)>,
    /// Containers that belong to the project.
    pub compose: Option<Compose>,
    /// Project-wide rules of the stop.
    pub shutdown: ShutdownRules,
}

impl Project {
    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.as_str() == name)
    }
}

/// A Procfile follows foreman's customs (one exit stops all), a YAML file
/// compose's (the others go on).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectKind {
    /// A plain Procfile and nothing else.
    Procfile,
    /// At least one `devsup.yaml`.
    Yaml,
}

/// A declared service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// What it stands for.
    pub role: Role,
    /// What is run.
    pub command: Command,
    /// Where it is run, absolute.
    pub working_dir: PathBuf,
    /// Its variables that do not come from the operating system as they are:
    /// from `.env` files (unless the OS wins), the project and the service, in
    /// the order they were given, one entry a name.
    pub environment: Vec<Variable>,
    /// The port it listens on, if it says so.
    pub port: Port,
    /// What must be there before it starts.
    pub depends_on: Vec<Dependency>,
    /// How its health is found out.
    pub healthcheck: Option<Healthcheck>,
    /// Whether and how it is started again.
    pub restart: Restart,
    /// How it is asked to stop.
    pub stop: StopPlan,
    /// Free words to select it by.
    pub tags: Vec<String>,
    /// Profiles it belongs to; with any, it starts only when one is asked for.
    pub profiles: Vec<String>,
    /// `false`: only started when named.
    pub autostart: bool,
    /// How many copies run.
    pub replicas: u16,
    /// Whether it gets a terminal.
    pub tty: Tty,
    /// Whether its standard input can be written by `attach`.
    pub stdin_open: bool,
    /// How long it may take to become healthy.
    pub startup_timeout: Duration,
    /// Exit codes that mean success.
    pub success_exit_codes: Vec<i32>,
    /// It daemonises itself: what it leaves behind is the service.
    pub forking: bool,
    /// Where its output is kept.
    pub log: LogRules,
}

/// What a service stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Itself: it was declared.
    Declared,
    /// The containers of a compose service.
    Container,
    /// A step of the start that is to end. Its end stops nobody.
    Preparation,
}

/// What a service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A string: through `/bin/sh -c`.
    Shell(String),
    /// A list: program and arguments, no shell. Never empty.
    Exec(Vec<String>),
}

/// A variable and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, after interpolation.
    pub value: String,
    /// Where the value was set.
    pub origin: Origin,
    /// Values of the same name that lost, the nearest first.
    pub overrode: Vec<Origin>,
    /// Masked in every output.
    pub secret: bool,
}

/// Where a variable's value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The environment devsup was started in.
    OperatingSystem,
    /// A line (from 1) of a `.env` or config file.
    File(PathBuf, usize),
    /// The command line.
    CommandLine,
}

/// The port a service declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// None.
    None,
    /// This one for the first instance, one more for each further.
    Fixed(u16),
    /// Foreman's: base + 100 an entry; set as `PORT`, but promised by nobody,
    /// so neither checked before the start nor after the stop.
    Procfile(u16),
    /// Any free one, chosen at the start.
    Auto,
    /// This one, or with `bump` the next free one.
    Expect {
        /// The wished one.
        port: u16,
        /// Whether another will do.
        bump: bool,
    },
}

/// One edge of the dependency graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The service (or compose service) that must be there first.
    pub on: ServiceName,
    /// What "there" means.
    pub condition: Condition,
    /// `false`: a missing or failed one does not matter.
    pub required: bool,
    /// Restart this service when the other one restarts.
    pub restart: bool,
}

/// When a dependency counts as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its process runs (or it has completed well).
    ServiceStarted,
    /// Its health check says healthy.
    ServiceHealthy,
    /// It has ended, whatever its exit code.
    ServiceCompleted,
    /// It has ended with a success code.
    ServiceCompletedSuccessfully,
}

/// How a service's health is found out. Times as in the compose specification.
#[derive(Debug, Clone, PartialEq)]
pub struct Healthcheck {
    /// What is asked.
    pub probe: Probe,
    /// Time between probes once healthy.
    pub interval: Duration,
    /// Time a probe may take.
    pub timeout: Duration,
    /// Failures in a row that mean unhealthy.
    pub retries: u32,
    /// Failures this long after the start do not count.
    pub start_period: Duration,
    /// Time between probes until first healthy.
    pub start_interval: Duration,
}

/// What a health check asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// A connection to a unix socket, absolute path.
    Unix(PathBuf),
    /// A TCP connection to `host:port`.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// An HTTP request.
    Http(HttpCheck),
    /// A command that ends with 0.
    Test(Command),
    /// A line of output that matches this regular expression.
    Log(String),
    /// The opinion of the container engine.
    Container(ContainerCheck),
}

/// Whose health a container engine is asked for, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerCheck {
    /// The project's directory.
    pub root: PathBuf,
    /// The project's compose section.
    pub compose: Option<Compose>,
    /// The compose service.
    pub service: String,
    /// The environment that says where the engine is.
    pub environment: Vec<(String, String)>,
}

/// An HTTP request and the answers that mean healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCheck {
    /// `http://host[:port]/path`.
    pub url: String,
    /// Status codes that mean healthy; empty: any 2xx or 3xx.
    pub status: Vec<u16>,
    /// Headers sent along.
    pub headers: Vec<(String, String)>,
    /// A regular expression the body must match.
    pub body: Option<String>,
}

/// Whether and how a service is started again after it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// When.
    pub policy: RestartPolicy,
    /// At most this often within `window`; `None`: no limit.
    pub max: Option<u32>,
    /// Pause before a restart.
    pub delay: Duration,
    /// Factor by which the pause grows from one restart to the next; 1 keeps it.
    pub backoff: f64,
    /// A service that ran this long has its count start anew.
    pub window: Duration,
}

/// When a service is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    No,
    /// Whenever it ends.
    Always,
    /// When it ends with a failure.
    OnFailure,
    /// Whenever it ends, unless somebody stopped it.
    UnlessStopped,
}

/// How a service is asked to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopPlan {
    /// The signal to its process group.
    pub signal: Signal,
    /// How long its whole tree may take.
    pub grace: Duration,
    /// A command run instead of the signal.
    pub command: Option<String>,
}

/// Whether a service gets a pseudo-terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tty {
    /// When our own standard output is a terminal.
    Auto,
    /// Always.
    Yes,
    /// Never.
    No,
}

/// Where a service's output is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRules {
    /// `None`: `.pids/logs/NAME.log`.
    pub file: Option<PathBuf>,
    /// Bytes after which a file is rotated.
    pub max_size: u64,
    /// Files kept, the current one included.
    pub max_files: u32,
}

/// Containers that belong to the project (the `compose:` section).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compose {
    /// The compose file, absolute.
    pub file: PathBuf,
    /// Compose's project name, if set.
    pub project: Option<String>,
    /// Profiles to enable.
    pub profiles: Vec<String>,
    /// Whether `up` starts them.
    pub start: bool,
    /// Whether `down` removes their volumes.
    pub down_volumes: bool,
}

/// Command lines that development servers and test runners are known to leave
/// behind.
const PATTERNS: [&str; 11] = [
    "npm run dev",
    "npm run start",
    "npm start",
    "npm run test",
    "npm test",
    "tsx watch",
    "tsx.*run-agent",
    "vitest",
    "turbo run test",
    "pnpm run test",
    "esbuild",
];

/// Project-wide rules of the stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutdownRules {
    /// Grace of services that declare none.
    pub grace: Duration,
    /// Regular expressions over the arguments joined by spaces; the defaults
    /// and the project's own.
    pub patterns: Patterns,
    /// What no pattern may hit.
    pub protect: Vec<String>,
    /// Executables (path or file name) whose subtree is left alive.
    pub keep: Vec<String>,
}

impl Default for ShutdownRules {
    /// What holds where nobody says anything else.
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(3),
            patterns: PATTERNS.map(str::to_owned).into(),
            protect: Vec::new(),
            keep: Vec::new(),
        }
    }
}

/// Regular expressions of the orphan sweep, checked to compile.
pub type Patterns = Vec<String>;
