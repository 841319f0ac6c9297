//! The order services start and stop in, from their dependencies.

use super::{Service, ServiceName};
use std::collections::BTreeMap;

/// A dependency cycle, as the path that closes it: `a, b, a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ServiceName>);

/// Services by level: those of level 0 depend on nothing, those of level 1
/// only on level 0, and so on. Indices into `services`, each level in file
/// order. Dependencies on names that are no service are passed over (they may
/// be containers).
pub fn start_order(services: &[Service]) -> Result<Vec<Vec<usize>>, Cycle> {
    let index: BTreeMap<&str, usize> =
        services.iter().enumerate().map(|(at, service)| (service.name.as_str(), at)).collect();
    let mut walk = Walk { services, index, level: vec![None; services.len()], path: Vec::new() };
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for at in 0..services.len() {
        walk.visit(at)?;
    }
    for (at, level) in walk.level.iter().enumerate() {
        let level = level.unwrap_or(0);
        if levels.len() <= level {
            levels.resize(level + 1, Vec::new());
        }
        levels[level].push(at);
    }
    Ok(levels)
}

/// The same levels the other way round: dependents before what they depend on.
/// A cycle, which no resolved project has, is stopped as one level.
pub fn stop_levels(services: &[Service]) -> Vec<Vec<usize>> {
    let mut levels = start_order(services).unwrap_or_else(|_| vec![(0..services.len()).collect()]);
    levels.reverse();
    levels
}

struct Walk<'a> {
    services: &'a [Service],
    index: BTreeMap<&'a str, usize>,
    level: Vec<Option<usize>>,
    path: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, at: usize) -> Result<usize, Cycle> {
        if let Some(level) = self.level[at] {
            return Ok(level);
        }
        if let Some(from) = self.path.iter().position(|&seen| seen == at) {
            return Err(self.cycle(from));
        }
        self.path.push(at);
        let services = self.services;
        let mut level = 0;
        for dependency in &services[at].depends_on {
            if let Some(&on) = self.index.get(dependency.on.as_str()) {
                level = level.max(self.visit(on)? + 1);
            }
        }
        self.path.pop();
        self.level[at] = Some(level);
        Ok(level)
    }

    fn cycle(&self, from: usize) -> Cycle {
        let around = self.path[from..].iter().chain([&self.path[from]]);
        Cycle(around.map(|&at| self.services[at].name.clone()).collect())
    }
}
