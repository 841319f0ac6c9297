//! Ports that are needed and taken: whoever holds one is named, and ended only
//! where it is left of an earlier run.

use super::super::down::{self, DownArguments};
use super::super::{Common, args};
use super::plan::Plan;
use crate::exit::Status;
use crate::model::Port;
use crate::os::ports::{holder, is_free};
use crate::ui;
use crate::ui::style::Look;

/// Fails where a declared port is taken.
pub(super) fn check(common: &Common, typed: &args::Run, plan: &Plan) -> Result<(), Status> {
    let mut taken = taken(plan);
    if !taken.is_empty() && typed.free_ports {
        let look = Look::of_stderr(common.colour);
        let usual = DownArguments::of(plan.root.clone(), look);
        // Strong evidence, and no living supervisor: exactly what is stale.
        let _status = down::run(&DownArguments { stale: true, ..usual });
        taken = self::taken(plan);
    }
    if taken.is_empty() {
        return Ok(());
    }
    for (service, port) in &taken {
        let who = holder(*port)
            .map_or_else(|| "a process that can't be seen".to_owned(), |holder| holder.to_string());
        ui::error(&format!("port {port} of `{service}` is taken by {who}"));
    }
    let hint = if typed.free_ports {
        "it is not left of this project, so it is not ended; end it yourself, or use `port: auto`"
    } else {
        "`--free-ports` ends what is left of this project; `port: auto` chooses another"
    };
    ui::err(&format!("  hint: {hint}"));
    Err(Status::Error)
}

fn taken(plan: &Plan) -> Vec<(String, u16)> {
    let mut taken = Vec::new();
    for &at in &plan.wanted {
        let service = &plan.project.services[at];
        let (Port::Fixed(first) | Port::Expect { port: first, .. }) = service.port else {
            continue;
        };
        let ports = (0..service.replicas).filter_map(|copy| first.checked_add(copy));
        taken.extend(
            ports.filter(|port| !is_free(*port)).map(|port| (service.name.to_string(), port)),
        );
    }
    taken
}
