//! One container engine, asked over its socket; every question has a deadline
//! of its own. It judges nothing and knows no project.

pub(super) mod live;

use super::claim::Labels;
use super::place::{Address, Unreachable};
use bollard::errors::Error;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as RawState};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveVolumeOptions, WaitContainerOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

/// How long an engine may take for an answer that needs no work.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// The same, where somebody is in a hurry.
pub(super) const QUICK_ANSWER: Duration = Duration::from_secs(2);
/// What engines grant a container that says nothing, in seconds.
const USUAL_PATIENCE: i64 = 10;
/// Our own deadlines are always shorter than this one of the client library.
const LIBRARY_DEADLINE: u64 = 24 * 60 * 60;

/// A volume is never removed by force: that a container uses it is a reason.
const PLAINLY: Option<RemoveVolumeOptions> = None;

/// Why an engine did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// There is no such container, network or volume.
    #[error("it is gone")]
    NotThere,
    /// It said no, and why.
    #[error("the engine says: {0}")]
    Refused(String),
    /// It did not answer in time.
    #[error("the engine did not answer within {} s", whole_seconds(*.0))]
    Silent(Duration),
    /// It does not run any more, or hung up.
    #[error("the engine is gone: {0}")]
    Lost(String),
    /// It answered with something that is no answer.
    #[error("the engine's answer can't be read: {0}")]
    Strange(String),
}

/// A container as the engine lists it.
#[derive(Debug, Clone)]
pub(super) struct Container {
    pub id: String,
    pub name: String,
    pub labels: Labels,
    pub state: State,
    /// Names and ids of its networks.
    pub networks: Vec<String>,
    /// Names of its volumes.
    pub volumes: Vec<String>,
}

/// What has to be done before a container can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has to be stopped.
    Running,
    /// It is frozen: it can't hear a signal before it is thawed.
    Paused,
    /// Nothing.
    Still,
}

/// A network or volume as the engine lists it.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub id: String,
    pub name: String,
    pub labels: Labels,
}

/// An engine that has answered once.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    docker: Docker,
    /// Where it is, in words.
    pub at: String,
}

impl Engine {
    /// Connects and waits for a first answer.
    pub async fn greet(address: &Address, patience: Duration) -> Result<Self, Unreachable> {
        let at = address.to_string();
        let docker = match address {
            Address::Unix(path) => {
                look_at(path, &at)?;
                Docker::connect_with_unix(&at, LIBRARY_DEADLINE, API_DEFAULT_VERSION)
            }
            Address::Tcp(host) => {
                Docker::connect_with_http(host, LIBRARY_DEADLINE, API_DEFAULT_VERSION)
            }
        };
        let docker = docker.map_err(|error| unreachable(&error, &at))?;
        match tokio::time::timeout(patience, docker.ping()).await {
            Ok(Ok(_)) => Ok(Self { docker, at }),
            Ok(Err(error)) => Err(unreachable(&error, &at)),
            Err(_) => Err(Unreachable::Silent { at, seconds: whole_seconds(patience) }),
        }
    }

    /// Every container, whether it runs or not.
    pub async fn containers(&self, patience: Duration) -> Result<Vec<Container>, Trouble> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let listed = within(patience, self.docker.list_containers(Some(options))).await?;
        Ok(listed.into_iter().map(Container::from).collect())
    }

    /// The networks that carry this label.
    pub async fn networks(&self, label: &str, patience: Duration) -> Result<Vec<Shared>, Trouble> {
        let options = ListNetworksOptionsBuilder::default().filters(&by_label(label)).build();
        let listed = within(patience, self.docker.list_networks(Some(options))).await?;
        let shared = listed.into_iter().map(|network| Shared {
            id: network.id.unwrap_or_default(),
            name: network.name.unwrap_or_default(),
            labels: network.labels.unwrap_or_default(),
        });
        Ok(shared.collect())
    }

    /// The volumes that carry this label.
    pub async fn volumes(&self, label: &str, patience: Duration) -> Result<Vec<Shared>, Trouble> {
        let options = ListVolumesOptionsBuilder::default().filters(&by_label(label)).build();
        let listed = within(patience, self.docker.list_volumes(Some(options))).await?;
        let shared = listed.volumes.unwrap_or_default().into_iter().map(|volume| Shared {
            id: volume.name.clone(),
            name: volume.name,
            labels: volume.labels,
        });
        Ok(shared.collect())
    }

    /// How long a container may take to stop; `None`: as long as it likes.
    pub async fn patience_of(&self, id: &str) -> Option<Duration> {
        let asked = within(ANSWER, self.docker.inspect_container(id, None)).await;
        let said = asked.ok().and_then(|container| container.config?.stop_timeout);
        let seconds = u64::try_from(said.unwrap_or(USUAL_PATIENCE)).ok();
        seconds.map(Duration::from_secs)
    }

    /// Stops a container with its own signal and patience, which the engine
    /// knows, and returns once it has stopped.
    pub async fn stop(&self, id: &str, patience: Duration) -> Result<(), Trouble> {
        within(patience, self.docker.stop_container(id, None)).await
    }

    /// Thaws a frozen container.
    pub async fn unpause(&self, id: &str) -> Result<(), Trouble> {
        within(ANSWER, self.docker.unpause_container(id)).await
    }

    /// Removes a container; `kill` one that still runs, with its anonymous
    /// `volumes` or without. Returns once it is gone.
    pub async fn remove(
        &self,
        id: &str,
        removal: Removal,
        patience: Duration,
    ) -> Result<(), Trouble> {
        let options =
            RemoveContainerOptionsBuilder::default().force(removal.kill).v(removal.volumes).build();
        match within(patience, self.docker.remove_container(id, Some(options))).await {
            Err(Trouble::Refused(why)) if why.contains("already in progress") => {
                self.removed(id, patience).await
            }
            Ok(()) | Err(Trouble::NotThere) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Waits until a removal that is under way has ended. Whatever the engine
    /// says of it, the last look at all containers decides.
    async fn removed(&self, id: &str, patience: Duration) -> Result<(), Trouble> {
        let options = WaitContainerOptionsBuilder::default().condition("removed").build();
        let mut ends = self.docker.wait_container(id, Some(options));
        match tokio::time::timeout(patience, ends.next()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Trouble::Silent(patience)),
        }
    }

    /// Removes a network.
    pub async fn remove_network(&self, id: &str, patience: Duration) -> Result<(), Trouble> {
        unless_gone(within(patience, self.docker.remove_network(id)).await)
    }

    /// Removes a volume; the engine refuses while a container uses it.
    pub async fn remove_volume(&self, name: &str, patience: Duration) -> Result<(), Trouble> {
        unless_gone(within(patience, self.docker.remove_volume(name, PLAINLY)).await)
    }
}

