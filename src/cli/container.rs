//! `devsup container`: the process that stands for the containers of a compose
//! service. Not for people: `up` starts one a service, in the session and under
//! the guard that every service has, so that its output is in the stream and its
//! end in the order of the stop. It ends when they do, and SIGTERM stops them.

use super::{Common, args, containers, failed};
use crate::docker::{FollowError, Listener, ServiceContainers};
use crate::exit::Status;
use crate::model::Compose;
use crate::ui;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io;
use std::os::unix::net::UnixStream;
use tokio::sync::watch;

/// Follows them to their end.
pub(super) fn run(_common: &Common, typed: args::Container) -> Status {
    let args::Container { service, project_root, file, project } = typed;
    let compose = file.map(|file| Compose {
        file,
        project,
        profiles: Vec::new(),
        start: true,
        down_volumes: false,
    });
    let environment = containers::environment();
    let ours = ServiceContainers::new(project_root, compose, service, environment);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let followed = runtime.and_then(|runtime| runtime.block_on(follow(&ours)));
    match followed {
        Ok(Ok(code)) => u8::try_from(code).map_or(Status::Error, Status::Passed),
        Ok(Err(error)) => failed(&error.to_string()),
        Err(error) => failed(&format!("no event loop: {error}")),
    }
}

async fn follow(ours: &ServiceContainers) -> io::Result<Result<i64, FollowError>> {
    let (asked, stop) = watch::channel(false);
    let (pipe, theirs) = UnixStream::pair()?;
    for number in [SIGTERM, SIGINT] {
        signal_hook::low_level::pipe::register(number, theirs.try_clone()?)?;
    }
    pipe.set_nonblocking(true)?;
    let pipe = tokio::net::UnixStream::from_std(pipe)?;
    let heard = async {
        let _ = pipe.readable().await;
        asked.send_replace(true);
        std::future::pending::<()>().await;
    };
    Ok(tokio::select! {
        code = ours.follow(&Printer, stop) => code,
        () = heard => Ok(0),
    })
}

/// Passes on what containers write, and adds next to nothing.
struct Printer;

impl Listener for Printer {
    fn output(&self, error: bool, piece: &[u8]) {
        if error { ui::err_bytes(piece) } else { ui::out_bytes(piece) }
    }

    fn say(&self, words: &str) {
        ui::err(words);
    }
}
