//! A project and the jobs that belong to it. They live elsewhere, each a run of
//! its own with its own records, and are looked at one by one.

use super::hunt;
use super::place::{Labels, Place};
use crate::jobs::{Choice, Record, Store, directory};
use crate::model::{Ended, Filter, JobScope, KillScope, Plan, Signal};
use std::io;
use std::path::Path;

/// Whether a run that lives in this directory is a job, and no project.
pub fn is_job(root: &Path) -> bool {
    root.starts_with(directory())
}

/// A project, and jobs that go on.
#[derive(Debug)]
pub struct Places {
    /// The project.
    pub project: Place,
    /// The jobs.
    pub jobs: Vec<Place>,
}

impl Places {
    /// Those whose processes are shown to somebody in this directory: the jobs
    /// that were started in the project, or the one that was asked for.
    pub fn shown(root: &Path, labels: Labels, filter: &Filter) -> io::Result<Self> {
        Self::with(root, labels, |job, root| match &filter.job {
            Some(id) => job.shown.id == *id,
            None => job.shown.project == root,
        })
    }

    /// Those that a kill may reach.
    pub fn in_reach(root: &Path, labels: Labels, reach: &KillScope) -> io::Result<Self> {
        Self::with(root, labels, |job, root| {
            let is_here = job.shown.project == root;
            match reach {
                KillScope::Job { id } => is_here || job.shown.id == *id,
                // A global job outlives its project.
                KillScope::Project | KillScope::AllExceptServices => {
                    is_here && job.shown.scope != JobScope::Global
                }
                KillScope::Service { .. } => is_here,
                // What the list of jobs shows here.
                KillScope::Single { .. } | KillScope::Tag { .. } => {
                    Choice::default().includes(job, root)
                }
                KillScope::All => true,
            }
        })
    }

    fn with(
        root: &Path,
        labels: Labels,
        is_meant: impl Fn(&Record, &Path) -> bool,
    ) -> io::Result<Self> {
        let project = Place::of(root, labels)?;
        let store = Store::open();
        let goes_on =
            |job: &Record| !job.shown.status.is_over() || store.has_records(&job.shown.id);
        let all = store.all().into_iter();
        let meant = all.filter(|job| goes_on(job) && is_meant(job, project.root()));
        // One whose directory is gone was removed just now.
        let jobs = meant.filter_map(|job| Place::of_job(&store, &job, project.project()).ok());
        Ok(Self { jobs: jobs.collect(), project })
    }

    /// Whether one of the jobs has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.jobs.iter().any(|job| job.tags_of("").iter().any(|one| one == tag))
    }

    /// Whether this job is one of them.
    pub fn has_job(&self, id: &str) -> bool {
        self.jobs.iter().any(|job| job.job() == Some(id))
    }

    /// Whom a kill would hit, and whom not. Signals nobody.
    pub fn plan(&self, reach: &KillScope, signal: Signal) -> io::Result<Plan> {
        let mut whole = hunt::plan(&self.project, reach, signal)?;
        for job in &self.jobs {
            whole.join(hunt::plan(job, reach, signal)?);
        }
        Ok(whole)
    }

    /// Does it. The plan is what was meant when it was over.
    pub fn carry_out(&self, reach: &KillScope, signal: Signal) -> io::Result<Ended> {
        let mut all = hunt::carry_out(&self.project, reach, signal)?;
        for job in &self.jobs {
            all.join(hunt::carry_out(job, reach, signal)?);
        }
        Ok(all)
    }
}
