//! The processes of the project as a tree, and kills that are aimed at some of
//! them. The loop is only told what is meant to stay down; the look and the
//! kill are the same as without a supervisor.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use super::extract::{Asked, Sent};
use super::services::{ask, seen};
use super::stream::Form;
use super::{Shared, over};
use crate::api::desk::{Act, Ask, Desk};
use crate::api::{Code, Failure, Fault, KillOrder, Killed, Processes, Services, VERSION, unknown};
use crate::inspect::{self, Inspector, Labels, Place};
use crate::model::{Filter, Pid, Reach, Signal, tree};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use utoipa::IntoParams;

/// How often somebody who follows the tree is told.
const TICK: Duration = Duration::from_secs(1);
/// The shortest time between two looks, in milliseconds.
const SHORTEST: u64 = 250;

/// Whoever looks; its lock is held for one look.
pub(super) type Looker = Arc<Mutex<Inspector>>;

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    /// Only of a project of this name.
    project: Option<String>,
    /// Only of this service, or this instance.
    service: Option<String>,
    /// Only of this job.
    job: Option<String>,
    /// Only with this tag.
    tag: Option<String>,
    /// Only this process and all below it.
    pid: Option<i32>,
    /// Only the own processes of services and jobs.
    #[serde(default)]
    leaders_only: bool,
    /// Only those in this directory or below; those that are not ours, too.
    #[param(value_type = Option<String>)]
    cwd: Option<PathBuf>,
    /// For those who follow: time between two looks, in milliseconds; at least
    /// 250, 1000 if it is left out.
    interval_ms: Option<u64>,
}

impl Shown {
    fn filter(&self) -> Result<Filter, Fault> {
        let no_pid = |pid| Fault::new(Code::BadRequest, format!("{pid} is no pid"));
        let pid = self.pid.map(|pid| Pid::new(pid).ok_or_else(|| no_pid(pid))).transpose()?;
        Ok(Filter {
            project: self.project.clone(),
            service: self.service.clone(),
            job: self.job.clone(),
            tag: self.tag.clone(),
            pid,
            leaders_only: self.leaders_only,
            cwd: self.cwd.clone(),
        })
    }
}

/// The processes of the project as a tree. Who accepts `text/event-stream` is
/// shown the tree again and again.
#[utoipa::path(get, path = "/v1/processes", params(Shown), responses(
    (status = 200, body = Processes), (status = 400, body = Failure),
    (status = 504, body = Failure)))]
pub(super) async fn processes(
    State(shared): State<Shared>,
    Asked(shown): Asked<Shown>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let filter = shown.filter()?;
    let form = Form::of(&headers);
    if form == Form::Lines {
        return look(&shared, filter).await.map(|tree| Json(tree).into_response());
    }
    let tick = shown.interval_ms.map_or(TICK, |tick| Duration::from_millis(tick.max(SHORTEST)));
    let watched = Watched { shared, filter, tick, first: true };
    Ok(form.answer(stream::unfold(watched, Watched::next)))
}

struct Watched {
    shared: Shared,
    filter: Filter,
    tick: Duration,
    first: bool,
}

impl Watched {
    async fn next(mut self) -> Option<(Result<Vec<u8>, Infallible>, Self)> {
        if !std::mem::take(&mut self.first) {
            tokio::select! {
                () = tokio::time::sleep(self.tick) => {}
                () = over(&mut self.shared.closing) => return None,
            }
        }
        let tree = look(&self.shared, self.filter.clone()).await.ok()?;
        let mut text = Vec::new();
        Form::Events.put(&tree, "", &mut text);
        Some((Ok(text), self))
    }
}

async fn look(shared: &Shared, filter: Filter) -> Result<Processes, Fault> {
    let services = seen(&shared.desk).await?;
    let looker = Arc::clone(&shared.looker);
    blocking(move || {
        let place = Place::of(&services.root, labels(&services))?;
        let mut looker = looker.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Processes::of(&place, looker.look(&place, &filter)?))
    })
    .await
}

impl Processes {
    /// A look at a place, as it is answered.
    pub fn of(place: &Place, look: inspect::Look) -> Self {
        Self {
            version: VERSION,
            project: place.project().to_owned(),
            root: place.root().to_owned(),
            run: place.run(),
            took_ms: u64::try_from(look.took.as_millis()).unwrap_or(u64::MAX),
            totals: tree::totals(&look.processes),
            processes: look.processes,
        }
    }
}

/// Kills what is meant, children before parents, and nothing that is not ours.
/// With `dry_run` it says who would be hit and who is spared.
#[utoipa::path(post, path = "/v1/processes/kill", request_body = KillOrder, responses(
    (status = 200, body = Killed), (status = 400, body = Failure),
    (status = 404, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn kill(
    State(shared): State<Shared>,
    Sent(order): Sent<Option<KillOrder>>,
) -> Result<Json<Killed>, Fault> {
    let missing = || Fault::new(Code::BadRequest, "the body names no `scope`");
    let KillOrder { reach, signal, dry_run } = order.ok_or_else(missing)?;
    let services = seen(&shared.desk).await?;
    known(&reach, &services)?;
    let root = (services.root.clone(), labels(&services));
    let first = blocking({
        let ((root, labels), reach) = (root.clone(), reach.clone());
        move || inspect::plan(&Place::of(&root, labels)?, &reach, signal)
    })
    .await?;
    if dry_run {
        return Ok(Json(first.into()));
    }
    if signal == Signal::Kill && reach.ends_services() {
        keep_down(&shared.desk, &reach, &services).await;
    }
    blocking(move || {
        let (root, labels) = root;
        let ended = inspect::carry_out(&Place::of(&root, labels)?, &reach, signal)?;
        Ok(Json(ended.with(&first).into()))
    })
    .await
}

/// A name that nothing has is a mistake, not a kill of nobody.
fn known(reach: &Reach, services: &Services) -> Result<(), Fault> {
    match reach {
        Reach::Service { name } if services.named(name).next().is_none() => {
            Err(unknown(services, name))
        }
        Reach::Tag { tag } if !services.services.iter().any(|one| one.tags.contains(tag)) => {
            Err(Fault::new(Code::UnknownService, format!("nothing is tagged `{tag}`")))
        }
        _ => Ok(()),
    }
}

/// A service that is killed as such is not started again by its policy.
async fn keep_down(desk: &Desk, reach: &Reach, services: &Services) {
    let meant = services.services.iter().filter(|one| !one.is_down()).filter(|one| match reach {
        Reach::Service { name } => one.is_called(name),
        Reach::Tag { tag } => one.tags.contains(tag),
        Reach::Project | Reach::All => true,
        Reach::Single { .. } | Reach::Job { .. } | Reach::AllExceptServices => false,
    });
    for one in meant {
        let name = one.instance.clone();
        // Where the loop will not, everything is being stopped anyway.
        let _refused = ask(desk, |answer| Ask::Act { name, verb: Act::Stop, answer }).await;
    }
}

fn labels(services: &Services) -> Labels {
    let tags = services.services.iter().map(|one| (one.service.clone(), one.tags.clone()));
    Labels { tags: tags.collect() }
}

/// Does what takes a while beside the others who ask.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    let unreadable = |words: String| Fault::new(Code::Unreadable, words);
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => {
            done.map_err(|error| unreadable(format!("the processes can't be read: {error}")))
        }
        Err(_) => Err(unreadable("the processes can't be read".to_owned())),
    }
}
