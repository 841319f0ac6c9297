//! `devsup port`: where services listen.

use super::{Common, args, data, failed, running};
use crate::api::Services;
use crate::api::client::{PATIENCE, escaped};
use crate::exit::Status;
use crate::ui;
use std::fmt::Write as _;

/// Prints a port, or all with their names.
pub(super) fn run(common: &Common, typed: &args::Port) -> Status {
    let asked = running::find(common, &typed.place.file).and_then(|(_, client)| {
        let target = match &typed.name {
            Some(name) => format!("/v1/services/{}", escaped(name)),
            None => "/v1/services".to_owned(),
        };
        let services = client.get::<Services>(&target, PATIENCE);
        services.map_err(|error| running::refused(&error))
    });
    let services = match asked {
        Ok(services) => services.services,
        Err(status) => return status,
    };
    let ports: Vec<(&str, u16)> =
        services.iter().filter_map(|one| Some((one.instance.as_str(), one.port?))).collect();
    match (&typed.name, ports.is_empty()) {
        (Some(name), true) => failed(&format!("`{name}` has no port")),
        _ if typed.json => json(&ports),
        (Some(_), false) => data(&text(&ports, false)),
        (None, true) => {
            ui::err("no service here has a port (`port` in the config gives it one)");
            Status::Ok
        }
        (None, false) => data(&text(&ports, true)),
    }
}

fn text(ports: &[(&str, u16)], names: bool) -> String {
    let mut text = String::new();
    for (name, port) in ports {
        // Writing to a string can't fail.
        let _ok = if names { writeln!(text, "{name} {port}") } else { writeln!(text, "{port}") };
    }
    text
}

fn json(ports: &[(&str, u16)]) -> Status {
    let ports: serde_json::Map<String, serde_json::Value> =
        ports.iter().map(|&(name, port)| (name.to_owned(), port.into())).collect();
    data(&format!("{}\n", serde_json::json!({ "version": 1, "ports": ports })))
}
