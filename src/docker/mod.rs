//! Containers: finds the compose projects of a directory on the container
//! engines of this machine, stops and removes them, and leaves everybody
//! else's alone. It speaks the engine's own API, so it needs neither `docker`
//! nor any compose tool. It must not know of processes, ledgers or terminals.

mod claim;
mod engine;
mod hurry;
mod name;
mod order;
mod place;
mod plan;
mod service;
mod tear;

pub use hurry::Hurry;
pub use place::Unreachable;
pub use service::{FollowError, Listener, ServiceContainers, running_services};

use crate::model::{Compose, ContainerStep, Reach, RunId, Teardown};
use claim::{Ground, resolved, surroundings};
use engine::{ANSWER, Engine, QUICK_ANSWER, Trouble, whole_seconds};
use futures_util::future::join_all;
use hurry::Limits;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tear::Work;

/// How long the containers of a project may take, unless somebody says
/// otherwise. A container that asks for more is killed before its time.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The same, where they are killed at once.
pub const FORCED_DEADLINE: Duration = Duration::from_secs(4);

/// How often it is asked whether somebody has lost patience.
const GLANCE: Duration = Duration::from_millis(50);

/// What is to be torn down, and how.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Wish {
    /// The project's directory.
    pub root: PathBuf,
    /// The configured compose project, if there is one.
    pub compose: Option<Compose>,
    /// Remove volumes too, named ones of the project and anonymous ones of its
    /// containers.
    pub volumes: bool,
    /// Which containers of the project are meant.
    pub reach: Reach,
    /// Whether there is reason to think that containers of ours are there, so
    /// that an engine which takes its time is worth a longer wait.
    pub expected: bool,
    /// Our runs: containers labelled `devsup.run=ID` are ours too.
    pub runs: Vec<RunId>,
    /// The environment that says where the engine is (`DOCKER_HOST`, `HOME`,
    /// `XDG_RUNTIME_DIR` and others).
    pub environment: Vec<(String, String)>,
    /// Only look.
    pub dry_run: bool,
    /// Kill at once.
    pub force: bool,
    /// Rung by somebody who lost patience: from then on as `force`.
    pub hurry: Hurry,
    /// How long everything may take, greetings included. Shortly before, what
    /// still runs is killed.
    pub deadline: Duration,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// No engine could be asked.
    NoEngine(Unreachable),
    /// Nothing of ours was there; what was spared stands inside.
    NothingToDo(Teardown),
    /// Something was done, or could not be done.
    Done(Teardown),
}

/// Tears down what is wished for, on every engine that can be asked, and tells
/// each step as it happens. Runs on any Tokio runtime with I/O and time, on one
/// thread of it; ends within the wish's deadline. Dropped halfway, it leaves
/// nothing behind that a second call would not find.
pub async fn tear_down(wish: &Wish, progress: &mut dyn FnMut(ContainerStep)) -> Outcome {
    let began = Instant::now();
    let addresses = match place::addresses(&wish.environment) {
        Ok(addresses) => addresses,
        Err(unreachable) => return Outcome::NoEngine(unreachable),
    };
    if wish.force {
        wish.hurry.ask();
    }
    let limits = Limits::new(wish.hurry.clone(), wish.deadline);
    let ground = wish.ground();
    let listener: tear::Listener = RefCell::new(progress);
    let work = addresses.iter().map(|address| async {
        let patient = wish.expected && !wish.force;
        let greeting = limits.for_answer(if patient { ANSWER } else { QUICK_ANSWER });
        let engine = Engine::greet(address, greeting).await?;
        let (ground, limits, listener) = (&ground, &limits, &listener);
        let volumes = wish.volumes;
        let work = Work { engine: &engine, ground, limits, listener, volumes };
        let done = if wish.dry_run { work.rehearse().await } else { work.tear().await };
        done.map(|torn| Teardown { engines: vec![engine.at.clone()], ..torn })
            .map_err(|trouble| unanswered(&engine.at, &trouble))
    });
    let mut outcome = summed(join_all(work).await, wish.dry_run);
    if let Outcome::Done(torn) | Outcome::NothingToDo(torn) = &mut outcome {
        torn.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
    outcome
}

/// The same for callers without a runtime: makes one of its own, on this
/// thread. Must not be called from within a runtime.
pub fn tear_down_blocking(wish: &Wish, progress: &mut dyn FnMut(ContainerStep)) -> Outcome {
    tear_down_watched(wish, &|| false, progress)
}

/// The same where somebody may lose patience: `hurried` is asked now and then
/// whether they have.
pub fn tear_down_watched(
    wish: &Wish,
    hurried: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(ContainerStep),
) -> Outcome {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(async {
                tokio::select! {
                    outcome = tear_down(wish, progress) => outcome,
                    never = watch(hurried, &wish.hurry) => match never {},
                }
            });
            // Looking up a host name may hang in a thread of the runtime; the
            // answer is known, so nobody waits for it.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Outcome::NoEngine(Unreachable::Broken {
            at: "this machine".to_owned(),
            why: format!("no event loop: {error}"),
        }),
    }
}

