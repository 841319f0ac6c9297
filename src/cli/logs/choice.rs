//! Which logs there are, and which of them were asked for.

use crate::ledger::Location;
use crate::model::{InstanceName, Project, ServiceName, instead};
use crate::ui::Who;
use std::path::{Path, PathBuf};

/// A name that nothing here has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unknown {
    /// There are others.
    #[error("there is no service `{0}`; {1}")]
    Service(String, String),
    /// There are none.
    #[error("there is no service `{0}`, and no log of any other")]
    Nothing(String),
}

/// Who the supervisor is among the services.
const JOURNAL: &str = "devsup";

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub who: Who,
    pub path: PathBuf,
}

/// The logs of a project, and what is declared in it.
pub(super) struct Kept {
    pub location: Location,
    declared: Vec<Declared>,
    /// Whether the supervisor's own words are among the logs.
    journal: bool,
}

struct Declared {
    service: String,
    replicas: u16,
    /// A log that is kept somewhere else.
    file: Option<PathBuf>,
}

impl Kept {
    /// Without a project only the files tell what there is.
    pub fn new(location: Location, project: Option<&Project>) -> Self {
        let declared =
            project.iter().flat_map(|project| &project.services).map(|service| Declared {
                service: service.name.to_string(),
                replicas: service.replicas,
                file: service.log.file.clone(),
            });
        Self { declared: declared.collect(), location, journal: false }
    }

    /// Puts the supervisor's own words among the logs.
    pub fn show_journal(&mut self) {
        self.journal = true;
    }

    fn journal(&self) -> Option<Found> {
        let path = self.location.journal();
        let who = Who { service: JOURNAL.to_owned(), instance: JOURNAL.to_owned() };
        (self.journal && path.is_file()).then_some(Found { who, path })
    }

    /// The logs that exist now: declared ones in their order, then others by
    /// name.
    pub fn logs(&self) -> Vec<Found> {
        let elsewhere = self.declared.iter().filter_map(|declared| {
            let path = declared.file.clone().filter(|path| path.is_file())?;
            let service = declared.service.clone();
            Some(Found { who: Who { instance: service.clone(), service }, path })
        });
        let mut found: Vec<Found> = elsewhere.chain(self.here()).chain(self.journal()).collect();
        let order = |found: &Found| {
            let name = &found.who.service;
            let at = self.declared.iter().position(|declared| declared.service == *name);
            (at.unwrap_or(usize::MAX), number(&found.who), found.who.instance.clone())
        };
        found.sort_by_cached_key(order);
        found
    }

    fn here(&self) -> impl Iterator<Item = Found> {
        let listing = std::fs::read_dir(self.location.dir().join("logs"));
        let files = listing.into_iter().flatten().flatten();
        files.filter_map(|file| {
            let name = file.file_name();
            let instance = ServiceName::new(name.to_str()?.strip_suffix(".log")?).ok()?;
            Some(Found { who: self.who(instance.as_str()), path: file.path() })
        })
    }

    /// Whose log has this name: `web.2` is a copy of `web`, unless a service is
    /// called that.
    fn who(&self, instance: &str) -> Who {
        let is_declared = |name: &str| self.declared.iter().any(|one| one.service == name);
        let service = match copy(instance) {
            Some((service, _)) if !is_declared(instance) => service,
            _ => instance,
        };
        Who { service: service.to_owned(), instance: instance.to_owned() }
    }

    /// The names that the stream of a whole project has, then those of other
    /// logs.
    pub fn names(&self) -> Vec<String> {
        let instances = self.declared.iter().flat_map(|declared| {
            let name = ServiceName::new(&declared.service).ok();
            let of = declared.replicas;
            name.into_iter().flat_map(move |name| {
                (1..=of).map(move |number| InstanceName::new(&name, number, of).to_string())
            })
        });
        let mut names: Vec<String> = instances.collect();
        for found in self.logs() {
            if !names.contains(&found.who.instance) {
                names.push(found.who.instance);
            }
        }
        names
    }

    /// The directories of the logs.
    pub fn directories(&self) -> Vec<PathBuf> {
        let mut all = vec![self.location.dir().join("logs")];
        let elsewhere = self.declared.iter().filter_map(|declared| declared.file.as_deref());
        all.extend(elsewhere.filter_map(Path::parent).map(Path::to_owned));
        all.dedup();
        all
    }
}

/// Which names were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Empty: all.
    names: Vec<String>,
}

impl Choice {
    /// Checks that there is something of each name.
    pub fn of(kept: &Kept, names: &[String]) -> Result<Self, Unknown> {
        let mut known: Vec<String> = Vec::new();
        let declared = kept.declared.iter().map(|declared| declared.service.clone());
        let logs = kept.logs();
        for name in declared.chain(logs.iter().map(|found| found.who.service.clone())) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let instances = kept.names();
        for name in names {
            if known.contains(name) || instances.contains(name) {
                continue;
            }
            return Err(match known.len() {
                0 => Unknown::Nothing(name.clone()),
                _ => {
                    Unknown::Service(name.clone(), instead(name, known.iter().map(String::as_str)))
                }
            });
        }
        Ok(Self { names: names.to_vec() })
    }

    pub fn includes(&self, who: &Who) -> bool {
        let named = |name: &String| *name == who.service || *name == who.instance;
        self.names.is_empty() || who.service == JOURNAL || self.names.iter().any(named)
    }
}

/// `web.2` as `web` and 2.
fn copy(instance: &str) -> Option<(&str, u16)> {
    let (service, number) = instance.rsplit_once('.')?;
    Some((service, number.parse().ok()?))
}

fn number(who: &Who) -> u16 {
    copy(&who.instance).map_or(0, |(_, number)| number)
}
