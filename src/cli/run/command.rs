//! The command itself: in this terminal, with the project's variables and the
//! run's marker, so that what it leaves behind is found.

use super::super::args;
use super::plan::Plan;
use crate::exit::Status;
use crate::model::{Outcome, RunId, Signal};
use crate::os::foreground::{Foreground, Program};
use crate::os::launch::find_program;
use crate::os::marker::{Marker, ProjectKey};
use crate::supervise;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

/// What shells say of a program that is not there, and of one that can't be
/// executed.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;
/// How long it may take to end when its time is over.
const GRACE: Duration = Duration::from_secs(3);

/// Starts it.
pub(super) fn start(
    plan: &Plan,
    typed: &args::Run,
    root: &Path,
    run: RunId,
) -> Result<Foreground, (Status, String)> {
    let environment = environment(plan, run);
    let path = environment.get(OsStr::new("PATH")).and_then(|path| path.to_str());
    let path = path.unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let name = typed.command.first().cloned().unwrap_or_default();
    let file =
        find_program(&name.to_string_lossy(), path, &plan.start).map_err(
            |missing| match &missing.not_executable {
                Some(file) => (
                    Status::Passed(NOT_EXECUTABLE),
                    format!("`{}` is not executable (try `chmod +x {0}`)", file.display()),
                ),
                None => (
                    Status::Passed(NOT_FOUND),
                    format!("command not found: `{}` (PATH: {path})", name.display()),
                ),
            },
        )?;
    let program = Program {
        file,
        arguments: typed.command.clone(),
        environment: environment.into_iter().collect(),
        directory: plan.start.clone(),
    };
    let error = |error: std::io::Error| {
        (Status::Passed(NOT_EXECUTABLE), format!("`{}` can't be executed: {error}", name.display()))
    };
    let key = ProjectKey::of(root).map_err(error)?;
    Foreground::start(&program, Marker::new(key, run)).map_err(error)
}

fn environment(plan: &Plan, run: RunId) -> BTreeMap<OsString, OsString> {
    let (own, outer) = supervise::os_environment();
    let mut all: BTreeMap<OsString, OsString> = own.into_iter().collect();
    for variable in &plan.environment {
        all.insert(variable.name.clone().into(), variable.value.clone().into());
    }
    for (name, port) in supervise::siblings(&plan.project) {
        all.entry(name.into()).or_insert_with(|| port.into());
    }
    let chain = outer.map_or_else(|| run.to_string(), |outer| format!("{outer}/{run}"));
    all.insert("DEVSUP_RUN_ID".into(), chain.into());
    all.insert("DEVSUP_PROJECT".into(), plan.project.name.clone().into());
    all
}

/// Waits until it has ended; whether that was because its time was over.
pub(super) fn wait(running: &mut Foreground, time: Option<Duration>) -> (Outcome, bool) {
    let deadline = time.map(|time| Instant::now() + time);
    if let Some(outcome) = running.wait(deadline).unwrap_or(Some(Outcome::Unknown)) {
        return (outcome, false);
    }
    running.signal(Signal::Term);
    let polite = running.wait(Some(Instant::now() + GRACE)).unwrap_or(Some(Outcome::Unknown));
    let outcome = polite.unwrap_or_else(|| {
        running.signal(Signal::Kill);
        running.wait(None).ok().flatten().unwrap_or(Outcome::Unknown)
    });
    (outcome, true)
}

/// The status that a shell would give it.
pub(super) fn code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Exited(code) => u8::try_from(code).unwrap_or(1),
        Outcome::Signaled(number) => u8::try_from(128 + number).unwrap_or(1),
        Outcome::Unknown => 1,
    }
}
