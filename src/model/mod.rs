//! The vocabulary of devsup and every decision it makes, pure: no clock, no
//! I/O, no runtime, nothing of the other rooms. What stands here can be tested
//! by calling it.

mod graph;
mod kill;
mod name;
pub mod order;
mod pid;
mod process;
mod progress;
mod project;
mod report;
mod restart;
mod secret;
mod select;
mod shell;
mod signal;
mod state;
pub mod tree;

pub use graph::{Cycle, start_order, stop_levels};
pub use kill::{Ended, Missed, Plan, Reach, Reason, Target, Untouched};
pub use name::{BadName, InstanceName, RunId, ServiceName};
pub use pid::Pid;
pub use process::{Activity, Filter, Kind, Process, Totals};
pub use progress::{Named, Progress, Waited};
pub use project::{
    Command, Compose, Condition, Dependency, Healthcheck, HttpCheck, LogRules, Origin, Patterns,
    Port, Probe, Project, ProjectKind, Restart, RestartPolicy, Service, ShutdownRules, StopPlan,
    Tty, Variable,
};
pub use report::{Evidence, Freed, Hit, Report, Spared, Survivor, Verdict};
pub use secret::{MASK, Secrets, is_secret_name};
pub use select::{Selection, Unknown, select};
pub use shell::{exec_prefix, first_word};
pub use signal::{BadSignal, Signal};
pub use state::{Effect, End, Event, Failure, Health, Outcome, Phase, Rules, State, Then, step};
