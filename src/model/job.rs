//! Jobs: commands that are started by hand and kept in a list. What their life
//! can be, and what an end means.

use super::Phase;
use std::fmt;

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It is recorded, and not started yet.
    Pending,
    /// Its command runs.
    Running,
    /// It ended well.
    Completed,
    /// It could not start, ended with a failure, or was ended by somebody who
    /// did not ask for it.
    Failed,
    /// Somebody asked for its end.
    Cancelled,
}

/// All of them, in the order of a life.
pub const JOB_STATUSES: [JobStatus; 5] = [
    JobStatus::Pending,
    JobStatus::Running,
    JobStatus::Completed,
    JobStatus::Failed,
    JobStatus::Cancelled,
];

impl JobStatus {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it will stay so.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// With what a job ends, if not by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobScope {
    /// With its owner, however that ends.
    Session,
    /// With the `down` of its project.
    Project,
    /// With nothing.
    Global,
}

/// All of them, the closest first.
pub const JOB_SCOPES: [JobScope; 3] = [JobScope::Session, JobScope::Project, JobScope::Global];

impl JobScope {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Project => "project",
            Self::Global => "global",
        }
    }
}

/// Why a job was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStop {
    /// Somebody asked for it.
    Asked,
    /// Its owner has ended.
    OwnerGone,
    /// Its time was over.
    TimeUp,
}

/// What became of a job: its status, and a reason in words where that says
/// more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// Its status.
    pub status: JobStatus,
    /// Why.
    pub reason: Option<String>,
}

impl JobEnd {
    /// What is true of a job that was last seen in this phase, and stopped for
    /// this reason, if it was. `error` is what its supervisor says of it.
    pub fn of(stop: Option<JobStop>, phase: Phase, error: Option<String>) -> Self {
        let (status, reason) = match (stop, phase) {
            (Some(JobStop::Asked), _) | (None, Phase::Stopped) => (JobStatus::Cancelled, None),
            (Some(JobStop::OwnerGone), _) => {
                (JobStatus::Cancelled, Some("its owner ended".to_owned()))
            }
            (Some(JobStop::TimeUp), _) => (JobStatus::Failed, Some("its time was over".to_owned())),
            (None, Phase::Completed) => (JobStatus::Completed, None),
            (None, _) => (JobStatus::Failed, error),
        };
        Self { status, reason }
    }

    /// What became of a job that is written down as going on, if its supervisor
    /// is gone. `same_boot`: the machine has not been restarted since.
    pub fn unseen(same_boot: bool) -> Self {
        let reason = if same_boot { "its supervisor was killed" } else { "machine restarted" };
        Self { status: JobStatus::Failed, reason: Some(reason.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_decides_what_an_end_means() {
        let status = |stop, phase| JobEnd::of(stop, phase, None).status;
        assert_eq!(status(None, Phase::Completed), JobStatus::Completed);
        assert_eq!(status(None, Phase::Failed), JobStatus::Failed);
        assert_eq!(status(Some(JobStop::Asked), Phase::Stopped), JobStatus::Cancelled);
        assert_eq!(status(Some(JobStop::Asked), Phase::Failed), JobStatus::Cancelled);
        assert_eq!(status(Some(JobStop::OwnerGone), Phase::Stopped), JobStatus::Cancelled);
        assert_eq!(status(Some(JobStop::TimeUp), Phase::Stopped), JobStatus::Failed);
    }

    #[test]
    fn a_restart_of_the_machine_is_told_apart() {
        let reason = |same| JobEnd::unseen(same).reason.unwrap_or_default();
        assert!(reason(false).contains("machine") && reason(true).contains("supervisor"));
    }
}
