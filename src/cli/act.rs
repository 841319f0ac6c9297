//! `devsup start`, `stop`, `restart` and `kill`: one service at a time, as the
//! supervisor is told, and then a wait for all of them.

use super::{Common, args, running};
use crate::api::client::{Client, ClientError, PATIENCE, escaped};
use crate::api::{KillWish, Services};
use crate::exit::Status;
use crate::model::Phase;
use crate::ui::{self, style::Look};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Stop,
    Restart,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    fn until(self) -> &'static str {
        match self {
            Self::Start | Self::Restart => "ready",
            Self::Stop => "down",
        }
    }
}

/// Does it, and waits for what comes of it.
pub(super) fn run(common: &Common, verb: Verb, typed: &args::Act) -> Status {
    let done = running::find(common, &typed.place.file).and_then(|(_, client)| {
        act(&client, verb, typed).map_err(|error| running::refused(&error))
    });
    match done {
        Ok(services) => shown(&services, verb, typed, Look::of_stderr(common.colour)),
        Err(status) => status,
    }
}

fn act(client: &Client, verb: Verb, typed: &args::Act) -> Result<Services, ClientError> {
    let mut said = None;
    for name in &typed.names {
        let target = format!("/v1/services/{}/{}", escaped(name), verb.word());
        said = Some(client.post::<Services>(&target, &(), PATIENCE)?);
    }
    match said {
        Some(services) if typed.no_wait => Ok(services),
        _ => running::wait(client, &typed.names, verb.until(), typed.timeout, |all| {
            is_over(all, verb)
        }),
    }
}

fn is_over(all: &Services, verb: Verb) -> bool {
    all.services.iter().all(|one| match verb {
        Verb::Start | Verb::Restart => one.ready || one.is_down(),
        Verb::Stop => one.is_down(),
    })
}

fn shown(services: &Services, verb: Verb, typed: &args::Act, look: Look) -> Status {
    for one in &services.services {
        ui::err(&ui::services::line(one, look));
    }
    let failed = services.services.iter().any(|one| one.state == Phase::Failed);
    match verb {
        _ if typed.no_wait => Status::Ok,
        Verb::Start | Verb::Restart if failed => Status::Error,
        _ if is_over(services, verb) => Status::Ok,
        Verb::Start | Verb::Restart => Status::NotReady,
        Verb::Stop => Status::Error,
    }
}

/// `devsup kill`
pub(super) fn kill(common: &Common, typed: &args::Kill) -> Status {
    let client = match running::find(common, &typed.place.file) {
        Ok((_, client)) => client,
        Err(status) => return status,
    };
    let look = Look::of_stderr(common.colour);
    let mut status = Status::Ok;
    for name in &typed.names {
        let wish = KillWish { name: name.clone(), signal: typed.signal };
        match client.post::<Services>("/v1/kill", &wish, PATIENCE) {
            Ok(services) => services.services.iter().for_each(|one| {
                ui::err(&ui::services::signalled(one, typed.signal, look));
            }),
            Err(error) => status = running::refused(&error),
        }
    }
    status
}
