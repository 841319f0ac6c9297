//! Where to look: one project, or one job, which is a run of its own.

use crate::jobs::{Record, Store};
use crate::ledger::{self, HistoryEvent, Location};
use crate::model::{RunId, Signal, Target};
use crate::os::marker::ProjectKey;
use crate::os::process::Identity;
use crate::shutdown::Scope;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What only the config knows.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// The tags of each service.
    pub tags: BTreeMap<String, Vec<String>>,
    /// All instances in the order of the file; none where it is not known.
    pub order: Vec<String>,
}

/// What is said of every process of a job.
#[derive(Debug)]
struct Job {
    id: String,
    tags: Vec<String>,
    /// The name of the project that is looked at with it.
    beside: String,
}

/// A project, or a job, as its records describe it.
#[derive(Debug)]
pub struct Place {
    /// By what ours are told from others'.
    pub(super) scope: Scope,
    /// The declared service of each recorded instance.
    services: BTreeMap<String, String>,
    /// Instances in the order of the file, or else as they were started.
    pub(super) order: Vec<String>,
    labels: Labels,
    job: Option<Job>,
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
        let started = entries.iter().map(|entry| entry.instance.to_string());
        let order = if labels.order.is_empty() { started.collect() } else { labels.order.clone() };
        Ok(Self {
            services: entries.iter().map(named).collect(),
            order,
            scope,
            labels,
            job: None,
            location,
            own: own.into_iter().flatten().flatten().collect(),
        })
    }

    /// A job, looked at beside the project of that name. Errors: it can't be
    /// looked at.
    pub fn of_job(store: &Store, record: &Record, beside: &str) -> io::Result<Self> {
        let place = Self::of(&store.root_of(&record.shown.id), Labels::default())?;
        let (id, tags) = (record.shown.id.clone(), record.shown.tags.clone());
        Ok(Self { job: Some(Job { id, tags, beside: beside.to_owned() }), ..place })
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        self.job.as_ref().map_or(&self.scope.project, |job| &job.beside)
    }

    /// The id of the job, if it is one.
    pub fn job(&self) -> Option<&str> {
        self.job.as_ref().map(|job| job.id.as_str())
    }

    /// By what its processes are marked.
    pub fn key(&self) -> ProjectKey {
        self.scope.key
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

    /// The tags of a service, or of the job.
    pub(super) fn tags_of(&self, service: &str) -> Vec<String> {
        if let Some(job) = &self.job {
            return job.tags.clone();
        }
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
