//! Secrets that a stop without a supervisor must not show. It knows them only
//! from the config, which is read when there is something to hide and not
//! before, and need not be valid.

use crate::config;
use crate::model::{Progress, Report, Secrets};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// The secrets of the project in this directory.
pub(super) struct ConfigSecrets {
    root: PathBuf,
    files: Vec<PathBuf>,
    known: OnceCell<Secrets>,
}

impl ConfigSecrets {
    pub(super) fn of(root: &Path, files: &[PathBuf]) -> Self {
        Self { root: root.to_owned(), files: files.to_vec(), known: OnceCell::new() }
    }

    /// Masks them in a report.
    pub(super) fn hide(&self, report: &mut Report) {
        let idle = report.hits.is_empty() && report.spared.is_empty();
        if !idle || !report.survivors.is_empty() {
            report.hide(self.known());
        }
    }

    /// Masks them in a step of a stop.
    pub(super) fn hide_in(&self, progress: &mut Progress) {
        if matches!(progress, Progress::Orphans { found } if !found.is_empty()) {
            progress.hide(self.known());
        }
    }

    fn known(&self) -> &Secrets {
        self.known.get_or_init(|| {
            let environment: Vec<_> = std::env::vars_os().collect();
            let request = config::Request {
                start_dir: self.root.clone(),
                files: self.files.clone(),
                os_environment: environment,
                ..config::Request::default()
            };
            match config::load(&request) {
                Ok(loaded) => Secrets::of(&loaded.project),
                Err(_) => of_environment(&request.os_environment),
            }
        })
    }
}

fn of_environment(variables: &[(std::ffi::OsString, std::ffi::OsString)]) -> Secrets {
    let text = |(name, value): &(std::ffi::OsString, std::ffi::OsString)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    let texts: Vec<(String, String)> = variables.iter().filter_map(text).collect();
    Secrets::among(texts.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}
