//! What is asked about a container that is to live: its start, its output, its
//! state and its health.

use super::{ANSWER, Engine, Trouble, trouble, within};
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerState, HealthStatusEnum as RawHealth};
use bollard::query_parameters::{AttachContainerOptionsBuilder, EventsOptionsBuilder};
use futures_util::{Stream, StreamExt};
use std::collections::HashMap;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A start may have to set up networks and mounts.
const START: Duration = Duration::from_secs(60);

/// Output as it comes.
pub(in crate::docker) type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// Where a container is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::docker) enum Life {
    /// It runs, or is about to run again.
    On,
    /// It has ended with this code.
    Over(i64),
}

/// What the engine thinks of a container's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::docker) enum Opinion {
    /// It has no check.
    None,
    /// It is well.
    Well,
    /// It is not, or not yet; in words.
    Not(String),
}

impl Engine {
    /// Everything that the container writes from now on, also before it runs.
    pub async fn attach(&self, id: &str) -> Result<Output, Trouble> {
        let options =
            AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
        let attached = within(ANSWER, self.docker.attach_container(id, Some(options))).await?;
        Ok(attached.output)
    }

    /// Starts it.
    pub async fn start(&self, id: &str) -> Result<(), Trouble> {
        within(START, self.docker.start_container(id, None)).await
    }

    /// Where it is in its life.
    pub async fn life(&self, id: &str) -> Result<Life, Trouble> {
        let state = self.state(id).await?;
        let on = state.running == Some(true) || state.restarting == Some(true);
        Ok(if on { Life::On } else { Life::Over(state.exit_code.unwrap_or_default()) })
    }

    /// What the engine thinks of its health.
    pub async fn opinion(&self, id: &str) -> Result<Opinion, Trouble> {
        let state = self.state(id).await?;
        if state.running != Some(true) {
            return Ok(Opinion::Not("the container does not run".to_owned()));
        }
        let health = state.health.unwrap_or_default();
        Ok(match health.status {
            Some(RawHealth::HEALTHY) => Opinion::Well,
            Some(RawHealth::STARTING) => Opinion::Not("starting".to_owned()),
            Some(RawHealth::UNHEALTHY) => {
                let last = health.log.unwrap_or_default().pop().and_then(|result| result.output);
                Opinion::Not(unwell(&last.unwrap_or_default()))
            }
            _ => Opinion::None,
        })
    }

    /// Whether somebody had the engine send it a signal since then.
    pub async fn was_told(&self, id: &str, since: SystemTime) -> bool {
        let filters = HashMap::from([
            ("container".to_owned(), vec![id.to_owned()]),
            ("event".to_owned(), vec!["kill".to_owned()]),
        ]);
        let seconds =
            |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let until = seconds(SystemTime::now()) + 1;
        let options = EventsOptionsBuilder::default()
            .since(&seconds(since).to_string())
            .until(&until.to_string())
            .filters(&filters)
            .build();
        let mut events = self.docker.events(Some(options));
        let first = tokio::time::timeout(ANSWER, events.next()).await;
        matches!(first, Ok(Some(Ok(_))))
    }

    async fn state(&self, id: &str) -> Result<ContainerState, Trouble> {
        let inspected = within(ANSWER, self.docker.inspect_container(id, None)).await?;
        Ok(inspected.state.unwrap_or_default())
    }
}

/// A piece of output, and whether it is of standard error.
pub(in crate::docker) fn piece(output: &LogOutput) -> (bool, &[u8]) {
    (matches!(output, LogOutput::StdErr { .. }), output.as_ref())
}

/// Why the output has ended before its time.
pub(in crate::docker) fn cut(error: &Error) -> Trouble {
    trouble(error)
}

fn unwell(output: &str) -> String {
    match output.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        Some(line) => format!("unhealthy: {}", line.chars().take(100).collect::<String>()),
        None => "unhealthy".to_owned(),
    }
}
