//! `devsup reload`: the supervisor of this project goes on as this program.

use super::{Common, args, down, failed, running};
use crate::api::client::{Client, ClientError};
use crate::api::{Greeting, ReloadWish};
use crate::exit::Status;
use crate::ledger::{self, Location};
use crate::os::marker::ProjectKey;
use crate::supervise::FORM;
use crate::ui;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the supervisor may take to find its moment.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the new program may take to answer.
const TAKE_OVER: Duration = Duration::from_secs(10);
/// How often it is asked.
const AGAIN: Duration = Duration::from_millis(20);

/// Asks for it, and waits until the new program answers.
pub fn run(common: &Common, typed: &args::Reload) -> Status {
    let start = match common.start_dir() {
        Ok(start) => start,
        Err(why) => return failed(&why),
    };
    let began = Instant::now();
    match reload(&down::root_of(&start, &typed.file)) {
        Ok(now) => {
            let (version, pid) = (&now.devsup, now.pid);
            let took = began.elapsed().as_millis();
            ui::err(&format!("devsup {version} goes on as pid {pid} (in {took} ms)"));
            Status::Ok
        }
        Err(error @ ClientError::Absent) => running::refused(&error),
        Err(error) => {
            let hint = error.hint().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
            failed(&format!("{error}{hint}"))
        }
    }
}

fn reload(root: &Path) -> Result<Greeting, ClientError> {
    let program = std::env::current_exe().map_err(ClientError::Io)?;
    // One that was replaced since it was started has another name by now.
    program.metadata().map_err(ClientError::Io)?;
    let (_, client) = find(root)?;
    let devsup = env!("CARGO_PKG_VERSION").to_owned();
    let wish = ReloadWish { program, devsup, form: FORM };
    let before: Greeting = client.post("/v1/reload", &wish, PATIENCE)?;
    let deadline = Instant::now() + TAKE_OVER;
    loop {
        match client.hello(deadline) {
            Ok(now) if now.handed_over > before.handed_over => return Ok(now),
            // It answers as the old one, so this could not be executed.
            Ok(now) if !now.handing_over => return Err(not_done()),
            Ok(_) if Instant::now() >= deadline => return Err(not_done()),
            Err(error) if Instant::now() >= deadline => return Err(error),
            Ok(_) | Err(_) => std::thread::sleep(AGAIN),
        }
    }
}

fn not_done() -> ClientError {
    let words = "the supervisor could not become this program and goes on as it was";
    ClientError::Refused(crate::api::Fault::new(crate::api::Code::Conflict, words))
}

fn find(root: &Path) -> Result<(Greeting, Client), ClientError> {
    let root = root.canonicalize().map_err(ClientError::Io)?;
    let Ok(Some(location)) = Location::find(&root) else { return Err(ClientError::Absent) };
    let key = ProjectKey::of(&root).map_err(ClientError::Io)?;
    let recorded = ledger::read(&location).book.and_then(|book| book.header.socket);
    Client::find(key, &root, recorded.as_deref(), running::PATIENCE)
}