/// What goes with a container when it is removed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Removal {
    /// Kill it first if it runs.
    pub kill: bool,
    /// Its anonymous volumes too.
    pub volumes: bool,
}

impl From<ContainerSummary> for Container {
    fn from(raw: ContainerSummary) -> Self {
        let names = raw.names.unwrap_or_default();
        // Links to a container are listed among its names, as `/web/db`.
        let own = names.iter().min_by_key(|name| name.matches('/').count());
        let name = own.map_or("", |name| name.trim_start_matches('/'));
        let networks = raw.network_settings.and_then(|settings| settings.networks);
        let networks = networks.unwrap_or_default().into_iter();
        let mounts = raw.mounts.unwrap_or_default().into_iter();
        Self {
            id: raw.id.unwrap_or_default(),
            name: name.to_owned(),
            labels: raw.labels.unwrap_or_default(),
            state: match raw.state {
                Some(RawState::PAUSED) => State::Paused,
                Some(
                    RawState::CREATED | RawState::EXITED | RawState::DEAD | RawState::REMOVING,
                ) => State::Still,
                _ => State::Running,
            },
            networks: networks
                .flat_map(|(name, endpoint)| [Some(name), endpoint.network_id])
                .flatten()
                .collect(),
            volumes: mounts.filter_map(|mount| mount.name).collect(),
        }
    }
}

/// Rounded: what is left of a deadline of 2 s is a little less.
pub(super) fn whole_seconds(patience: Duration) -> u64 {
    patience.as_secs() + u64::from(patience.subsec_millis() >= 500)
}

fn by_label(label: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![label.to_owned()])])
}

fn unless_gone(result: Result<(), Trouble>) -> Result<(), Trouble> {
    match result {
        Err(Trouble::NotThere) => Ok(()),
        other => other,
    }
}

async fn within<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer.map_err(|error| trouble(&error)),
        Err(_) => Err(Trouble::Silent(patience)),
    }
}

fn trouble(error: &Error) -> Trouble {
    match error {
        Error::DockerResponseServerError { status_code: 404, .. } => Trouble::NotThere,
        Error::DockerResponseServerError { status_code, message } => {
            Trouble::Refused(said(*status_code, message))
        }
        Error::JsonDataError { message, .. } => Trouble::Strange(message.clone()),
        Error::JsonSerdeError { err } => Trouble::Strange(err.to_string()),
        other => Trouble::Lost(root_cause(other)),
    }
}

/// The engine's own words on one line, or the status where it had none.
fn said(status: u16, message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { format!("HTTP status {status}") } else { line }
}

fn unreachable(error: &Error, at: &str) -> Unreachable {
    let at = at.to_owned();
    match (io_kind(error), trouble(error)) {
        (Some(ErrorKind::PermissionDenied), _) => Unreachable::Permission { at },
        (Some(ErrorKind::ConnectionRefused), _) => Unreachable::NotRunning { at },
        (Some(ErrorKind::NotFound), _) => Unreachable::Missing { at },
        (_, Trouble::Refused(why) | Trouble::Strange(why)) => Unreachable::Broken { at, why },
        (_, Trouble::NotThere) => {
            Unreachable::Broken { at, why: "it is no container engine".to_owned() }
        }
        (_, other) => Unreachable::Broken { at, why: other.to_string() },
    }
}

/// Says what is wrong with a socket's path; the client library only says that
/// there is none.
fn look_at(path: &std::path::Path, at: &str) -> Result<(), Unreachable> {
    let at = at.to_owned();
    match std::fs::metadata(path).map_err(|error| error.kind()) {
        Ok(_) => Ok(()),
        Err(ErrorKind::PermissionDenied) => Err(Unreachable::Permission { at }),
        Err(_) => Err(Unreachable::Missing { at }),
    }
}

fn io_kind(error: &Error) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(link) = cause {
        if let Some(io) = link.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = link.source();
    }
    None
}

fn root_cause(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(link) = cause {
        words = link.to_string();
        cause = link.source();
    }
    words
}
