//! What services wrote, from their log files, as `devsup logs` reads them. The
//! stream never waits for anybody, and nothing is kept for a reader but a place
//! in the files: who is slow reads later, and who comes back goes on where he
//! was.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use super::extract::Asked;
use super::stream::{Form, HEARTBEAT, last_event_id};
use super::{Shared, over};
use crate::api::{Code, Failure, Fault, LogLine, Services, VERSION};
use crate::log::read::{Line, Position, Stamp};
use crate::log::{Logs, Query, ReadError, plain};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::stream;
use jiff::Timestamp;
use regex::bytes::Regex;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use utoipa::IntoParams;

/// Bytes in one piece of the answer.
const PIECE: usize = 32 * 1024;
/// How long a follower rests before it looks again, and how much longer for
/// each of the others: so many of them do no more than one.
const PACE: Duration = Duration::from_millis(10);
const PACE_EACH: Duration = Duration::from_millis(1);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Services or instances, with commas between them; all, if it is left out.
    name: Option<String>,
    /// Whether to go on with what is written next; `false` if it is left out.
    follow: Option<bool>,
    /// Only so many of the last lines of each instance.
    tail: Option<usize>,
    /// Only lines from this time on, RFC 3339.
    #[param(value_type = Option<String>)]
    since: Option<Timestamp>,
    /// Only lines up to this time, RFC 3339.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// Only lines that match this regular expression, colours left out.
    grep: Option<String>,
    /// Whether lines come as they were written, colours and all other escape
    /// sequences included; without them if it is left out.
    colours: Option<bool>,
    /// Only what came after these places: the `cursor` of the last line of each
    /// instance, with commas between them.
    cursor: Option<String>,
}

/// What services wrote, an object for each line, several merged in the order of
/// their times.
#[utoipa::path(get, path = "/v1/logs", params(Wanted), responses(
    (status = 200, description = "a line a line, or server-sent events",
        body = LogLine<'static>, content_type = "application/x-ndjson"),
    (status = 400, body = Failure), (status = 404, body = Failure)))]
pub(super) async fn logs(
    State(shared): State<Shared>,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let seen = super::services::seen(&shared.desk).await?;
    let names = wanted.name.as_deref().unwrap_or_default();
    let names: Vec<String> =
        names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if let Some(name) = names.iter().find(|name| seen.named(name).next().is_none()) {
        return Err(super::services::unknown(&seen, name));
    }
    let cursor = last_event_id(&headers).or(wanted.cursor);
    let query = Query {
        tail: wanted.tail,
        since: wanted.since.map(Stamp::of),
        until: wanted.until.map(Stamp::of),
        grep: wanted.grep.as_deref().map(pattern).transpose()?,
    };
    let form = Form::of(&headers);
    let reading = Reading {
        logs: Logs::new(query, true),
        form,
        names,
        cursors: cursors(cursor.as_deref().unwrap_or_default())?,
        sources: Vec::new(),
        refused: Vec::new(),
        colours: wanted.colours.unwrap_or(false),
    };
    let follower = wanted.follow.unwrap_or(false).then(|| Follower::new(&shared.followers));
    let told = Told { reading: Some(reading), form, follower, shared };
    Ok(form.answer(stream::unfold(told, Told::next)))
}

fn pattern(text: &str) -> Result<Regex, Fault> {
    Regex::new(text).map_err(|error| Fault::new(Code::BadRequest, error.to_string()))
}

/// `web@PLACE,api@PLACE`.
fn cursors(text: &str) -> Result<BTreeMap<String, Position>, Fault> {
    let one = |text: &str| {
        let (name, place) = text.split_once('@')?;
        Some((name.to_owned(), place.parse().ok()?))
    };
    let each = text.split(',').filter(|text| !text.is_empty()).map(|text| {
        one(text).ok_or_else(|| Fault::new(Code::BadRequest, format!("`{text}` is no cursor")))
    });
    each.collect()
}

/// One who follows, as long as he does.
struct Follower(Arc<AtomicUsize>);

