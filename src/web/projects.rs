//! Which projects can be asked, and where their supervisors listen.

use crate::api::client::Client;
use crate::api::{ProjectEntry, Projects, VERSION, address};
use crate::os::marker::ProjectKey;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a supervisor may take that is only one of many.
const GLANCE: Duration = Duration::from_millis(500);

/// The project that is served from.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub root: PathBuf,
    pub key: String,
}

impl Home {
    pub fn of(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let key = ProjectKey::of(&root)?.to_string();
        Ok(Self { root, key })
    }

    /// All that can be asked; takes as long as they take to answer.
    pub fn list(&self) -> Projects {
        let mut projects: Vec<ProjectEntry> =
            address::all().into_iter().filter_map(|path| entry(path, self)).collect();
        if !projects.iter().any(|one| one.here) {
            projects.push(self.entry());
        }
        projects.sort_by(|one, other| {
            (!one.here, &one.project, &one.root).cmp(&(!other.here, &other.project, &other.root))
        });
        Projects { version: VERSION, projects }
    }

    fn entry(&self) -> ProjectEntry {
        let name = self.root.file_name().unwrap_or(self.root.as_os_str());
        ProjectEntry {
            key: self.key.clone(),
            project: name.to_string_lossy().into_owned(),
            root: self.root.clone(),
            running: false,
            here: true,
        }
    }
}

fn entry(path: PathBuf, home: &Home) -> Option<ProjectEntry> {
    let key = path.file_stem()?.to_str()?.to_owned();
    let greeting = Client::at(path).hello(Instant::now() + GLANCE).ok()?;
    let here = greeting.root == home.root;
    let (project, root) = (greeting.project, greeting.root);
    Some(ProjectEntry { key, project, root, running: true, here })
}

/// Where the supervisor of this key listens, if one does. Only what is in the
/// list can be asked for, so a key is never a path.
pub(super) fn socket_of(key: &str) -> Option<PathBuf> {
    let name = format!("{key}.sock");
    address::all().into_iter().find(|path| path.file_name() == Some(OsStr::new(&name)))
}
