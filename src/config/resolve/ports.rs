//! Ports that two services declare.

use super::super::diagnostic::{Diagnostic, Span};
use super::super::fields::Reader;
use super::graph::Known;
use crate::model::{Port, Service};
use std::collections::HashMap;

/// Two services that both start by themselves can't have the same fixed port,
/// counting every instance; nor can an instance have one above 65535.
pub fn check(known: &Known<'_>, services: &[Service], reader: &mut Reader<'_>) {
    let mut taken: HashMap<u16, (&Service, &Span)> = HashMap::new();
    for service in services.iter().filter(|service| service.autostart) {
        let Port::Fixed(first) = service.port else {
            continue;
        };
        let own = known.services.get(service.name.as_str());
        let port = own.and_then(|own| own.port.as_ref());
        let Some(span) = port.map(|port| &port.span) else {
            continue;
        };
        for number in 0..service.replicas {
            let Some(port) = first.checked_add(number) else {
                let problem = format!(
                    "`{}` has {} instances, and the ports end at 65535",
                    service.name, service.replicas
                );
                reader.report(Diagnostic::error(problem).at(span));
                break;
            };
            if let Some((other, at)) = taken.get(&port) {
                reader.report(clash(port, other, at, service, span));
                break;
            }
            taken.insert(port, (service, span));
        }
    }
}

fn clash(port: u16, first: &Service, at: &Span, second: &Service, span: &Span) -> Diagnostic {
    let problem = format!("`{}` and `{}` both have port {port}", first.name, second.name);
    let label = format!("`{}` has it in line {}", first.name, at.line());
    Diagnostic::error(problem).at(span).also(at, label).hint("give one of them another port")
}
