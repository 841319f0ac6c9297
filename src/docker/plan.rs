//! What is to go and what is spared, from one look at an engine. It asks and
//! changes nothing.

use super::claim::{Ground, Labels, PROJECT, SERVICE};
use super::engine::{Container, Shared};
use crate::model::{Claim, Reach, SparedThing, Thing, ThingKind, WhySpared};
use std::collections::HashMap;

/// One look at everything an engine has.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// All containers.
    pub containers: Vec<Container>,
    /// Networks of compose projects.
    pub networks: Vec<Shared>,
    /// Volumes of compose projects.
    pub volumes: Vec<Shared>,
}

/// A container that is ours.
#[derive(Debug, Clone)]
pub(super) struct Ours {
    pub container: Container,
    pub thing: Thing,
    pub claim: Claim,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// To be stopped and removed.
    pub containers: Vec<Ours>,
    /// To be removed after them.
    pub networks: Vec<(Thing, Claim)>,
    /// To be removed after them.
    pub volumes: Vec<(Thing, Claim)>,
    /// To be left alone.
    pub spared: Vec<SparedThing>,
}

/// Whether something is ours, and why; `None`: it has nothing to do with us.
type Verdict = Option<Result<Claim, WhySpared>>;

/// Makes the plan. `volumes`: somebody asked for volumes to be removed.
pub(super) fn plan(look: Look, ground: &Ground, volumes: bool) -> Plan {
    let mut plan = Plan::default();
    let mut strangers = Vec::new();
    for container in look.containers {
        let thing = thing(ThingKind::Container, &container.id, &container.name, &container.labels);
        match ground.judge(&container.labels) {
            Ok(_) if ground.is_inside(&container.id) => {
                plan.spared.push(SparedThing { thing, why: WhySpared::Inside });
                strangers.push(container);
            }
            Ok(claim) => plan.containers.push(Ours { container, thing, claim }),
            Err(why) => {
                plan.spared.push(SparedThing { thing, why });
                strangers.push(container);
            }
        }
    }
    let owners = Owners::of(&plan.containers, &strangers);
    let networks: Vec<_> = look
        .networks
        .iter()
        .map(|network| {
            let users = names(strangers.iter().filter(|stranger| {
                stranger.networks.iter().any(|used| *used == network.id || *used == network.name)
            }));
            (network, owners.judge(network, users, ground, ground.usual_name.as_deref()))
        })
        .collect();
    let volumes: Vec<_> = look
        .volumes
        .iter()
        .map(|volume| {
            let users =
                names(strangers.iter().filter(|stranger| stranger.volumes.contains(&volume.name)));
            (volume, wanted(owners.judge(volume, users, ground, None), volumes))
        })
        .collect();
    for (network, verdict) in networks {
        plan.sort_in(ThingKind::Network, network, verdict);
    }
    for (volume, verdict) in volumes {
        plan.sort_in(ThingKind::Volume, volume, verdict);
    }
    plan
}

impl Plan {
    fn sort_in(
        &mut self,
        kind: ThingKind,
        shared: &Shared,
        verdict: Option<Result<Claim, WhySpared>>,
    ) {
        let thing = thing(kind, &shared.id, &shared.name, &shared.labels);
        match verdict {
            Some(Err(WhySpared::InUse { by })) if self.all_stay(&by) => {
                self.spared.push(SparedThing { thing, why: WhySpared::Before });
            }
            Some(Ok(claim)) if kind == ThingKind::Network => self.networks.push((thing, claim)),
            Some(Ok(claim)) => self.volumes.push((thing, claim)),
            Some(Err(why)) => self.spared.push(SparedThing { thing, why }),
            None => {}
        }
    }

    /// Whether all of these are the project's own, which this stop leaves as
    /// they were: what only they use is no news.
    fn all_stay(&self, names: &[String]) -> bool {
        let stays = |name: &String| {
            let is = |one: &SparedThing| one.thing.name == *name && one.why == WhySpared::Before;
            self.spared.iter().any(is)
        };
        names.iter().all(stays)
    }
}

/// Volumes stay unless somebody asked; those that may be ours are then not
/// worth a word.
fn wanted(verdict: Verdict, asked: bool) -> Verdict {
    match verdict {
        Some(Ok(_)) if !asked => Some(Err(WhySpared::Kept)),
        Some(Err(WhySpared::Unsure)) if !asked => None,
        other => other,
    }
}

/// Which containers each compose project has. Networks and volumes carry no
/// directory, so they are told by the company they keep.
struct Owners<'a> {
    ours: Vec<&'a str>,
    strangers: HashMap<&'a str, Vec<&'a Container>>,
}

impl<'a> Owners<'a> {
    fn of(ours: &'a [Ours], strangers: &'a [Container]) -> Self {
        // A run's label says nothing of the compose project beside it.
        let by_place = ours.iter().filter(|ours| !matches!(ours.claim, Claim::Run(_)));
        let mut others: HashMap<&str, Vec<&Container>> = HashMap::new();
        for stranger in strangers {
            if let Some(project) = stranger.labels.get(PROJECT) {
                others.entry(project).or_default().push(stranger);
            }
        }
        Self {
            ours: by_place.filter_map(|ours| ours.thing.project.as_deref()).collect(),
            strangers: others,
        }
    }

    /// Says why a network or volume is ours or why it is spared; `None`: it has
    /// nothing to do with us. `guess` is a name that is likely, but not sure.
    fn judge(
        &self,
        shared: &Shared,
        mut users: Vec<String>,
        ground: &Ground,
        guess: Option<&str>,
    ) -> Verdict {
        let project = shared.labels.get(PROJECT)?.as_str();
        let by_containers = self.ours.contains(&project);
        let by_name = ground.project.as_deref() == Some(project);
        let usual = ground.project.is_none() && ground.usual_name.as_deref() == Some(project);
        if !by_containers && !by_name && !usual {
            return None;
        }
        // Another checkout of the same name shares them, attached or not.
        users.extend(names(self.strangers.get(project).into_iter().flatten().copied()));
        users.sort();
        users.dedup();
        if !users.is_empty() {
            return Some(Err(WhySpared::InUse { by: users }));
        }
        Some(match (by_containers, by_name || guess == Some(project)) {
            (true, _) => Ok(Claim::Project),
            (false, true) if ground.reach != Reach::Project => return None,
            (false, true) => Ok(Claim::Name),
            (false, false) => Err(WhySpared::Unsure),
        })
    }
}

fn thing(kind: ThingKind, id: &str, name: &str, labels: &Labels) -> Thing {
    Thing {
        kind,
        id: id.to_owned(),
        name: name.to_owned(),
        project: labels.get(PROJECT).cloned(),
        service: labels.get(SERVICE).cloned(),
    }
}

fn names<'a>(containers: impl Iterator<Item = &'a Container>) -> Vec<String> {
    containers.map(|container| container.name.clone()).collect()
}

#[cfg(test)]
mod tests;
