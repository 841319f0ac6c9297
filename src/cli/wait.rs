//! `devsup wait`: until services are ready.

use super::{Common, args, running};
use crate::api::Services;
use crate::exit::Status;
use crate::ui::{self, style::Look};

/// Waits, and says who is not ready.
pub(super) fn run(common: &Common, typed: &args::Wait) -> Status {
    let waited = running::find(common, &typed.place.file).and_then(|(_, client)| {
        let waited = running::wait(&client, &typed.names, "ready", typed.timeout, is_over);
        waited.map_err(|error| running::refused(&error))
    });
    let services = match waited {
        Ok(services) => services,
        Err(status) => return status,
    };
    let look = Look::of_stderr(common.colour);
    if !typed.quiet {
        services.services.iter().for_each(|one| ui::err(&ui::services::line(one, look)));
    }
    let ready = services.services.iter().all(|one| one.ready);
    if ready { Status::Ok } else { Status::NotReady }
}

/// Whether there is nothing more to wait for.
fn is_over(all: &Services) -> bool {
    all.services.iter().all(|one| one.ready || one.is_down())
}
