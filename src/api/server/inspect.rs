//! A close look at one service, or at whatever has a pid or a port.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use super::Shared;
use super::extract::Asked;
use super::services::ask;
use crate::api::desk::{Ask, Target};
use crate::api::{Code, Failure, Fault, Inspections};
use crate::model::Pid;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A service, or an instance as `web.2`.
    name: Option<String>,
    /// A process of a service.
    pid: Option<i32>,
    /// A TCP port that a service listens on, or was told to.
    port: Option<u16>,
}

/// All that is known of a service, named by its name, a pid or a port.
#[utoipa::path(get, path = "/v1/inspect", params(Wanted), responses(
    (status = 200, body = Inspections), (status = 400, body = Failure),
    (status = 404, body = Failure), (status = 504, body = Failure)))]
pub(super) async fn inspect(
    State(shared): State<Shared>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Inspections>, Fault> {
    let target = target(wanted)?;
    ask(&shared.desk, |answer| Ask::Inspect(target, answer)).await.map(Json)
}

fn target(wanted: Wanted) -> Result<Target, Fault> {
    match wanted {
        Wanted { name: Some(name), pid: None, port: None } => Ok(Target::Name(name)),
        Wanted { name: None, pid: Some(pid), port: None } => {
            Pid::new(pid).map(Target::Pid).ok_or_else(|| no_pid(pid))
        }
        Wanted { name: None, pid: None, port: Some(port) } => Ok(Target::Port(port)),
        _ => Err(Fault::new(Code::BadRequest, "give one of `name`, `pid` and `port`")),
    }
}

/// Numbers that no process of a service can have: that of init, and those that
/// are no pids.
fn no_pid(number: i32) -> Fault {
    match number {
        1 => Fault::new(Code::UnknownService, "pid 1 is no service's"),
        _ => Fault::new(Code::BadRequest, format!("`{number}` is no pid")),
    }
}
