//! What a request says, and refusals in our own form where it says it badly.

use crate::api::{Code, Fault};
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Bytes of a body.
const MOST_BYTES: usize = 16 << 20;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The query of a request.
pub(super) struct Asked<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(why) => Err(Fault::new(Code::BadRequest, why.body_text().to_lowercase())),
        }
    }
}

/// The body of a request, JSON; none at all is the default.
pub(super) struct Sent<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let bad = |words: String| Fault::new(Code::BadRequest, words);
        let body = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), MOST_BYTES));
        let body = body.await.map_err(|_| bad("the body did not come in time".to_owned()))?;
        let body = body.map_err(|why| bad(format!("the body can't be read: {why}")))?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        let sent = serde_json::from_slice(&body);
        sent.map(Self).map_err(|why| bad(format!("the body is not understood: {why}")))
    }
}
