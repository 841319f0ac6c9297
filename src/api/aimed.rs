//! A kill that is aimed, as it is carried out by whoever does it: the
//! supervisor of the project, or a command where none runs.

use super::client::{Client, ClientError};
use super::types::{KillOrder, Killed, Reply, StopWish};
use crate::model::{KillScope, Plan, Signal};
use crate::processes::{Place, Places};
use std::io;
use std::time::{Duration, Instant};

/// How long the supervisor of a job may take to hear that it is to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// Carries it out, or says in a dry run what would happen.
pub fn carry_out(places: &Places, order: &KillOrder) -> io::Result<Killed> {
    let plan = places.plan(&order.reach, order.signal)?;
    if order.dry_run { Ok(plan.into()) } else { carry_out_planned(places, order, &plan) }
}

/// Carries out what was planned. The jobs that are meant as jobs are told
/// before, so that their end counts as one that somebody asked for.
pub(super) fn carry_out_planned(
    places: &Places,
    order: &KillOrder,
    plan: &Plan,
) -> io::Result<Killed> {
    let KillOrder { reach, signal, .. } = order;
    if *signal == Signal::Kill && !matches!(reach, KillScope::Single { .. }) {
        for job in places.jobs.iter().filter(|job| is_hit(job, plan)) {
            // One that does not hear it sees its command end by a signal.
            let _unheard = cancel(job);
        }
    }
    Ok(places.carry_out(reach, *signal)?.with(plan).into())
}

fn is_hit(job: &Place, plan: &Plan) -> bool {
    plan.targets.iter().any(|target| target.job.as_deref() == job.job())
}

/// Has its supervisor stop it; that it has begun is enough.
fn cancel(job: &Place) -> Result<Option<Reply>, ClientError> {
    let (_, client) = Client::find(job.key(), job.root(), None, PATIENCE)?;
    client.converse("/v1/down", &StopWish::default())?.next(Instant::now() + PATIENCE)
}
