//! Which jobs are meant.

use super::record::Record;
use crate::model::{JobScope, JobStatus};
use std::path::Path;

/// Which jobs are wanted. What is empty asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Those with any of these tags.
    pub tags: Vec<String>,
    /// Those with any of these statuses.
    pub statuses: Vec<JobStatus>,
    /// Those of every project, and not only of one.
    pub everywhere: bool,
}

impl Choice {
    /// Whether this one is wanted by somebody in that project. A global job is
    /// everybody's.
    pub fn includes(&self, job: &Record, project: &Path) -> bool {
        let shown = &job.shown;
        let here = self.everywhere || shown.scope == JobScope::Global || shown.project == project;
        let tagged = self.tags.is_empty() || self.tags.iter().any(|tag| shown.tags.contains(tag));
        let status = self.statuses.is_empty() || self.statuses.contains(&shown.status);
        here && tagged && status
    }
}

/// Why a text does not say which job is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// There is none.
    #[error("there is no job `{0}`")]
    None(String),
    /// There are several.
    #[error("`{text}` could be any of {}", .ids.join(", "))]
    Several {
        /// What was typed.
        text: String,
        /// What it could be.
        ids: Vec<String>,
    },
}

impl Unclear {
    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::None(_) => "`devsup job ls --all` shows them all",
            Self::Several { .. } => "write the id",
        }
    }
}

/// The job that is meant: by its id, by the beginning of one, or by a name that
/// only one has.
pub fn find(all: &[Record], text: &str) -> Result<Record, Unclear> {
    type Way = fn(&Record, &str) -> bool;
    let ways: [Way; 3] = [
        |job, text| job.shown.id == text,
        |job, text| job.shown.id.starts_with(text),
        |job, text| job.shown.name == text,
    ];
    for way in ways {
        let mut found = all.iter().filter(|job| way(job, text) && !text.is_empty());
        match (found.next(), found.next()) {
            (Some(one), None) => return Ok(one.clone()),
            (Some(_), Some(_)) => {
                let several = all.iter().filter(|job| way(job, text));
                let ids = several.map(|job| job.shown.id.clone()).collect();
                return Err(Unclear::Several { text: text.to_owned(), ids });
            }
            (None, _) => {}
        }
    }
    Err(Unclear::None(text.to_owned()))
}
