//! What runs, and what can be done to it.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use super::Shared;
use super::extract::{Asked, Named, Sent};
use crate::api::desk::{Act, Answer, Ask, Desk};
use crate::api::{Code, Failure, Fault, Services};
use crate::model::{Signal, instead};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};

/// How long the loop may take to answer.
const LOOP_TIME: Duration = Duration::from_secs(10);
/// The longest single wait; who wants more asks again.
const LONGEST_WAIT: u64 = 60_000;

/// All services of the run, an object for each instance.
#[utoipa::path(get, path = "/v1/services", responses(
    (status = 200, body = Services), (status = 504, body = Failure)))]
pub(super) async fn services(State(shared): State<Shared>) -> Result<Json<Services>, Fault> {
    seen(&shared.desk).await.map(|services| Json(services.as_ref().clone()))
}

/// The instances of one service, or one instance.
#[utoipa::path(get, path = "/v1/services/{name}",
    params(("name" = String, Path, description = "a service, or an instance as `web.2`")),
    responses((status = 200, body = Services), (status = 404, body = Failure)))]
pub(super) async fn service(
    State(shared): State<Shared>,
    Named(name): Named,
) -> Result<Json<Services>, Fault> {
    let all = seen(&shared.desk).await?;
    only(&all, &[&name]).map(Json)
}

/// Has a service run, with what it depends on.
#[utoipa::path(post, path = "/v1/services/{name}/start",
    params(("name" = String, Path)), responses(
    (status = 200, body = Services), (status = 404, body = Failure),
    (status = 409, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn start(
    State(shared): State<Shared>,
    Named(name): Named,
) -> Result<Json<Services>, Fault> {
    act(&shared.desk, name, Act::Start).await
}

/// Asks a service to stop, and kills what is left of it after its grace. The
/// others go on.
#[utoipa::path(post, path = "/v1/services/{name}/stop",
    params(("name" = String, Path)), responses(
    (status = 200, body = Services), (status = 404, body = Failure),
    (status = 409, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn stop(
    State(shared): State<Shared>,
    Named(name): Named,
) -> Result<Json<Services>, Fault> {
    act(&shared.desk, name, Act::Stop).await
}

/// Stops a service and starts it again; one that is down is started.
#[utoipa::path(post, path = "/v1/services/{name}/restart",
    params(("name" = String, Path)), responses(
    (status = 200, body = Services), (status = 404, body = Failure),
    (status = 409, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn restart(
    State(shared): State<Shared>,
    Named(name): Named,
) -> Result<Json<Services>, Fault> {
    act(&shared.desk, name, Act::Restart).await
}

/// Which signal whom.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KillWish {
    /// A service or an instance.
    pub name: String,
    /// As `SIGHUP`, `HUP` or `1`; SIGKILL if it is left out.
    #[schema(value_type = String)]
    #[serde(default = "kill")]
    pub signal: Signal,
}

fn kill() -> Signal {
    Signal::Kill
}

/// Sends the process group of a service a signal.
#[utoipa::path(post, path = "/v1/kill", request_body = KillWish, responses(
    (status = 200, body = Services), (status = 400, body = Failure),
    (status = 404, body = Failure), (status = 409, body = Failure),
    (status = 504, body = Failure)))]
pub(super) async fn signal(
    State(shared): State<Shared>,
    Sent(wish): Sent<Option<KillWish>>,
) -> Result<Json<Services>, Fault> {
    let missing = || Fault::new(Code::BadRequest, "the body names no service");
    let KillWish { name, signal } = wish.ok_or_else(missing)?;
    act(&shared.desk, name, Act::Signal(signal)).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Awaited {
    /// Services or instances, with commas between them; all, if it is left out.
    names: Option<String>,
    /// For what: `ready` (the default) or `down`.
    #[param(inline)]
    until: Option<Until>,
    /// How long at most, in milliseconds; up to a minute, 10 s if it is left out.
    timeout_ms: Option<u64>,
}

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Until {
    Ready,
    Down,
}

/// Waits until services are ready, or down. Answers what they are then, also
/// when the time was over before.
#[utoipa::path(get, path = "/v1/wait", params(Awaited), responses(
    (status = 200, body = Services), (status = 404, body = Failure),
    (status = 504, body = Failure)))]
