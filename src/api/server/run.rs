//! The run as a whole: who is there, and its stop.

use super::Shared;
use super::extract::Sent;
use super::services::{ask, ask_within};
use super::stream::Form;
use crate::api::desk::Ask;
use crate::api::{
    Code, ConvergeWish, Converged, DetachWish, Detached, Failure, Fault, Greeting, ReloadWish,
    Reply, StopWish,
};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long a moment is waited for at which nothing is on its way; the loop
/// gives up before.
const MOMENT: Duration = Duration::from_secs(25);

/// Who the supervisor is; its loop answers, so that an answer proves that it
/// turns.
#[utoipa::path(get, path = "/v1/hello", responses(
    (status = 200, body = Greeting), (status = 504, body = Failure)))]
pub(super) async fn hello(State(shared): State<Shared>) -> Result<Json<Greeting>, Fault> {
    ask(&shared.desk, Ask::Hello).await.map(Json)
}

/// Stops everything and proves it. Answered by progress, and at last by the
/// report.
#[utoipa::path(post, path = "/v1/down", request_body = Option<StopWish>, responses(
    (status = 200, description = "a step a line, at last the report",
        body = Reply, content_type = "application/x-ndjson"),
    (status = 400, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn down(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Sent(wish): Sent<StopWish>,
) -> Result<Response, Fault> {
    let (answers, told) = unbounded_channel();
    if !shared.desk.ask(Ask::Down(wish, answers)) {
        return Err(super::services::gone());
    }
    let form = Form::of(&headers);
    Ok(form.answer(stream::unfold(told, move |told| next(told, form))))
}

/// Brings what runs to what the config says: starts what is missing, restarts
/// what has changed, and only that. `devsup up` asks this of a project that
/// runs.
#[utoipa::path(post, path = "/v1/converge", request_body = ConvergeWish, responses(
    (status = 200, body = Converged), (status = 400, body = Failure),
    (status = 409, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn converge(
    State(shared): State<Shared>,
    Sent(wish): Sent<Option<ConvergeWish>>,
) -> Result<Json<Converged>, Fault> {
    let missing = || Fault::new(Code::BadRequest, "the body names no project");
    let wish = Box::new(wish.ok_or_else(missing)?);
    ask(&shared.desk, |answer| Ask::Converge(wish, answer)).await.map(|done| Json(*done))
}

/// Has the supervisor go on as another program, mostly a newer devsup, while
/// everything runs. Answered just before it happens; once it has, `handed_over`
/// of `/v1/hello` is higher by one.
#[utoipa::path(post, path = "/v1/reload", request_body = ReloadWish, responses(
    (status = 200, body = Greeting),
    (status = 400, body = Failure), (status = 409, body = Failure),
    (status = 504, body = Failure)))]
pub(super) async fn reload(
    State(shared): State<Shared>,
    Sent(wish): Sent<ReloadWish>,
) -> Result<Json<Greeting>, Fault> {
    ask_within(&shared.desk, MOMENT, |answer| Ask::Reload(wish, answer)).await.map(Json)
}

/// Starts something that no stop of this run ends, and that wears no mark of
/// it: a helper that is shared with others.
#[utoipa::path(post, path = "/v1/detach", request_body = DetachWish, responses(
    (status = 200, body = Detached), (status = 400, body = Failure),
    (status = 409, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn detach(
    State(shared): State<Shared>,
    Sent(wish): Sent<DetachWish>,
) -> Result<Json<Detached>, Fault> {
    if wish.command.is_empty() {
        return Err(Fault::new(Code::BadRequest, "`command` has no program"));
    }
    ask(&shared.desk, |answer| Ask::Detach(wish, answer)).await.map(Json)
}

async fn next(
    mut told: UnboundedReceiver<Reply>,
    form: Form,
) -> Option<(Result<Vec<u8>, Infallible>, UnboundedReceiver<Reply>)> {
    let reply = told.recv().await?;
    let mut line = Vec::new();
    form.put(&reply, "", &mut line);
    Some((Ok(line), told))
}
