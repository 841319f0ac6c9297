//! The verbs a newcomer meets first: what they print, to whom, and with which
//! status. They start nothing, so they need no fence.

mod config;
mod env;
mod exec;
mod generated;
mod hook;
mod init;

use devsup::os::pty::{Pty, Size};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A directory with files in it, and the shell of whoever calls devsup there.
pub struct Desk {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

/// An empty directory and a bare shell.
pub fn desk() -> Desk {
    let directory = tempfile::Builder::new().prefix("shop").tempdir().expect("a directory");
    // Files are looked for upward to the repository's root, which is here.
    fs::create_dir(directory.path().join(".git")).expect("a directory");
    Desk { directory, variables: Vec::new() }
}

/// What came of a call.
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl Desk {
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(name, content);
        self
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("a directory")
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("a file")
    }

    /// The command, not yet run.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_devsup"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path()).env("LANG", "C.UTF-8");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Calls devsup.
    pub fn devsup<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Said {
        let done = self.command(arguments).output().expect("devsup can be started");
        let clean = |bytes: Vec<u8>| self.clean(&String::from_utf8_lossy(&bytes));
        Said { out: clean(done.stdout), err: clean(done.stderr), code: done.status.code() }
    }

    /// Without the name of the directory.
    pub fn clean(&self, text: &str) -> String {
        let path = self.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        text.replace(&path.display().to_string(), "DIR").replace(&name, "NAME")
    }
}

/// What a terminal of this width shows.
pub fn terminal(desk: &Desk, arguments: &[&str], columns: u16) -> String {
    let pty = Pty::open(Size { rows: 24, columns }).expect("a terminal");
    let slave = || pty.slave.try_clone().expect("a descriptor");
    let mut command = desk.command(arguments);
    let mut child = command.stdout(slave()).stderr(slave()).spawn().expect("devsup can be started");
    // Its ends must be closed here for the screen to come to an end.
    drop((command, pty.slave));
    let mut screen = Vec::new();
    // A terminal that nobody writes to any more ends with an error.
    let _ = fs::File::from(pty.master).read_to_end(&mut screen);
    child.wait().expect("it was started here");
    desk.clean(&String::from_utf8_lossy(&screen)).replace('\r', "")
}

impl Said {
    /// Standard output of a call that went well.
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }
}

/// Set to have committed files written instead of compared.
pub const RENEW: &str = "DEVSUP_RENEW";

/// The project's own directory.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
