//! Which containers may be stopped now: those whose dependents are all gone.
//! Pure; it knows labels, and no engine.

use super::claim::{Labels, PROJECT, SERVICE, depends_on};
use std::collections::{HashMap, HashSet};

/// For each container, by its place in a list, those that must end before it.
#[derive(Debug)]
pub(super) struct Order {
    dependents: Vec<HashSet<usize>>,
}

impl Order {
    /// Reads the order from the labels. Dependencies reach only within a
    /// compose project; one on itself is passed over.
    pub fn of<'a>(all: impl Iterator<Item = &'a Labels> + Clone) -> Self {
        let mut instances: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, labels) in all.clone().enumerate() {
            if let (Some(project), Some(service)) = (labels.get(PROJECT), labels.get(SERVICE)) {
                instances.entry((project, service)).or_default().push(at);
            }
        }
        let mut dependents = vec![HashSet::new(); all.clone().count()];
        for (at, labels) in all.enumerate() {
            let Some(project) = labels.get(PROJECT) else {
                continue;
            };
            for service in depends_on(labels) {
                let on = instances.get(&(project.as_str(), service.as_str()));
                for &needed in on.into_iter().flatten().filter(|&&needed| needed != at) {
                    dependents[needed].insert(at);
                }
            }
        }
        Self { dependents }
    }

    /// Takes one that is gone out of everybody's way.
    pub fn ended(&mut self, gone: usize) {
        for dependents in &mut self.dependents {
            dependents.remove(&gone);
        }
    }

    /// Takes those out of `waiting` that nothing holds back. If `idle`, so that
    /// nothing will ever change that, a cycle is broken by taking all.
    pub fn ready(&self, waiting: &mut Vec<usize>, idle: bool) -> Vec<usize> {
        let (ready, held): (Vec<_>, Vec<_>) =
            waiting.iter().partition(|&&at| self.dependents[at].is_empty());
        if ready.is_empty() && idle {
            return std::mem::take(waiting);
        }
        *waiting = held;
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::DEPENDS_ON;
    use super::*;

    fn container(project: &str, service: &str, on: &str) -> Labels {
        [(PROJECT, project), (SERVICE, service), (DEPENDS_ON, on)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn dependents_end_first() {
        let all = [
            container("p", "db", ""),
            container("p", "web", "api:service_started:false"),
            container("p", "api", "db:service_healthy:false"),
            container("p", "api", "db:service_healthy:false"),
            container("q", "db", ""),
        ];
        let mut order = Order::of(all.iter());
        let mut waiting = vec![0, 1, 2, 3, 4];
        assert_eq!(order.ready(&mut waiting, true), [1, 4]);
        assert!(order.ready(&mut waiting, false).is_empty());
        order.ended(1);
        assert_eq!(order.ready(&mut waiting, true), [2, 3]);
        order.ended(2);
        assert!(order.ready(&mut waiting, false).is_empty());
        order.ended(3);
        assert_eq!(order.ready(&mut waiting, true), [0]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn a_cycle_ends_together() {
        let all = [container("p", "a", "b,a"), container("p", "b", "a")];
        let order = Order::of(all.iter());
        let mut waiting = vec![0, 1];
        assert!(order.ready(&mut waiting, false).is_empty());
        assert_eq!(order.ready(&mut waiting, true), [0, 1]);
    }
}
