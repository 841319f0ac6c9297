//! Carries out a plan on one engine: containers in their order, then networks
//! and volumes, then another look to see that nothing of ours is left. It does
//! not decide whose anything is.

use super::claim::{Ground, PROJECT};
use super::engine::{ANSWER, Engine, Removal, State, Trouble};
use super::hurry::Limits;
use super::order::Order;
use super::plan::{Look, Ours, Plan, plan};
use crate::model::{Claim, ContainerStep, Ending, Gone, Haste, Left, Teardown, Thing, ThingKind};
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::{Instant, interval_at};

/// Looks in a row. What appears while we work (a service that is just running
/// `docker run`) is found by the next one.
const ROUNDS: usize = 3;
/// How often those who are waited for are named.
const TICK: Duration = Duration::from_secs(1);

/// Whom the steps are told to.
pub(super) type Listener<'a> = RefCell<&'a mut dyn FnMut(ContainerStep)>;

/// Everything the work on one engine needs to know.
pub(super) struct Work<'a, 'l> {
    pub engine: &'a Engine,
    pub ground: &'a Ground,
    pub limits: &'a Limits,
    pub listener: &'a Listener<'l>,
    pub volumes: bool,
}

impl Work<'_, '_> {
    /// Looks, and does nothing: what would go, and what would be spared.
    pub async fn rehearse(&self) -> Result<Teardown, Trouble> {
        let plan = self.look().await?;
        let containers = plan.containers.into_iter().map(|ours| {
            let still = ours.container.state == State::Still;
            let ending = if still { Ending::Removed } else { Ending::Stopped };
            Gone { thing: ours.thing, claim: ours.claim, ending, took_ms: 0 }
        });
        let rest = plan.networks.into_iter().chain(plan.volumes);
        let rest =
            rest.map(|(thing, claim)| Gone { thing, claim, ending: Ending::Removed, took_ms: 0 });
        let gone = containers.chain(rest).collect();
        Ok(Teardown { dry_run: true, gone, spared: plan.spared, ..Teardown::default() })
    }

    /// Ends everything of ours.
    pub async fn tear(&self) -> Result<Teardown, Trouble> {
        let mut torn = Teardown::default();
        let mut todo = self.look().await?;
        for _ in 0..ROUNDS {
            torn.spare(std::mem::take(&mut todo.spared));
            if todo.is_empty() {
                return Ok(torn);
            }
            self.carry_out(todo, &mut torn).await;
            todo = match self.look().await {
                Ok(plan) => plan.without(&torn.left),
                Err(trouble) => {
                    torn.notes.push(format!("a last look was not possible: {trouble}"));
                    return Ok(torn);
                }
            };
        }
        let again = "it keeps coming back";
        torn.left.extend(todo.into_things().map(|(thing, claim)| left(thing, claim, again)));
        Ok(torn)
    }

    async fn look(&self) -> Result<Plan, Trouble> {
        let patience = self.limits.for_answer(ANSWER);
        let (containers, networks, volumes) = tokio::join!(
            self.engine.containers(patience),
            self.engine.networks(PROJECT, patience),
            self.engine.volumes(PROJECT, patience),
        );
        let look = Look { containers: containers?, networks: networks?, volumes: volumes? };
        Ok(plan(look, self.ground, self.volumes))
    }

    async fn carry_out(&self, plan: Plan, torn: &mut Teardown) {
        for result in self.end_all(&plan.containers).await {
            result.into_torn(torn);
        }
        let networks = plan.networks.into_iter().map(|each| self.remove_shared(each));
        for result in join_all(networks).await {
            result.into_torn(torn);
        }
        let volumes = plan.volumes.into_iter().map(|each| self.remove_shared(each));
        for result in join_all(volumes).await {
            result.into_torn(torn);
        }
    }

    /// Ends containers side by side, each as soon as its dependents are gone.
    async fn end_all(&self, all: &[Ours]) -> Vec<End> {
        let mut order = Order::of(all.iter().map(|ours| &ours.container.labels));
        let mut waiting: Vec<usize> = (0..all.len()).collect();
        let mut under_way: Vec<usize> = Vec::new();
        let mut ends = FuturesUnordered::new();
        let mut results = Vec::new();
        let began = Instant::now();
        let mut tick = interval_at(began + TICK, TICK);
        loop {
            let now = if self.limits.is_urgent() {
                std::mem::take(&mut waiting)
            } else {
                order.ready(&mut waiting, ends.is_empty())
            };
            for at in now {
                under_way.push(at);
                ends.push(async move { (at, self.end(&all[at]).await) });
            }
            tokio::select! {
                ended = ends.next() => {
                    let Some((at, result)) = ended else { return results };
                    order.ended(at);
                    under_way.retain(|&other| other != at);
                    results.push(result);
                }
                _ = tick.tick() => {
                    let things = under_way.iter().map(|&at| all[at].thing.clone()).collect();
                    self.tell(ContainerStep::Waiting { things, waited: began.elapsed().as_secs() });
                }
            }
        }
    }

