//! A service and a project that no file declares, with every default.

use super::{
    Command, LogRules, Port, Project, ProjectKind, Restart, RestartPolicy, Role, Service,
    ServiceName, ShutdownRules, Signal, StopPlan, Tty,
};
use std::path::PathBuf;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(3);
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
const RESTART_DELAY: Duration = Duration::from_secs(5);
const RESTART_WINDOW: Duration = Duration::from_secs(60);
const LOG_SIZE: u64 = 10 << 20;
const LOG_FILES: u32 = 5;

impl Service {
    /// A service of which only this is known.
    pub fn plain(name: ServiceName, command: Command, working_dir: PathBuf) -> Self {
        Self {
            name,
            role: Role::Declared,
            command,
            working_dir,
            environment: Vec::new(),
            port: Port::None,
            depends_on: Vec::new(),
            healthcheck: None,
            restart: Restart {
                policy: RestartPolicy::No,
                max: None,
                delay: RESTART_DELAY,
                backoff: 1.0,
                window: RESTART_WINDOW,
            },
            stop: StopPlan { signal: Signal::Term, grace: GRACE, command: None },
            tags: Vec::new(),
            profiles: Vec::new(),
            autostart: true,
            replicas: 1,
            tty: Tty::Auto,
            stdin_open: false,
            startup_timeout: STARTUP_TIMEOUT,
            success_exit_codes: vec![0],
            forking: false,
            log: LogRules { file: None, max_size: LOG_SIZE, max_files: LOG_FILES },
        }
    }
}

impl Project {
    /// A project of these services and no file.
    pub fn plain(name: String, root: PathBuf, services: Vec<Service>) -> Self {
        Self {
            name,
            root,
            files: Vec::new(),
            kind: ProjectKind::Yaml,
            services,
            os_environment: Vec::new(),
            compose: None,
            shutdown: ShutdownRules {
                grace: GRACE,
                patterns: Vec::new(),
                protect: Vec::new(),
                keep: Vec::new(),
            },
        }
    }
}
