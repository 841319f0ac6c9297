//! Ports that are chosen at the start: any free one, or the next free one. Once
//! chosen they are like declared ones.

use crate::model::{Port, Project, Service};
use crate::os::ports::{is_free, unused};
use std::collections::BTreeSet;

/// How many are tried until so many in a row are free.
const TRIES: usize = 200;

/// Chooses the ports of a project that are to be chosen. Where none can be
/// found, a service gets none.
pub fn settle_ports(project: &mut Project) {
    let mut given: BTreeSet<u16> = project.services.iter().flat_map(fixed).collect();
    for service in &mut project.services {
        let copies = service.replicas;
        let chosen = match service.port {
            Port::Auto => any(copies, &given),
            Port::Expect { port, bump: true } => next(port, copies, &given),
            Port::None | Port::Fixed(_) | Port::Procfile(_) | Port::Expect { .. } => continue,
        };
        service.port = chosen.map_or(Port::None, Port::Fixed);
        given.extend(fixed(service));
    }
}

fn fixed(service: &Service) -> Vec<u16> {
    match service.port {
        Port::Fixed(first) | Port::Expect { port: first, bump: false } => {
            (0..service.replicas).filter_map(|copy| first.checked_add(copy)).collect()
        }
        Port::None | Port::Auto | Port::Procfile(_) | Port::Expect { .. } => Vec::new(),
    }
}

/// The first of so many ports in a row that nobody has.
fn any(copies: u16, given: &BTreeSet<u16>) -> Option<u16> {
    (0..TRIES).find_map(|_| unused().ok().filter(|first| are_free(*first, copies, given)))
}

fn next(wished: u16, copies: u16, given: &BTreeSet<u16>) -> Option<u16> {
    (wished..=u16::MAX).take(TRIES).find(|first| are_free(*first, copies, given))
}

fn are_free(first: u16, copies: u16, given: &BTreeSet<u16>) -> bool {
    let port = |copy: u16| first.checked_add(copy);
    (0..copies.max(1))
        .all(|copy| port(copy).is_some_and(|port| !given.contains(&port) && is_free(port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Command, ServiceName};

    fn service(name: &str, port: Port, replicas: u16) -> Service {
        let name = ServiceName::new(name).unwrap();
        let plain = Service::plain(name, Command::Shell("true".to_owned()), "/".into());
        Service { port, replicas, ..plain }
    }

    #[test]
    fn chosen_ports_are_free_and_differ() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut project = Project::plain(
            "shop".to_owned(),
            "/".into(),
            vec![
                service("a", Port::Auto, 2),
                service("b", Port::Auto, 1),
                service("c", Port::Expect { port, bump: true }, 1),
                service("d", Port::None, 1),
            ],
        );
        settle_ports(&mut project);
        let ports: Vec<u16> = project.services.iter().flat_map(fixed).collect();
        let distinct: BTreeSet<u16> = ports.iter().copied().collect();
        assert_eq!((ports.len(), distinct.len()), (4, 4), "{ports:?}");
        assert!(!distinct.contains(&port));
        assert!(ports.iter().all(|port| is_free(*port)));
    }
}
