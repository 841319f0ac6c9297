//! The vocabulary of devsup and every decision it makes, pure: no clock, no
//! I/O, no runtime, nothing of the other rooms. What stands here can be tested
//! by calling it.

mod client;
mod compose;
mod container;
mod graph;
mod name;
pub mod order;
mod pid;
mod progress;
mod project;
mod report;
mod restart;
mod secret;
mod select;
mod shell;
mod signal;
mod state;

pub use client::Client;
pub use compose::{ComposeService, Recipe, USUAL_GRACE, add_compose, want_compose};
pub use container::{
    Claim, ContainerStep, Ending, Gone, Haste, Left, Reach, SparedThing, Teardown, Thing,
    ThingKind, WhySpared,
};
pub use graph::{Cycle, start_order, stop_levels};
pub use name::{BadName, InstanceName, RunId, ServiceName};
pub use pid::Pid;
pub use progress::{Named, Progress, Waited};
pub use project::{
    Command, Compose, Condition, ContainerCheck, Dependency, Healthcheck, HttpCheck, LogRules,
    Origin, Patterns, Port, Probe, Project, ProjectKind, Restart, RestartPolicy, Role, Service,
    ShutdownRules, StopPlan, Tty, Variable,
};
pub use report::{Evidence, Fate, Freed, Hit, Report, Spared, Strays, Survivor, Verdict};
pub use secret::{MASK, Secrets, is_secret_name};
pub use select::{Selection, Unknown, select};
pub use shell::{exec_prefix, first_word};
pub use signal::{BadSignal, Signal};
pub use state::{Effect, End, Event, Failure, Health, Outcome, Phase, Rules, State, Then, step};
