//! What the services say where the command did not go well, and only then.

use super::super::running;
use crate::api::Services;
use crate::api::client::PATIENCE;
use crate::jobs;
use crate::ui;
use crate::ui::style::Look;
use std::path::Path;
use std::time::Duration;

/// How long a supervisor may take to say who it is.
const GLANCE: Duration = Duration::from_secs(2);
/// Last lines of each service.
const LINES: usize = 10;

/// Every service with its last lines.
pub(super) fn services(root: &Path, look: Look) {
    let Ok((_, client)) = running::at(root, GLANCE) else { return };
    let Ok(all) = client.get::<Services>("/v1/services", PATIENCE) else { return };
    for one in &all.services {
        ui::err(&ui::services::line(one, look));
        for line in jobs::tail_of(&one.log, true, LINES) {
            ui::err(&format!("  {} {}", look.dim(look.bar()), ui::table::printable(&line)));
        }
    }
}