pub(super) async fn wait(
    State(shared): State<Shared>,
    Asked(awaited): Asked<Awaited>,
) -> Result<Json<Services>, Fault> {
    let names = awaited.names.as_deref().unwrap_or_default();
    let names: Vec<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
    let until = awaited.until.unwrap_or(Until::Ready);
    let time = Duration::from_millis(awaited.timeout_ms.unwrap_or(10_000).min(LONGEST_WAIT));
    let first = seen(&shared.desk).await?;
    only(&first, &names)?;
    let mut board = shared.desk.look();
    let mut closing = shared.closing;
    let is_so =
        |seen: &Option<Arc<Services>>| seen.as_ref().is_some_and(|all| so(all, &names, until));
    tokio::select! {
        () = async { drop(board.wait_for(is_so).await) } => {}
        () = tokio::time::sleep(time) => {}
        () = super::over(&mut closing) => {}
    }
    let last = seen(&shared.desk).await?;
    only(&last, &names).map(Json)
}

fn so(all: &Services, names: &[&str], until: Until) -> bool {
    let wanted = |one: &&crate::api::Service| {
        names.is_empty() || names.iter().any(|name| one.is_called(name))
    };
    all.services.iter().filter(wanted).all(|one| match until {
        Until::Ready => one.ready || one.is_down(),
        Until::Down => one.is_down(),
    })
}

/// Puts a question to the loop and waits for the answer, but not for ever.
pub(super) async fn ask<T>(
    desk: &Desk,
    question: impl FnOnce(Answer<T>) -> Ask,
) -> Result<T, Fault> {
    ask_within(desk, LOOP_TIME, question).await
}

/// The same for what may take longer.
pub(super) async fn ask_within<T>(
    desk: &Desk,
    time: Duration,
    question: impl FnOnce(Answer<T>) -> Ask,
) -> Result<T, Fault> {
    let (answer, answered) = oneshot::channel();
    if !desk.ask(question(answer)) {
        return Err(gone());
    }
    match tokio::time::timeout(time, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(gone()),
        Err(_) => Err(silent()),
    }
}

async fn act(desk: &Desk, name: String, verb: Act) -> Result<Json<Services>, Fault> {
    let answer = ask(desk, |answer| Ask::Act { name, verb, answer }).await?;
    Ok(Json(answer.as_ref().clone()))
}

pub(super) async fn seen(desk: &Desk) -> Result<Arc<Services>, Fault> {
    let seen = tokio::time::timeout(LOOP_TIME, desk.services()).await;
    seen.map_err(|_| silent())?.ok_or_else(gone)
}

fn only(all: &Services, names: &[&str]) -> Result<Services, Fault> {
    if let Some(name) = names.iter().find(|name| all.named(name).next().is_none()) {
        return Err(unknown(all, name));
    }
    let is_wanted = |one: &crate::api::Service| names.iter().any(|name| one.is_called(name));
    let mut some = all.clone();
    some.services.retain(|one| names.is_empty() || is_wanted(one));
    Ok(some)
}

/// There is no such service, but others.
pub fn unknown(all: &Services, name: &str) -> Fault {
    let mut known: Vec<&str> = all.services.iter().map(|one| one.service.as_str()).collect();
    known.dedup();
    let words = format!("there is no service `{name}`; {}", instead(name, known));
    Fault::new(Code::UnknownService, words)
}

/// The loop has ended.
pub(super) fn gone() -> Fault {
    Fault::new(Code::Stopping, "the run has ended")
}

fn silent() -> Fault {
    let words = format!("the supervisor's loop does not answer within {} s", LOOP_TIME.as_secs());
    Fault::new(Code::Silent, words).with_hint("`devsup down` ends it and everything it started")
}
