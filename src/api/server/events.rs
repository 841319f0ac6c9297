//! What happens, as it happens.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use super::extract::Asked;
use super::stream::{Form, HEARTBEAT, last_event_id};
use super::{Shared, over};
use crate::api::ring::{From, Ring};
use crate::api::{Code, Event, Failure, Fault};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::IntoParams;

/// Events in one piece of the answer.
const AT_ONCE: usize = 256;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A cursor: what came after it; `start`: all that is kept. Without, what
    /// happens from now on.
    since: Option<String>,
    /// Whether to go on with what happens next; `true` if it is left out.
    follow: Option<bool>,
}

/// What happens in the run, an object for each event.
#[utoipa::path(get, path = "/v1/events", params(Wanted), responses(
    (status = 200, description = "an event a line, or server-sent events",
        body = Event, content_type = "application/x-ndjson"),
    (status = 400, body = Failure)))]
pub(super) async fn events(
    State(shared): State<Shared>,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let ring = Arc::clone(shared.desk.ring());
    let form = Form::of(&headers);
    let since = last_event_id(&headers).or(wanted.since);
    let from = match since.as_deref() {
        None => From::Number(ring.next()),
        Some("start" | "") => From::Number(0),
        Some(cursor) => ring.read_cursor(cursor).ok_or_else(|| bad_cursor(cursor))?,
    };
    // What happens to services is only told while somebody looks at them.
    drop(shared.desk.look());
    let follow = wanted.follow.unwrap_or(true);
    let told = Told { ring, form, from, follow, closing: shared.closing };
    Ok(form.answer(stream::unfold(told, Told::next)))
}

fn bad_cursor(text: &str) -> Fault {
    Fault::new(Code::BadRequest, format!("`{text}` is no cursor"))
        .with_hint("use the `cursor` of an event, or `start`")
}

struct Told {
    ring: Arc<Ring>,
    form: Form,
    from: From,
    follow: bool,
    closing: watch::Receiver<bool>,
}

impl Told {
    async fn next(mut self) -> Option<(Result<Vec<u8>, Infallible>, Self)> {
        loop {
            // Asked first: what happened before the end is told before it.
            let ends = !self.follow || *self.closing.borrow();
            let (events, behind) = self.ring.since(self.from, AT_ONCE);
            self.from = From::Number(behind);
            if !events.is_empty() {
                return Some((Ok(self.written(&events)), self));
            }
            if ends {
                return None;
            }
            let mut quiet = false;
            tokio::select! {
                () = self.ring.reaches(behind) => {}
                () = over(&mut self.closing) => {}
                () = tokio::time::sleep(HEARTBEAT), if self.form == Form::Events => quiet = true,
            }
            if quiet {
                return Some((Ok(self.form.heartbeat().to_vec()), self));
            }
        }
    }

    fn written(&self, events: &[Event]) -> Vec<u8> {
        let mut text = Vec::new();
        for event in events {
            self.form.put(event, &event.cursor, &mut text);
        }
        text
    }
}
