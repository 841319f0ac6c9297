//! `devsup wait`: until services are ready.

use super::{Common, args, inspect, running};
use crate::api::Services;
use crate::exit::Status;
use crate::ui::{self, style::Look};

/// Waits, and says who is not ready.
pub(super) fn run(common: &Common, typed: &args::Wait) -> Status {
    let waited = running::find(common, &typed.place.file).and_then(|(_, client)| {
        let waited = running::wait(&client, &typed.names, "ready", typed.timeout, is_over);
        waited.map(|services| (services, client)).map_err(|error| running::refused(&error))
    });
    let (services, client) = match waited {
        Ok(waited) => waited,
        Err(status) => return status,
    };
    let look = Look::of_stderr(common.colour);
    if !typed.quiet {
        let ready = services.services.iter().filter(|one| one.ready);
        ready.for_each(|one| ui::err(&ui::services::line(one, look)));
    }
    let ready = services.services.iter().all(|one| one.ready);
    if !ready && !typed.quiet {
        let not_ready = services.services.iter().filter(|one| !one.ready);
        inspect::diagnose(&client, not_ready.map(|one| one.instance.clone()), look);
    }
    let printed = if typed.json { print(&services) } else { Status::Ok };
    match printed {
        Status::Ok if !ready => Status::NotReady,
        printed => printed,
    }
}

fn print(services: &Services) -> Status {
    super::data(&format!("{}\n", serde_json::to_string(services).unwrap_or_default()))
}

/// Whether there is nothing more to wait for.
fn is_over(all: &Services) -> bool {
    all.services.iter().all(|one| one.ready || one.is_down())
}