impl Follower {
    fn new(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(all))
    }

    fn pace(&self) -> Duration {
        let others = u32::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        PACE + PACE_EACH.saturating_mul(others)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The stream of one client.
struct Told {
    /// `None` once there is no more.
    reading: Option<Reading>,
    form: Form,
    follower: Option<Follower>,
    shared: Shared,
}

impl Told {
    async fn next(mut self) -> Option<(Result<Vec<u8>, Infallible>, Self)> {
        loop {
            let reading = self.reading.take()?;
            // Asked for before the files are read: what is written meanwhile is
            // a reason to look again.
            let logged = Arc::clone(self.shared.desk.logged());
            let written = logged.notified();
            tokio::pin!(written);
            written.as_mut().enable();
            let ends = self.follower.is_none() || *self.shared.closing.borrow();
            let services = self.shared.desk.services().await?;
            let read = move || reading.read(&services, ends);
            let (reading, piece, more) = tokio::task::spawn_blocking(read).await.ok()?;
            if more || !ends {
                self.reading = Some(reading);
            }
            if !piece.is_empty() {
                return Some((Ok(piece), self));
            }
            if more {
                continue;
            }
            let follower = self.follower.as_ref().filter(|_| !ends)?;
            let pace = follower.pace();
            let mut quiet = false;
            tokio::select! {
                () = &mut written => tokio::time::sleep(pace).await,
                () = over(&mut self.shared.closing) => {}
                () = tokio::time::sleep(HEARTBEAT), if self.form == Form::Events => quiet = true,
            }
            if quiet {
                return Some((Ok(self.form.heartbeat().to_vec()), self));
            }
        }
    }
}

/// The files, and how far they were read.
struct Reading {
    logs: Logs,
    form: Form,
    /// Whose lines are wanted; empty: everybody's.
    names: Vec<String>,
    /// Where to begin.
    cursors: BTreeMap<String, Position>,
    sources: Vec<Source>,
    /// Instances whose log can't be read.
    refused: Vec<String>,
    /// Whether escape sequences stay.
    colours: bool,
}

/// An instance with a log.
struct Source {
    service: String,
    instance: String,
    /// The place behind its last line that was told.
    told: Option<Position>,
}

impl Reading {
    /// Reads on: a piece of the answer, and whether there is more already.
    /// `ends`: what has no end now will get none.
    fn read(mut self, services: &Services, ends: bool) -> (Self, Vec<u8>, bool) {
        let mut piece = Vec::new();
        let more = self.fill(services, ends, &mut piece).unwrap_or_else(|error| {
            self.say("", &error.to_string(), &mut piece);
            false
        });
        if !more {
            self.logs.rest();
        }
        (self, piece, more)
    }

    fn fill(
        &mut self,
        services: &Services,
        ends: bool,
        piece: &mut Vec<u8>,
    ) -> Result<bool, ReadError> {
        self.add_new(services, piece);
        for source in self.refreshed()? {
            let instance = self.sources[source].instance.clone();
            self.say(&instance, "lines were rotated away unread", piece);
        }
        while piece.len() < PIECE {
            let Some((at, line)) = self.logs.next_line()? else {
                self.finish(ends, piece);
                return Ok(false);
            };
            let line = line.clone();
            self.tell(at, &line, piece);
        }
        Ok(true)
    }

    /// Looks for new files; whose lines have gone unread. Not before there are
    /// sources, since of those that come later everything is new.
    fn refreshed(&mut self) -> Result<Vec<usize>, ReadError> {
        if self.sources.is_empty() { Ok(Vec::new()) } else { self.logs.refresh() }
    }

    fn finish(&mut self, ends: bool, piece: &mut Vec<u8>) {
        if !ends {
            return;
        }
        while let Some((at, line)) = self.logs.finish(true) {
            let line = line.clone();
            self.tell(at, &line, piece);
        }
    }

    /// Adds the logs that were not there before.
    fn add_new(&mut self, services: &Services, piece: &mut Vec<u8>) {
        for one in &services.services {
            let name = &one.instance;
            let is_known = self.sources.iter().any(|source| source.instance == *name);
            let is_wanted =
                self.names.is_empty() || self.names.iter().any(|name| one.is_called(name));
            if is_known || !is_wanted || self.refused.contains(name) {
                continue;
            }
            let added = match self.cursors.get(name) {
                Some(place) => self.logs.add_at(&one.log, place),
                None => self.logs.add(&one.log),
            };
            let (service, instance) = (one.service.clone(), name.clone());
            match added {
                Ok(()) => self.sources.push(Source { service, instance, told: None }),
                Err(error) => {
                    self.refused.push(instance);
                    self.say(name, &error.to_string(), piece);
                }
            }
        }
    }

    fn tell(&mut self, at: usize, line: &Line, piece: &mut Vec<u8>) {
        self.sources[at].told = self.logs.position(at);
        let source = &self.sources[at];
        let text = if self.colours { Cow::Borrowed(&line.text[..]) } else { plain(&line.text) };
        let cursor = source.told.map(|place| format!("{}@{place}", source.instance));
        let record = LogLine {
            version: VERSION,
            time: line.stamp.as_str().into(),
            service: source.service.as_str().into(),
            instance: source.instance.as_str().into(),
            stream: if line.stderr { "stderr" } else { "stdout" }.into(),
            line: String::from_utf8_lossy(&text),
            partial: line.part,
            cursor: cursor.map(Cow::Owned),
        };
        let id = if self.form == Form::Events { self.cursor() } else { String::new() };
        self.form.put(&record, &id, piece);
    }

    /// The places of all that were told, and of those not yet told.
    fn cursor(&self) -> String {
        let told = self.sources.iter().filter_map(|source| {
            let place = source.told.or_else(|| self.cursors.get(&source.instance).copied())?;
            Some(format!("{}@{place}", source.instance))
        });
        told.collect::<Vec<_>>().join(",")
    }

    /// Says that something is missing.
    fn say(&self, instance: &str, words: &str, piece: &mut Vec<u8>) {
        let record = LogLine {
            version: VERSION,
            time: Stamp::of(Timestamp::now()).as_str().to_owned().into(),
            service: "".into(),
            instance: instance.into(),
            stream: "devsup".into(),
            line: words.into(),
            partial: false,
            cursor: None,
        };
        self.form.put(&record, "", piece);
    }
}
