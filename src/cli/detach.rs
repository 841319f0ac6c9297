//! `devsup detach`: has the supervisor start something that belongs to nobody.

use super::{Common, args, down, failed};
use crate::api::client::{self, ClientError};
use crate::api::{Reply, Verb};
use crate::exit::Status;
use crate::os::marker::ProjectKey;
use crate::ui;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How long the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for it and says the pid.
pub fn run(common: &Common, typed: args::Detach) -> Status {
    match ask(common, typed) {
        Ok(Reply::Detached(pid)) => {
            ui::out(&pid.to_string());
            Status::Ok
        }
        Ok(Reply::Error(why)) => failed(&why),
        Ok(_) => failed("the supervisor answers something else than was asked"),
        Err(ClientError::Absent) => {
            ui::error("nothing runs here\n  hint: without a run, start it as you always do");
            Status::NotRunning
        }
        Err(error) => failed(&error.to_string()),
    }
}

fn ask(common: &Common, typed: args::Detach) -> Result<Reply, ClientError> {
    let wrong = |why: String| ClientError::Refused(why);
    let start = common.start_dir().map_err(wrong)?;
    let root = down::root_of(&start, &typed.file);
    let root = root.canonicalize().map_err(ClientError::Io)?;
    let key = ProjectKey::of(&root).map_err(ClientError::Io)?;
    let (_, path) = client::find(key, &root, None, PATIENCE)?;
    let command = typed.command.into_iter().map(text).collect::<Result<_, _>>()?;
    // Its own variables say to whom a process belongs; this one is nobody's.
    let outside = std::env::vars().filter(|(name, _)| !name.starts_with("DEVSUP_"));
    let verb = Verb::Detach { command, directory: start, environment: outside.collect() };
    client::ask(&path, verb)?.next(Instant::now() + PATIENCE)
}

fn text(word: OsString) -> Result<String, ClientError> {
    word.into_string()
        .map_err(|word| ClientError::Refused(format!("`{}` is no UTF-8", word.display())))
}
