//! Where to look: one project, or one job, which is a run of its own.

use crate::ledger::{self, HistoryEvent, Location};
use crate::model::{RunId, Signal, Target};
use crate::os::process::Identity;
use crate::shutdown::Scope;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What only the config knows, by service.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// The tags of each service.
    pub tags: BTreeMap<String, Vec<String>>,
}

/// A project as its records describe it.
#[derive(Debug)]
pub struct Place {
    /// By what ours are told from others'.
    pub(super) scope: Scope,
    /// The declared service of each recorded instance.
    services: BTreeMap<String, String>,
    /// Instances in the order of the ledger.
    pub(super) order: Vec<String>,
    labels: Labels,
    location: Option<Location>,
    /// Supervisor and forker: what is below them is held by nobody's guard only
    /// while it starts.
    pub(super) own: Vec<Identity>,
}

impl Place {
    /// The project in this directory. Errors: it can't be looked at.
    pub fn of(root: &Path, labels: Labels) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let location = Location::find(&root).map_err(io::Error::other)?;
        let book = location.as_ref().and_then(|location| ledger::read(location).book);
        let locks = location.as_ref().map(ledger::locks_in).unwrap_or_default();
        let scope = Scope::of_project(&root, book.as_ref(), locks)?;
        let entries = book.as_ref().map(|book| book.entries.as_slice()).unwrap_or_default();
        let named = |entry: &ledger::Entry| (entry.instance.to_string(), entry.service.to_string());
        let own = book.as_ref().map(|book| &book.header);
        let own = own.map(|header| [Some(header.supervisor), header.forker]);
        Ok(Self {
            services: entries.iter().map(named).collect(),
            order: entries.iter().map(|entry| entry.instance.to_string()).collect(),
            scope,
            labels,
            location,
            own: own.into_iter().flatten().flatten().collect(),
        })
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.scope.project
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.scope.root
    }

    /// The run that is recorded.
    pub fn run(&self) -> Option<RunId> {
        self.scope.run
    }

    /// The declared service of an instance: `web` of `web.2`.
    pub(super) fn service_of(&self, instance: &str) -> String {
        let copied = || {
            let (name, number) = instance.rsplit_once('.')?;
            let copy = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            copy.then(|| name.to_owned())
        };
        self.services.get(instance).cloned().or_else(copied).unwrap_or_else(|| instance.to_owned())
    }

    pub(super) fn tags_of(&self, service: &str) -> Vec<String> {
        self.labels.tags.get(service).cloned().unwrap_or_default()
    }

    /// Keeps in the history that a signal was sent.
    pub(super) fn note(&self, target: &Target, signal: Signal) {
        let Some(location) = &self.location else { return };
        let service = target.instance.clone();
        let event = HistoryEvent::Signaled { service, pid: target.pid, signal };
        // A history that can't be written keeps nobody alive.
        let _unkept = ledger::append(location, &event);
    }
}
