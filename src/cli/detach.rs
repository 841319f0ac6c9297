//! `devsup detach`: has the supervisor start something that belongs to nobody.

use super::{Common, args, failed, running};
use crate::api::{DetachWish, Detached};
use crate::exit::Status;
use std::ffi::OsString;
use std::time::Duration;

/// How long the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for it and prints the pid.
pub fn run(common: &Common, typed: args::Detach) -> Status {
    let client = match running::find(common, &typed.file) {
        Ok((_, client)) => client,
        Err(status) => return status,
    };
    let wish = match wish(common, typed.command) {
        Ok(wish) => wish,
        Err(why) => return failed(&why),
    };
    match client.post::<Detached>("/v1/detach", &wish, PATIENCE) {
        Ok(detached) => super::data(&format!("{}\n", detached.pid)),
        Err(error) => running::refused(&error),
    }
}

fn wish(common: &Common, command: Vec<OsString>) -> Result<DetachWish, String> {
    let directory = common.start_dir()?;
    let text = |word: OsString| {
        word.into_string().map_err(|word| format!("`{}` is no UTF-8", word.display()))
    };
    let command = command.into_iter().map(text).collect::<Result<_, _>>()?;
    // Its own variables say to whom a process belongs; this one is nobody's.
    let outside = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        (!name.starts_with("DEVSUP_")).then_some((name, value))
    });
    Ok(DetachWish { command, directory, environment: outside.collect() })
}
