//! Compose services beside declared ones: each becomes a service whose command
//! stands for its containers, so that everything that holds for services holds
//! for it: its name in the stream, its place in the order, its health, its end.
//!
//! Pure: that the words of the command are devsup's own is for the caller.

use super::{
    Command, Condition, ContainerCheck, Dependency, Healthcheck, LogRules, Port, Probe, Project,
    Restart, RestartPolicy, Role, Service, ServiceName, StopPlan, Tty,
};
use std::path::Path;
use std::time::Duration;

/// How long an engine grants a container that says nothing.
pub const USUAL_GRACE: Duration = Duration::from_secs(10);
/// What the word of a container's end takes on top of that.
const WORD_OF_ITS_END: Duration = Duration::from_secs(2);
/// How often the engine is asked for its opinion, which costs next to nothing.
const GLANCE: Duration = Duration::from_secs(5);
/// The same until it is a good one.
const FIRST_GLANCE: Duration = Duration::from_millis(500);
/// How long a container may take to become healthy. The engine has the file's
/// own times for that; this is for one that never gives an opinion.
const STARTUP: Duration = Duration::from_secs(5 * 60);
const LOG_SIZE: u64 = 10 << 20;
const LOG_FILES: u32 = 5;

/// A service of a compose file, as far as devsup has to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComposeService {
    /// Its name.
    pub name: ServiceName,
    /// What has to be there before it, as the file says.
    pub depends_on: Vec<Dependency>,
    /// It has a health check, which the engine runs; after this long it has an
    /// opinion at the latest.
    pub checked: Option<Duration>,
    /// How long its containers may take to stop.
    pub grace: Duration,
    /// Profiles it belongs to.
    pub profiles: Vec<String>,
}

/// What the services that stand for containers are made of.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The words in front of a service's name that stand for its containers.
    pub follow: Vec<String>,
    /// How the health of one is asked for; the service's name is filled in.
    pub check: ContainerCheck,
}

/// Adds the compose services to a project, and the step that makes all their
/// containers. Names that are declared already stay what they are.
pub fn add_compose(project: &mut Project, compose: &[ComposeService], recipe: &Recipe) {
    let profiles = project.compose.as_ref().map_or(&[][..], |compose| &compose.profiles);
    let active: Vec<&ComposeService> = compose
        .iter()
        .filter(|service| {
            service.profiles.is_empty() || service.profiles.iter().any(|own| profiles.contains(own))
        })
        .filter(|service| project.service(service.name.as_str()).is_none())
        .collect();
    let Some(step) = step_name(project, compose) else { return };
    let mut added = Vec::new();
    for service in &active {
        let wants = |other: &Service| {
            let on = |to: &Dependency| {
                to.on == service.name && to.condition == Condition::ServiceHealthy
            };
            other.depends_on.iter().any(on)
        };
        let by_compose = active.iter().any(|other| {
            let health = |to: &&Dependency| to.condition == Condition::ServiceHealthy;
            other.depends_on.iter().filter(health).any(|to| to.on == service.name)
        });
        let checked = service.checked.is_some() || by_compose || project.services.iter().any(wants);
        added.push(follower(service, checked, &step, recipe, &project.root, &active));
    }
    if !added.is_empty() {
        project.services.push(bare(step, Vec::new(), Role::Preparation, &project.root));
        project.services.extend(added);
    }
}

/// Gives the step its command: `create` are the words in front of the services'
/// names that make their containers and start none. Where no such service is
/// wanted, the step is not either, and nobody asks for the words.
pub fn want_compose<E>(
    project: &mut Project,
    wanted: &mut Vec<usize>,
    create: impl FnOnce() -> Result<Vec<String>, E>,
) -> Result<(), E> {
    let is = |at: &usize, role| project.services[*at].role == role;
    let all = 0..project.services.len();
    let Some(step) = all.clone().find(|at| is(at, Role::Preparation)) else { return Ok(()) };
    wanted.retain(|at| *at != step);
    let names: Vec<String> = wanted
        .iter()
        .filter(|at| is(at, Role::Container))
        .map(|&at| project.services[at].name.to_string())
        .collect();
    if !names.is_empty() {
        wanted.push(step);
        wanted.sort_unstable();
        let words = create()?.into_iter().chain(names).collect();
        project.services[step].command = Command::Exec(words);
    }
    Ok(())
}

/// What the step is called: `compose`, unless somebody else is.
fn step_name(project: &Project, compose: &[ComposeService]) -> Option<ServiceName> {
    let taken = |name: &str| {
        project.service(name).is_some() || compose.iter().any(|one| one.name.as_str() == name)
    };
    let free =
        ["compose", "compose-create", "devsup-compose"].into_iter().find(|name| !taken(name));
    ServiceName::new(free?).ok()
}

fn follower(
    service: &ComposeService,
    checked: bool,
    step: &ServiceName,
    recipe: &Recipe,
    root: &Path,
    active: &[&ComposeService],
) -> Service {
    let name = service.name.clone();
    let mut words = recipe.follow.clone();
    words.push(name.to_string());
    let created = Dependency {
        on: step.clone(),
        condition: Condition::ServiceCompletedSuccessfully,
        required: true,
        restart: false,
    };
    let known = |to: &&Dependency| active.iter().any(|other| other.name == to.on);
    let depends_on = service.depends_on.iter().filter(known).cloned();
    let check = ContainerCheck { service: name.to_string(), ..recipe.check.clone() };
    Service {
        depends_on: std::iter::once(created).chain(depends_on).collect(),
        healthcheck: checked.then(|| healthcheck(check)),
        stop: StopPlan {
            signal: super::Signal::Term,
            grace: service.grace + WORD_OF_ITS_END,
            command: None,
        },
        startup_timeout: service.checked.unwrap_or(STARTUP),
        ..bare(name, words, Role::Container, root)
    }
}

/// The engine itself counts failures and grants a start; its opinion is news at
/// once.
fn healthcheck(check: ContainerCheck) -> Healthcheck {
    Healthcheck {
        probe: Probe::Container(check),
        interval: GLANCE,
        timeout: GLANCE,
        retries: 1,
        start_period: Duration::ZERO,
        start_interval: FIRST_GLANCE,
    }
}

fn bare(name: ServiceName, words: Vec<String>, role: Role, root: &Path) -> Service {
    Service {
        name,
        role,
        command: Command::Exec(words),
        working_dir: root.to_owned(),
        environment: Vec::new(),
        port: Port::None,
        depends_on: Vec::new(),
        healthcheck: None,
        restart: Restart {
            policy: RestartPolicy::No,
            max: None,
            delay: Duration::ZERO,
            backoff: 1.0,
            window: Duration::ZERO,
        },
        stop: StopPlan { signal: super::Signal::Term, grace: USUAL_GRACE, command: None },
        tags: Vec::new(),
        profiles: Vec::new(),
        autostart: true,
        replicas: 1,
        tty: Tty::No,
        stdin_open: false,
        startup_timeout: STARTUP,
        success_exit_codes: vec![0],
        forking: false,
        log: LogRules { file: None, max_size: LOG_SIZE, max_files: LOG_FILES },
    }
}