    /// Stops and removes one container.
    async fn end(&self, ours: &Ours) -> End {
        let began = Instant::now();
        let haste = match ours.container.state {
            State::Still => None,
            State::Running | State::Paused => self.stop(ours).await.err(),
        };
        if let Some(haste) = haste {
            self.tell(ContainerStep::Killing { thing: ours.thing.clone(), haste });
        }
        let ending = match (ours.container.state, haste) {
            (_, Some(_)) => Ending::Killed,
            (State::Still, None) => Ending::Removed,
            _ => Ending::Stopped,
        };
        // A stopped one may have been started again in between, so what ran
        // is removed by force either way.
        let kill = ours.container.state != State::Still || self.limits.is_urgent();
        let removal = Removal { kill, volumes: self.volumes };
        let patience = self.limits.for_removal();
        let removed = self.engine.remove(&ours.container.id, removal, patience).await;
        self.told(removed, &ours.thing, ours.claim, ending, began)
    }

    /// Asks one container to stop, and waits for it for as long as it may take.
    async fn stop(&self, ours: &Ours) -> Result<(), Haste> {
        if self.limits.is_urgent() {
            return Err(self.limits.haste().await);
        }
        let id = &ours.container.id;
        let asked = async {
            let patience = self.engine.patience_of(id).await;
            let seconds = patience.map(|patience| patience.as_secs());
            self.tell(ContainerStep::Stopping { thing: ours.thing.clone(), patience: seconds });
            if ours.container.state == State::Paused {
                // Podman refuses to stop a frozen container; if thawing fails,
                // so does the stop.
                let _ = self.engine.unpause(id).await;
            }
            // The engine kills by itself when the patience is over; an engine
            // that says nothing some time after that has lost its voice.
            let answer = patience.map_or(Duration::MAX, |patience| patience + ANSWER);
            self.engine.stop(id, answer).await
        };
        tokio::select! {
            haste = self.limits.haste() => Err(haste),
            stopped = asked => match stopped {
                Ok(()) | Err(Trouble::NotThere) => Ok(()),
                Err(_) => Err(Haste::Unanswered),
            },
        }
    }

    async fn remove_shared(&self, (thing, claim): (Thing, Claim)) -> End {
        let began = Instant::now();
        let patience = self.limits.for_removal();
        let removed = match thing.kind {
            ThingKind::Volume => self.engine.remove_volume(&thing.id, patience).await,
            _ => self.engine.remove_network(&thing.id, patience).await,
        };
        self.told(removed, &thing, claim, Ending::Removed, began)
    }

    fn told(
        &self,
        removed: Result<(), Trouble>,
        thing: &Thing,
        claim: Claim,
        ending: Ending,
        began: Instant,
    ) -> End {
        let thing = thing.clone();
        match removed {
            Ok(()) => {
                let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                let gone = Gone { thing, claim, ending, took_ms };
                self.tell(ContainerStep::Gone(gone.clone()));
                End::Gone(gone)
            }
            Err(trouble) => {
                let left = left(thing, claim, &trouble.to_string());
                self.tell(ContainerStep::Left(left.clone()));
                End::Left(left)
            }
        }
    }

    fn tell(&self, step: ContainerStep) {
        (self.listener.borrow_mut())(step);
    }
}

/// What became of one thing.
enum End {
    Gone(Gone),
    Left(Left),
}

impl End {
    fn into_torn(self, torn: &mut Teardown) {
        match self {
            Self::Gone(gone) => torn.gone.push(gone),
            Self::Left(left) => torn.left.push(left),
        }
    }
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// The plan without what could not be ended before.
    fn without(mut self, left: &[Left]) -> Self {
        let new = |thing: &Thing| !left.iter().any(|left| left.thing.id == thing.id);
        self.containers.retain(|ours| new(&ours.thing));
        self.networks.retain(|(thing, _)| new(thing));
        self.volumes.retain(|(thing, _)| new(thing));
        self
    }

    fn into_things(self) -> impl Iterator<Item = (Thing, Claim)> {
        let containers = self.containers.into_iter().map(|ours| (ours.thing, ours.claim));
        containers.chain(self.networks).chain(self.volumes)
    }
}

fn left(thing: Thing, claim: Claim, reason: &str) -> Left {
    Left { thing, claim, reason: reason.to_owned() }
}