/// [`running_services`] for callers without a runtime.
pub fn running_services_blocking(wish: &Wish) -> BTreeSet<String> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return BTreeSet::new();
    };
    let running = runtime.block_on(running_services(wish));
    runtime.shutdown_background();
    running
}

/// Rings the bell once `hurried` says so. Whoever loses patience does so in a
/// signal handler, which can't ring it.
async fn watch(hurried: &dyn Fn() -> bool, hurry: &Hurry) -> Infallible {
    loop {
        tokio::time::sleep(GLANCE).await;
        if hurried() {
            hurry.ask();
            return std::future::pending().await;
        }
    }
}

impl Wish {
    /// A plain `down` of the project in a directory: politely, and without its
    /// volumes.
    pub fn new(root: PathBuf, environment: Vec<(String, String)>) -> Self {
        Self {
            root,
            compose: None,
            volumes: false,
            reach: Reach::Project,
            expected: false,
            runs: Vec::new(),
            environment,
            dry_run: false,
            force: false,
            hurry: Hurry::default(),
            deadline: DEADLINE,
        }
    }

    fn ground(&self) -> Ground {
        let root = resolved(&self.root);
        let file = self.compose.as_ref().map(|compose| compose.file.as_path());
        Ground {
            usual_name: name::project_name(&root, file, &self.environment),
            file: file.map(resolved),
            project: self.compose.as_ref().and_then(|compose| compose.project.clone()),
            runs: self.runs.clone(),
            reach: self.reach.clone(),
            surroundings: surroundings(),
            root,
        }
    }
}

/// One outcome of all engines'. An engine that could not be asked beside one
/// that could is a note: the other may be all there is to it.
fn summed(results: Vec<Result<Teardown, Unreachable>>, dry_run: bool) -> Outcome {
    let mut sum = Teardown { dry_run, ..Teardown::default() };
    let mut trouble = Vec::new();
    for result in results {
        match result {
            Ok(torn) => {
                sum.engines.extend(torn.engines);
                sum.gone.extend(torn.gone);
                sum.left.extend(torn.left);
                sum.spared.extend(torn.spared);
                sum.notes.extend(torn.notes);
            }
            Err(unreachable) => trouble.push(unreachable),
        }
    }
    if sum.engines.is_empty() {
        let first = trouble.into_iter().next();
        return Outcome::NoEngine(first.unwrap_or(Unreachable::Absent));
    }
    let odd = trouble.iter().filter(|each| !each.is_absent());
    sum.notes.extend(odd.map(ToString::to_string));
    if sum.is_nothing() { Outcome::NothingToDo(sum) } else { Outcome::Done(sum) }
}

fn unanswered(at: &str, trouble: &Trouble) -> Unreachable {
    let at = at.to_owned();
    match trouble {
        Trouble::Silent(patience) => Unreachable::Silent { at, seconds: whole_seconds(*patience) },
        other => Unreachable::Broken { at, why: other.to_string() },
    }
}
