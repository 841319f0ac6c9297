//! All that can be asked. A handler and its description are one thing, so that
//! none is missing from the document.

use super::{Shared, events, failure, logs, processes, run, services};
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What can be asked of a devsup supervisor, over its unix socket.
///
/// Every answer carries `version`, the version of its form; this is version 1.
/// Streams are one JSON object a line, or server-sent events for clients that
/// accept `text/event-stream`.
#[derive(OpenApi)]
#[openapi(info(title = "devsup"))]
struct Document;

/// The routes, and nothing behind them yet.
pub(super) fn router() -> Router<Shared> {
    let (router, _) = described().split_for_parts();
    router
        .route("/openapi.json", get(openapi))
        .route("/api/processes", get(processes::processes))
        .route("/api/processes/kill", post(processes::kill))
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method)
}

/// The document that describes them, as JSON.
pub fn document() -> String {
    let (_, document) = described().split_for_parts();
    let text = document.to_pretty_json();
    // Never seen: the document can always be written.
    text.unwrap_or_default() + "\n"
}

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(run::hello))
        .routes(routes!(services::services))
        .routes(routes!(services::service))
        .routes(routes!(services::start))
        .routes(routes!(services::stop))
        .routes(routes!(services::restart))
        .routes(routes!(services::signal))
        .routes(routes!(services::wait))
        .routes(routes!(processes::processes))
        .routes(routes!(processes::kill))
        .routes(routes!(events::events))
        .routes(routes!(logs::logs))
        .routes(routes!(run::down))
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}
