//! Config files, from directories on disk to projects or to what the user is
//! told.

mod arbitrary;
mod check;
mod mistakes;
mod projects;
mod variables;

use devsup::config::{Failure, Loaded, Request, load, render};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A directory with files, and the command line that is about to read them.
pub struct Given {
    directory: TempDir,
    request: Request,
}

/// Starts with an empty directory and an empty environment.
pub fn given() -> Given {
    let directory = tempfile::Builder::new().prefix("shop").tempdir().expect("a directory");
    let start_dir = directory.path().to_owned();
    Given { directory, request: Request { start_dir, ..Request::default() } }
}

impl Given {
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
        self
    }

    pub fn yaml(self, content: &str) -> Self {
        self.file("devsup.yaml", content)
    }

    pub fn procfile(self, content: &str) -> Self {
        self.file("Procfile", content)
    }

    pub fn directory(self, name: &str) -> Self {
        fs::create_dir_all(self.directory.path().join(name)).expect("a directory");
        self
    }

    pub fn from(mut self, name: &str) -> Self {
        self.request.start_dir = self.directory.path().join(name);
        self
    }

    pub fn system(mut self, name: &str, value: &str) -> Self {
        self.request.os_environment.push((OsString::from(name), OsString::from(value)));
        self
    }

    pub fn asks(mut self, with: impl FnOnce(&mut Request)) -> Self {
        with(&mut self.request);
        self
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn load(&self) -> Result<Loaded, Failure> {
        load(&self.request)
    }

    /// What the user is told, good or bad, without the name of the directory.
    pub fn said(&self) -> String {
        let diagnostics = match self.load() {
            Ok(loaded) => loaded.warnings,
            Err(failure) => failure.diagnostics,
        };
        let real = self.path().canonicalize().expect("a directory");
        render(&diagnostics, false, 100).replace(&real.display().to_string(), "DIR")
    }
}
