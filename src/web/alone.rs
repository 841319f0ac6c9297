//! What can be answered where no supervisor listens: what is left of earlier
//! runs, and how to be rid of it.

use crate::api::{Code, Fault, KillOrder, Killed, Processes};
use crate::inspect::{self, Inspector, Labels, Place};
use crate::model::Filter;
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often somebody who follows is told.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// The strays of this project.
pub(super) async fn processes(root: PathBuf) -> Result<Processes, Fault> {
    let look = move || {
        let place = place(&root)?;
        Ok(Processes::of(&place, Inspector::default().look(&place, &Filter::default())?))
    };
    blocking(look).await
}

/// Kills among them.
pub(super) async fn kill(root: PathBuf, body: Bytes) -> Result<Response, Fault> {
    let order = serde_json::from_slice::<KillOrder>(&body).map_err(|why| {
        Fault::new(Code::BadRequest, format!("the body is not understood: {why}"))
    })?;
    let KillOrder { reach, signal, dry_run } = order;
    let done: Killed = blocking(move || {
        let place = place(&root)?;
        Ok(if dry_run {
            inspect::plan(&place, &reach, signal)?.into()
        } else {
            inspect::carry_out(&place, &reach, signal)?.into()
        })
    })
    .await?;
    Ok(Json(done).into_response())
}

fn place(root: &Path) -> io::Result<Place> {
    Place::of(root, Labels::default())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    let words = match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => format!("the processes can't be read: {error}"),
        Err(_) => "the processes can't be read".to_owned(),
    };
    Err(Fault::new(Code::Unreadable, words))
}
