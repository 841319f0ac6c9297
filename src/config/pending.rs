//! Keys that are read and checked but do not act yet. The table is all there
//! is: a key that begins to act loses its line.

use super::diagnostic::{Diagnostic, Span};
use super::render::list;
use super::written::{Project, Service};
use crate::model::Port;

struct Pending {
    key: &'static str,
    /// What happens instead, for one service; `{}` stands for its name.
    one: &'static str,
    /// The same for several; without a `{}` there is no service to name.
    many: &'static str,
    places: fn(&Project) -> Vec<(&str, &Span)>,
}

const PENDING: &[Pending] = &[
    Pending {
        key: "stop_command",
        one: "{} gets its stop signal instead",
        many: "{} get their stop signals instead",
        places: |project| {
            each(project, |service| service.stop_command.as_ref().map(|stop| &stop.span))
        },
    },
    Pending {
        key: "port: auto",
        one: "{} gets no port",
        many: "{} get no port",
        places: |project| {
            each(project, |service| {
                service.port.as_ref().filter(|port| port.value == Port::Auto).map(|port| &port.span)
            })
        },
    },
    Pending {
        key: "port: {expect, bump}",
        one: "{} gets the port it expects",
        many: "{} get the ports they expect",
        places: |project| {
            each(project, |service| {
                let port = service.port.as_ref();
                port.filter(|port| matches!(port.value, Port::Expect { .. })).map(|port| &port.span)
            })
        },
    },
    Pending {
        key: "stdin_open",
        one: "{} can't be written to",
        many: "{} can't be written to",
        places: |project| {
            each(project, |service| {
                service.stdin_open.as_ref().filter(|open| open.value).map(|open| &open.span)
            })
        },
    },
];

fn each<'p>(
    project: &'p Project,
    place: impl Fn(&'p Service) -> Option<&'p Span>,
) -> Vec<(&'p str, &'p Span)> {
    let places =
        project.services.iter().map(|service| (service.name.value.as_str(), place(service)));
    places.filter_map(|(name, span)| Some((name, span?))).collect()
}

/// One warning for each key of the table that a project uses.
pub fn warnings(project: &Project) -> Vec<Diagnostic> {
    PENDING.iter().filter_map(|pending| pending.warning(project)).collect()
}

impl Pending {
    fn warning(&self, project: &Project) -> Option<Diagnostic> {
        let places = (self.places)(project);
        let (_, first) = places.first()?;
        let names: Vec<String> = places.iter().map(|(name, _)| format!("`{name}`")).collect();
        let effect = if places.len() == 1 { self.one } else { self.many };
        let effect = effect.replace("{}", &list(&names));
        Some(Diagnostic::warning(format!("`{}` does not act yet: {effect}", self.key)).at(first))
    }
}
