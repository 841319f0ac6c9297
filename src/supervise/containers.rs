//! Phase 4 in the loop: the engine is asked in the loop's own runtime, while
//! signals, keys and clients are heard as ever.

use super::fleet::Fleet;
use super::input::Input;
use super::stop::Stopping;
use crate::docker::{self, Outcome, Wish};
use crate::model::{ContainerStep, Progress, Reach};
use crate::shutdown::Errand;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

/// How often it is said that we still wait, so that whoever asked over the
/// socket does not take us for dead.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Which containers go when the run ends: those it has started, or all of the
/// project, if somebody asked for the project to go down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ContainerReach {
    whole: bool,
    volumes: bool,
    /// Somebody has no patience.
    pub force: bool,
}

impl ContainerReach {
    /// Somebody asked for all of the project to go down.
    pub fn whole_project(&mut self, volumes: bool) {
        self.whole = true;
        self.volumes |= volumes;
    }
}

impl Fleet {
    /// What is to become of the containers. What the run is known to have begun
    /// with decides whether an engine is asked at all.
    pub(super) fn errand(&self) -> Errand {
        let header = self.ledger.header();
        let Some(containers) = &header.containers else {
            return Errand::Nothing;
        };
        let by_config = containers.compose.as_ref().is_some_and(|compose| compose.down_volumes);
        let reach =
            if self.reach.whole { Reach::Project } else { Reach::Run(containers.started.clone()) };
        Errand::Remove(Box::new(Wish {
            compose: containers.compose.clone(),
            volumes: self.reach.volumes || by_config,
            reach,
            expected: !containers.started.is_empty(),
            runs: vec![header.run],
            force: self.reach.force,
            deadline: if self.reach.force { docker::FORCED_DEADLINE } else { docker::DEADLINE },
            ..Wish::new(header.root.clone(), self.environment())
        }))
    }

    /// The environment devsup was started in, as far as it is text.
    fn environment(&self) -> Vec<(String, String)> {
        let pairs = self.options.os_environment.iter();
        pairs.filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect()
    }

    /// Does the errand, if there is one. Breaks off where somebody leaves in
    /// the middle of it.
    pub(super) async fn remove_containers(
        &mut self,
        errand: &Errand,
        inputs: &mut UnboundedReceiver<Input>,
    ) -> ControlFlow<(), Option<Outcome>> {
        let Errand::Remove(wish) = errand else { return ControlFlow::Continue(None) };
        self.stopping = Stopping::Containers(wish.hurry.clone());
        let began = Instant::now();
        let mut heartbeat = tokio::time::interval_at(began + HEARTBEAT, HEARTBEAT);
        let (steps, mut said) = unbounded_channel();
        let mut tell = |step| drop(steps.send(step));
        let mut work = std::pin::pin!(docker::tear_down(wish, &mut tell));
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                Some(step) = said.recv() => self.step_of_containers(step),
                Some(input) = inputs.recv() => self.handle(input),
                _ = heartbeat.tick() => {
                    let waited = began.elapsed().as_secs();
                    self.step_of_containers(ContainerStep::Waiting { things: Vec::new(), waited });
                }
            }
            if matches!(self.stopping, Stopping::Left) {
                return ControlFlow::Break(());
            }
        };
        while let Ok(step) = said.try_recv() {
            self.step_of_containers(step);
        }
        ControlFlow::Continue(Some(outcome))
    }

    fn step_of_containers(&mut self, doing: ContainerStep) {
        self.report(vec![Progress::Container { doing }]);
    }
}

fn text(word: &std::ffi::OsString) -> Option<String> {
    word.to_str().map(str::to_owned)
}
