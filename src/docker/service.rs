//! The containers of one compose service, as something that runs: started,
//! followed to their end, stopped when asked, and asked for their health. It
//! makes no containers, which is compose's, and removes none.

use super::Wish;
use super::claim::{Ground, SERVICE};
use super::engine::live::{Life, Opinion, cut, piece};
use super::engine::{ANSWER, Container, Engine, QUICK_ANSWER, State, Trouble, whole_seconds};
use super::place::{self, Unreachable};
use crate::model::{Compose, ContainerCheck};
use futures_util::StreamExt;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// Between two looks at a container that the engine is starting again.
const PAUSE: Duration = Duration::from_millis(200);
/// What is granted to a container that may take as long as it likes.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// The containers of a compose service.
#[derive(Debug, Clone)]
pub struct ServiceContainers {
    wish: Wish,
    service: String,
}

/// Why they can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// The engine can't be asked.
    #[error("{0}")]
    Unreachable(Unreachable),
    /// Compose has made none.
    #[error("compose has made no container for `{0}`")]
    None(String),
    /// The engine did not do what it was asked.
    #[error("container `{name}`: {why}")]
    Container {
        /// Its name.
        name: String,
        /// Why, in words.
        why: String,
    },
}

/// What becomes of the containers' output, and of news about them.
pub trait Listener {
    /// A piece of output; whether it is of standard error.
    fn output(&self, error: bool, piece: &[u8]);
    /// A sentence.
    fn say(&self, words: &str);
}

impl ServiceContainers {
    /// Those of a service in a project's directory.
    pub fn new(
        root: PathBuf,
        compose: Option<Compose>,
        service: String,
        environment: Vec<(String, String)>,
    ) -> Self {
        Self { wish: Wish { compose, ..Wish::new(root, environment) }, service }
    }

    /// Those that a health check is about.
    pub fn of(check: &ContainerCheck) -> Self {
        let ContainerCheck { root, compose, service, environment } = check.clone();
        Self::new(root, compose, service, environment)
    }

    /// What the engine thinks of their health, in words either way.
    pub async fn health(&self) -> Result<String, String> {
        let (engine, containers) = self.find().await.map_err(|error| error.to_string())?;
        for container in &containers {
            match engine.opinion(&container.id).await {
                Ok(Opinion::Well) => {}
                Ok(Opinion::None) => {
                    return Err("it has no health check; compose calls it `healthcheck`".to_owned());
                }
                Ok(Opinion::Not(words)) => return Err(words),
                Err(trouble) => return Err(trouble.to_string()),
            }
        }
        Ok("healthy".to_owned())
    }

    /// Starts those that do not run, and gives everything they write to the
    /// listener, until all have ended or somebody has asked for their end. Those
    /// that ran before are left running then. Gives the worst exit code.
    pub async fn follow(
        &self,
        listener: &dyn Listener,
        stop: watch::Receiver<bool>,
    ) -> Result<i64, FollowError> {
        let (engine, containers) = self.find().await?;
        let follows = containers.iter().map(|container| {
            let one = One { engine: &engine, container, listener };
            one.follow(stop.clone())
        });
        let mut worst = 0;
        for (container, end) in containers.iter().zip(join_all(follows).await) {
            match end {
                Ok(code) => worst = worst.max(code),
                Err(Trouble::NotThere) => listener.say("the container was removed"),
                Err(trouble) => {
                    let name = container.name.clone();
                    return Err(FollowError::Container { name, why: trouble.to_string() });
                }
            }
        }
        Ok(worst)
    }

    /// The first engine that has any.
    async fn find(&self) -> Result<(Engine, Vec<Container>), FollowError> {
        let ground = self.wish.ground();
        let unreachable = FollowError::Unreachable;
        let addresses = place::addresses(&self.wish.environment).map_err(unreachable)?;
        let mut last = FollowError::Unreachable(Unreachable::Absent);
        for address in &addresses {
            match Engine::greet(address, ANSWER).await {
                Ok(engine) => {
                    let all = engine.containers(ANSWER).await;
                    let all = all
                        .map_err(|trouble| unreachable(super::unanswered(&engine.at, &trouble)))?;
                    let ours: Vec<Container> =
                        all.into_iter().filter(|one| self.is_ours(one, &ground)).collect();
                    if !ours.is_empty() {
                        return Ok((engine, ours));
                    }
                    last = FollowError::None(self.service.clone());
                }
                Err(why) => last = FollowError::Unreachable(why),
            }
        }
        Err(last)
    }

    fn is_ours(&self, container: &Container, ground: &Ground) -> bool {
        container.labels.get(SERVICE).is_some_and(|service| *service == self.service)
            && ground.is_of_project(&container.labels)
    }
}

/// The compose services of a project that have a container which runs; none
/// where no engine can be asked.
pub async fn running_services(wish: &Wish) -> BTreeSet<String> {
    let ground = wish.ground();
    let mut running = BTreeSet::new();
    for address in place::addresses(&wish.environment).unwrap_or_default() {
        let Ok(engine) = Engine::greet(&address, QUICK_ANSWER).await else { continue };
        let Ok(all) = engine.containers(QUICK_ANSWER).await else { continue };
        let ours = all.into_iter().filter(|container| {
            container.state != State::Still && ground.is_of_project(&container.labels)
        });
        running.extend(ours.filter_map(|container| container.labels.get(SERVICE).cloned()));
    }
    running
}

/// One container that is followed.
#[derive(Clone, Copy)]
struct One<'a> {
    engine: &'a Engine,
    container: &'a Container,
    listener: &'a dyn Listener,
}

impl One<'_> {
    async fn follow(self, mut stop: watch::Receiver<bool>) -> Result<i64, Trouble> {
        let began = SystemTime::now();
        let ran_before = self.container.state != State::Still;
        let mut end = std::pin::pin!(self.to_the_end(ran_before));
        tokio::select! {
            code = &mut end => return self.judged(code?, began).await,
            // An asker that is gone has no more to ask.
            Ok(_) = stop.wait_for(|asked| *asked) => {}
        }
        if ran_before {
            self.listener.say("it ran before and is left running");
            return Ok(0);
        }
        let patience = self.engine.patience_of(&self.container.id).await.unwrap_or(LONG);
        self.listener.say(&format!("stopping (up to {} s)", whole_seconds(patience)));
        let stopped = self.engine.stop(&self.container.id, patience + ANSWER);
        let (stopped, code) = tokio::join!(stopped, end);
        stopped?;
        code
    }

    /// Follows it through restarts by the engine to its end.
    async fn to_the_end(self, runs: bool) -> Result<i64, Trouble> {
        let id = &self.container.id;
        let mut output = self.engine.attach(id).await?;
        if runs {
            self.listener.say("it runs already; what it writes from now on is shown");
        } else {
            self.engine.start(id).await?;
        }
        loop {
            while let Some(next) = output.next().await {
                let next = next.map_err(|error| cut(&error))?;
                let (error, bytes) = piece(&next);
                self.listener.output(error, bytes);
            }
            if let Life::Over(code) = self.engine.life(id).await? {
                return Ok(code);
            }
            tokio::time::sleep(PAUSE).await;
            output = self.engine.attach(id).await?;
        }
    }

    /// A container that somebody stopped by the engine did not fail.
    async fn judged(&self, code: i64, since: SystemTime) -> Result<i64, Trouble> {
        if code == 0 || !self.engine.was_told(&self.container.id, since).await {
            return Ok(code);
        }
        self.listener.say(&format!("somebody stopped the container (exit code {code})"));
        Ok(0)
    }
}
