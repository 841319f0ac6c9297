//! Whose a container is, from its labels alone. Compose writes down where it
//! was started from; a name proves nothing, because two checkouts of one
//! repository share it. It knows no engine.

use crate::model::{Claim, Reach, RunId, WhySpared};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Compose's project name.
pub(super) const PROJECT: &str = "com.docker.compose.project";
/// Compose's service name.
pub(super) const SERVICE: &str = "com.docker.compose.service";
/// The services a container's service depends on.
pub(super) const DEPENDS_ON: &str = "com.docker.compose.depends_on";
const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
const ONE_OFF: &str = "com.docker.compose.oneoff";
const RUN: &str = "devsup.run";

/// Labels as engines give them.
pub(super) type Labels = HashMap<String, String>;

/// What makes a container ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Ground {
    /// The project's directory, symlinks resolved.
    pub root: PathBuf,
    /// The configured compose file, symlinks resolved.
    pub file: Option<PathBuf>,
    /// The configured compose project name.
    pub project: Option<String>,
    /// The name compose would give the project, if that can be told.
    pub usual_name: Option<String>,
    /// Our runs.
    pub runs: Vec<RunId>,
    /// Which containers of the project are meant.
    pub reach: Reach,
    /// What the kernel says of our own mounts and control groups. Inside of a
    /// container, its id is part of that.
    pub surroundings: String,
}

impl Ground {
    /// Says why a container with these labels is ours, or why it is spared.
    pub fn judge(&self, labels: &Labels) -> Result<Claim, WhySpared> {
        if let Some(run) = labels.get(RUN).and_then(|value| self.run_in(value)) {
            return Ok(Claim::Run(run));
        }
        let project = labels.get(PROJECT).ok_or(WhySpared::NotCompose)?;
        let directory = labels.get(WORKING_DIR).ok_or(WhySpared::NoDirectory)?;
        let real = resolved(Path::new(directory));
        if real == self.root {
            return self.if_meant(Claim::Directory, labels);
        }
        if self.is_of_file(project, &real, labels) {
            return self.if_meant(Claim::File, labels);
        }
        let directory = directory.clone();
        if self.is_our_name(project) {
            Err(WhySpared::SameName { directory })
        } else {
            Err(WhySpared::OtherProject { directory })
        }
    }

    /// Whether compose made it for this project's services, and no one by hand.
    pub fn is_of_project(&self, labels: &Labels) -> bool {
        let claim = self.judge(labels);
        matches!(claim, Ok(Claim::Directory | Claim::File)) && !is_by_hand(labels)
    }

    /// Whether we run inside the container with this id.
    pub fn is_inside(&self, id: &str) -> bool {
        // Shorter than any engine's id, it could be part of any word.
        id.len() >= 32 && self.surroundings.contains(id)
    }

    fn if_meant(&self, claim: Claim, labels: &Labels) -> Result<Claim, WhySpared> {
        let Reach::Run(services) = &self.reach else { return Ok(claim) };
        let started = labels.get(SERVICE).is_some_and(|service| services.contains(service));
        if started && !is_by_hand(labels) { Ok(claim) } else { Err(WhySpared::Before) }
    }

    fn is_our_name(&self, project: &str) -> bool {
        self.project.as_deref().or(self.usual_name.as_deref()) == Some(project)
    }

    /// A run inside a run carries both ids, the outer one first.
    fn run_in(&self, value: &str) -> Option<RunId> {
        let mut ids = value.split('/').filter_map(RunId::parse);
        ids.find(|id| self.runs.contains(id))
    }

    /// Compose's second version writes its files' absolute paths. The first
    /// wrote them as they were typed, relative to a directory nobody recorded,
    /// so there only directory and file name together count.
    fn is_of_file(&self, project: &str, directory: &Path, labels: &Labels) -> bool {
        let Some(ours) = &self.file else { return false };
        if self.project.as_deref().is_some_and(|wanted| wanted != project) {
            return false;
        }
        let listed = labels.get(CONFIG_FILES).map_or("", String::as_str);
        let mut files = listed.split(',').map(Path::new);
        files.any(|file| {
            if file.is_absolute() {
                resolved(file) == *ours
            } else {
                ours.parent() == Some(directory) && file.file_name() == ours.file_name()
            }
        })
    }
}

/// `docker compose run`, as opposed to a service of the project.
fn is_by_hand(labels: &Labels) -> bool {
    labels.get(ONE_OFF).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Reads what [`Ground::surroundings`] asks for; nothing where it can't be read.
pub(super) fn surroundings() -> String {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    traces(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"))
}

/// Engines put three files of their own into each container, from a directory
/// named by its id. Other mounts tell nothing: the host's list has an entry for
/// every container that runs on it.
fn traces(mounts: &str, groups: &str) -> String {
    const FILES: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];
    let mut traces = groups.to_owned();
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(3);
        if let (Some(from), Some(at)) = (fields.next(), fields.next())
            && FILES.contains(&at)
        {
            traces.push_str(from);
            traces.push('\n');
        }
    }
    traces
}

/// The path without symlinks; as it is where it leads nowhere any more.
pub(super) fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The services named in a `depends_on` label, which reads
/// `db:service_healthy:false,cache:service_started:true`.
pub(super) fn depends_on(labels: &Labels) -> Vec<String> {
    let text = labels.get(DEPENDS_ON).map_or("", String::as_str);
    let names = text.split(',').filter_map(|entry| entry.split(':').next());
    names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
