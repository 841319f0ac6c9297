//! The run as a whole: who is there, and its stop.

use super::extract::Sent;
use super::stream::Form;
use super::{Shared, services::ask};
use crate::api::desk::Ask;
use crate::api::{Failure, Fault, Greeting, Reply, StopWish};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::stream;
use std::convert::Infallible;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

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

async fn next(
    mut told: UnboundedReceiver<Reply>,
    form: Form,
) -> Option<(Result<Vec<u8>, Infallible>, UnboundedReceiver<Reply>)> {
    let reply = told.recv().await?;
    let mut line = Vec::new();
    form.put(&reply, "", &mut line);
    Some((Ok(line), told))
}
