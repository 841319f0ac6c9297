//! Health: who is asked while a unit runs, and what the answers do to it.

use super::fleet::{Fleet, Summary};
use super::input::Input;
use super::{launch, notices};
use crate::log::Watcher;
use crate::model::{Failure, Probe, Project, Service, State, Then};
use crate::probe::{BadCheck, Check, Told, Watch, remove_stale};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// After this long it is said who is still waited for.
pub(super) const SLOW_START: Duration = Duration::from_secs(5);

/// What is known of a unit's health over all its starts.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// What its probe said last.
    pub last: Option<Told>,
    /// How often it was started again because its policy says so.
    pub restarts: u32,
    /// Why it last went down by itself.
    pub last_error: Option<String>,
}

/// Who asks for the health of one start.
#[derive(Debug, Default)]
pub(super) enum Asking {
    /// Nobody: it has no check, or is on its way down.
    #[default]
    Nobody,
    /// A watch that begins with the program.
    Waiting(Box<Watch>),
    /// A watch that asks.
    Going(#[expect(dead_code, reason = "it is only held until it is dropped")] Task),
}

/// A task that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The health checks of a project, by service.
pub type Checks = Vec<Option<Rc<Check>>>;

/// Makes all health checks of a project ready.
///
/// # Errors
/// The first service whose check can't be asked, and why.
pub fn checks(project: &Project) -> Result<Checks, (&Service, BadCheck)> {
    let ready = |service: &Service| {
        let declared = service.healthcheck.as_ref();
        declared.map(|check| Check::new(check, service.startup_timeout).map(Rc::new)).transpose()
    };
    project.services.iter().map(|service| ready(service).map_err(|bad| (service, bad))).collect()
}

impl Fleet {
    /// A watch over the next start of a unit, and what has to see its output.
    pub(super) fn watch_next(&self, at: usize) -> (Asking, Option<Watcher>) {
        let Some(check) = &self.checks[self.units[at].service] else {
            return (Asking::Nobody, None);
        };
        let (watch, matcher) = Watch::new(Rc::clone(check));
        let watcher = matcher
            .map(|mut matcher| -> Watcher { Box::new(move |line: &[u8]| matcher.look(line)) });
        (Asking::Waiting(Box::new(watch)), watcher)
    }

    /// The socket that a killed run of a unit left, so that it can bind again.
    pub(super) fn remove_stale_socket(&self, at: usize) {
        let service = &self.project.services[self.units[at].service];
        let probe = service.healthcheck.as_ref().map(|check| &check.probe);
        let Some(Probe::Unix(path)) = probe else { return };
        if let Err(error) = remove_stale(path) {
            let (path, why) = (path.display(), launch::plain(&error));
            self.hub.say(format!("! the stale socket {path} can't be removed: {why}"));
        }
    }

    /// Begins or ends the asking, as the state of the unit says.
    pub(super) fn ask_or_not(&mut self, at: usize) {
        let unit = &mut self.units[at];
        let (probed, start) = (unit.state.is_probed(), unit.starts);
        let Some(live) = &mut unit.live else { return };
        match std::mem::take(&mut live.asking) {
            Asking::Waiting(watch) if probed => {
                let (orders, answers) = (self.inputs.clone(), self.inputs.clone());
                let task = tokio::task::spawn_local(watch.run(
                    move |order| drop(orders.send(Input::Errand(at, order))),
                    move |told| drop(answers.send(Input::Probed(at, start, told))),
                ));
                live.asking = Asking::Going(Task(task));
            }
            Asking::Going(_) if !probed => {}
            as_before => live.asking = as_before,
        }
    }

    /// Its probe has an answer.
    pub(super) fn probed(&mut self, at: usize, told: Told) {
        let Some(live) = &mut self.units[at].live else { return };
        let healthy = told.health == crate::model::Health::Healthy;
        live.healthy = if healthy { live.healthy.or(Some(Instant::now())) } else { None };
        let event = told.event();
        self.units[at].health.last = Some(told);
        if let Some(event) = event {
            self.apply(at, event);
        }
    }

    /// How long a unit has done what it is for.
    pub(super) fn has_run(&self, at: usize) -> Duration {
        let unit = &self.units[at];
        let Some(live) = &unit.live else { return Duration::ZERO };
        let checked = self.checks[unit.service].is_some();
        let since = if checked { live.healthy } else { Some(live.since) };
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Says what a move means for a unit's health, and remembers the reason.
    pub(super) fn tell_health(&mut self, at: usize, before: &State) {
        let unit = &mut self.units[at];
        if let State::Stopping {
            then:
                Then::Retry { last: Failure::Unhealthy(why), .. } | Then::Fail(Failure::Unhealthy(why)),
            ..
        } = &unit.state
        {
            unit.health.last_error = Some(format!("unhealthy: {why}"));
        }
        let unit = &self.units[at];
        let max = self.project.services[unit.service].restart.max;
        let early = self.summary != Summary::Shown;
        if let Some(words) = notices::health(unit, before, max, early, self.look) {
            // Only of a bad answer is the place the cause.
            let bad = unit.health.last.as_ref().is_some_and(|told| !told.answer.ok);
            let place = self.mismatch(at).filter(|_| bad);
            let hint = place.map(|place| format!("\n  {}", self.look.dim(&place)));
            self.hub.say(words + &hint.unwrap_or_default());
        }
    }
}
