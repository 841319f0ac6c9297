//! Answers without an end: a line of JSON for each record, or server-sent
//! events for those who accept them.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;

/// How often a client that waits for server-sent events hears that we live.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object a line.
    Lines,
    /// Server-sent events.
    Events,
}

impl Form {
    /// What the client accepts.
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let events = accept.is_some_and(|accept| accept.contains("text/event-stream"));
        if events { Self::Events } else { Self::Lines }
    }

    /// Writes a record; `id` is what a client resumes from.
    pub fn put(self, record: &impl Serialize, id: &str, to: &mut Vec<u8>) {
        let start = to.len();
        if self == Self::Events {
            if !id.is_empty() {
                to.extend_from_slice(format!("id: {id}\n").as_bytes());
            }
            to.extend_from_slice(b"data: ");
        }
        if serde_json::to_writer(&mut *to, record).is_err() {
            // Never seen: every record can be written.
            return to.truncate(start);
        }
        to.extend_from_slice(if self == Self::Events { b"\n\n" } else { b"\n" });
    }

    /// What says only that we live; nothing where that can't be said.
    pub fn heartbeat(self) -> &'static [u8] {
        match self {
            Self::Lines => b"",
            Self::Events => b":\n\n",
        }
    }

    /// The answer that such a stream of written records is.
    pub fn answer(
        self,
        records: impl Stream<Item = Result<Vec<u8>, Infallible>> + Send + 'static,
    ) -> Response {
        let kind = match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        };
        let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
        (headers, Body::from_stream(records)).into_response()
    }
}

/// The place to go on from that a client of server-sent events names by itself
/// when it connects again.
pub(super) fn last_event_id(headers: &HeaderMap) -> Option<String> {
    headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned)
}
