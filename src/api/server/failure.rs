//! Refusals as answers.

use crate::api::{Code, Failure, Fault, VERSION};
use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = match self.code {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::NotFound | Code::Version | Code::UnknownService => StatusCode::NOT_FOUND,
            Code::Stopping | Code::Conflict => StatusCode::CONFLICT,
            Code::Silent => StatusCode::GATEWAY_TIMEOUT,
            Code::TooMany => StatusCode::SERVICE_UNAVAILABLE,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::NotRunning => StatusCode::SERVICE_UNAVAILABLE,
            Code::Unreadable | Code::Other => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(Failure::from(self))).into_response()
    }
}

/// The answer for a path that is not there.
pub(super) async fn no_such_path(uri: Uri) -> Fault {
    let path = uri.path();
    let asked = path.strip_prefix("/v").and_then(|rest| rest.split('/').next());
    match asked.and_then(|number| number.parse::<u32>().ok()) {
        Some(asked) if asked != VERSION => other_version(asked),
        _ => Fault::new(Code::NotFound, format!("there is no `{path}`"))
            .with_hint("`GET /openapi.json` says what there is"),
    }
}

fn other_version(asked: u32) -> Fault {
    let own = env!("CARGO_PKG_VERSION");
    let words = format!(
        "this supervisor (devsup {own}) speaks version {VERSION} of the API, not version {asked}"
    );
    Fault::new(Code::Version, words)
        .with_hint("use the devsup that it was started with, or start it anew")
}

/// The answer for a path that is there, but not for this method.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> Response {
    let words = format!("`{method}` can't be used on `{}`", uri.path());
    let fault = Fault::new(Code::BadRequest, words);
    (StatusCode::METHOD_NOT_ALLOWED, Json(Failure::from(fault))).into_response()
}
