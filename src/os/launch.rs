//! What it takes to start one process: the order that travels from the
//! supervisor to the forker and on to the guard and its child.
//!
//! The bulk (arguments, environment, paths) goes into an anonymous memory file
//! that only the child reads, so that a guard never touches it: a hundred
//! guards then share nearly all of their pages.

use super::keep::Place;
use crate::model::Signal;
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything about a process that is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The program's file. A name without a slash is not searched for.
    pub program: PathBuf,
    /// Its arguments, the first being the name it sees itself called by.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where it starts.
    pub directory: PathBuf,
    /// The lock file that it and all it forks hold open, if it has one. What
    /// else its guard leaves there is named after it.
    pub lock: Option<PathBuf>,
    /// Where its output goes while there is no supervisor.
    pub log: Option<Place>,
    /// The value of its soft `RLIMIT_LOCKS`.
    pub marker: u64,
    /// Executables that its guard leaves alive, with all below.
    pub keep: Vec<String>,
    /// The cgroup that it and all it forks are in, where one can be had.
    pub cgroup: Option<PathBuf>,
}

/// How a guard looks after its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// The signal its group is asked to stop with.
    pub stop_signal: Signal,
    /// How long its tree may take when the supervisor is gone.
    pub grace: Duration,
    /// Whether its standard streams are a terminal to be its controlling one.
    pub terminal: bool,
    /// Whether its tree lives on when the supervisor is gone.
    pub stays: bool,
    /// Whether what its process leaves behind when it ends well is the service.
    pub forking: bool,
}

/// What becomes of what runs when its supervisor is gone without having stopped
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum OnDeath {
    /// Its guards stop it.
    Stop,
    /// Its guards keep it for the next supervisor.
    Stay,
}

/// Where its standard streams go.
#[derive(Debug)]
pub struct Streams {
    /// Standard input.
    pub input: OwnedFd,
    /// Standard output.
    pub output: OwnedFd,
    /// Standard error.
    pub error: OwnedFd,
    /// What the guard holds open for as long as it lives: the other ends, so
    /// that neither SIGPIPE nor a hang-up reaches the service when the
    /// supervisor dies. The master of its terminal alone; or the write end of
    /// its standard input and the read ends of its output and its errors.
    pub held: Vec<OwnedFd>,
}

const NAME: &core::ffi::CStr = c"devsup-launch";

impl Launch {
    /// Writes it into a fresh memory file, positioned at its start.
    pub(super) fn to_memory(&self) -> io::Result<OwnedFd> {
        let mut bytes = Vec::with_capacity(8192);
        self.put_label(&mut bytes);
        for path in [&self.program, &self.directory] {
            put(&mut bytes, path.as_os_str());
        }
        put_count(&mut bytes, self.arguments.len());
        for argument in &self.arguments {
            put(&mut bytes, argument);
        }
        put_count(&mut bytes, self.environment.len());
        for (name, value) in &self.environment {
            let mut both = name.clone();
            both.push("=");
            both.push(value);
            put(&mut bytes, &both);
        }
        let mut file = File::from(memfd_create(NAME, MFdFlags::MFD_CLOEXEC)?);
        file.write_all(&bytes)?;
        file.rewind()?;
        Ok(file.into())
    }

    /// What the guard reads, behind its length. No path is empty, so that an
    /// empty one says that there is none.
    fn put_label(&self, bytes: &mut Vec<u8>) {
        let (max_size, max_files) =
            self.log.as_ref().map_or((0, 0), |log| (log.max_size, log.max_files));
        let mut label = Vec::with_capacity(512);
        label.extend(self.marker.to_le_bytes());
        label.extend(max_size.to_le_bytes());
        put_count(&mut label, max_files as usize);
        let log = self.log.as_ref().map(|log| &log.file);
        for path in [self.lock.as_ref(), log, self.cgroup.as_ref()] {
            put(&mut label, path.map_or(OsStr::new(""), |path| path.as_os_str()));
        }
        let secrets = self.log.as_ref().map_or(&[][..], |log| &log.secrets);
        put_count(&mut label, secrets.len());
        label.extend(secrets);
        put_count(&mut label, self.keep.len());
        for word in &self.keep {
            put(&mut label, OsStr::new(word));
        }
        put_count(bytes, label.len());
        bytes.extend(label);
    }
}

/// A launch as the child reads it: ready to be executed.
pub(super) struct Order {
    pub program: CString,
    pub directory: PathBuf,
    pub arguments: Vec<CString>,
    pub environment: Vec<CString>,
}

/// The part that the guard itself needs.
pub(super) struct Label {
    pub marker: u64,
    pub lock: Option<PathBuf>,
    pub log: Option<Place>,
    pub keep: Vec<String>,
    pub cgroup: Option<PathBuf>,
}

impl Order {
    /// Reads the whole order.
    pub fn read(memory: OwnedFd) -> io::Result<Self> {
        let mut file = File::from(memory);
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut rest = Reader(&bytes);
        let label = rest.count()?;
        rest.take(label)?;
        let program = rest.text()?;
        let directory = path(rest.text()?);
        let arguments = rest.list()?;
        let environment = rest.list()?;
        Ok(Self { program, directory, arguments, environment })
    }
}

impl Label {
    /// Reads the part that stands first, and nothing behind it.
    pub fn read(memory: &OwnedFd) -> io::Result<Self> {
        let mut length = [0; 4];
        nix::sys::uio::pread(memory, &mut length, 0)?;
        let mut label = vec![0; u32::from_le_bytes(length) as usize];
        let read = nix::sys::uio::pread(memory, &mut label, 4)?;
        let mut rest = Reader(&label[..read]);
        let (marker, max_size) = (rest.number()?, rest.number()?);
        let max_files = u32::try_from(rest.count()?).unwrap_or(u32::MAX);
        let there = |path: &PathBuf| !path.as_os_str().is_empty();
        let lock = Some(path(rest.text()?)).filter(there);
        let file = Some(path(rest.text()?)).filter(there);
        let cgroup = Some(path(rest.text()?)).filter(there);
        let secrets = rest.count()?;
        let secrets = rest.take(secrets)?.to_vec();
        let log = file.map(|file| Place { file, max_size, max_files, secrets });
        let keep = rest.list()?.into_iter().filter_map(|word| word.into_string().ok()).collect();
        Ok(Self { marker, lock, log, keep, cgroup })
    }
}

fn path(text: CString) -> PathBuf {
    PathBuf::from(OsString::from_vec(text.into_bytes()))
}

fn put(bytes: &mut Vec<u8>, text: &OsStr) {
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    // An environment of 4 GiB can't exist (the kernel's limit is 6 MiB).
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = tail;
        Ok(head)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(eight))
    }

    fn count(&mut self) -> io::Result<usize> {
        let mut four = [0; 4];
        four.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(four) as usize)
    }

    fn text(&mut self) -> io::Result<CString> {
        let count = self.count()?;
        Ok(CString::new(self.take(count)?)?)
    }

    fn list(&mut self) -> io::Result<Vec<CString>> {
        let count = self.count()?;
        (0..count).map(|_| self.text()).collect()
    }
}

/// Whether a text can be handed to a new process at all: no NUL inside.
pub fn is_passable(text: &OsStr) -> bool {
    !text.as_bytes().contains(&0)
}

/// Finds a program as `execvp` would: a name with a slash is a path from
/// `directory`, any other is looked for in `path` (a `PATH` value).
///
/// # Errors
/// Every place that was looked at, and whether one of them exists but can't be
/// executed.
pub fn find_program(name: &str, path: &str, directory: &Path) -> Result<PathBuf, Missing> {
    let mut missing = Missing { looked: Vec::new(), not_executable: None };
    let places: Vec<PathBuf> = if name.contains('/') {
        // By its components, so that `./web` is not told as `/shop/./web`.
        vec![directory.join(name).components().collect()]
    } else {
        std::env::split_paths(path).map(|place| directory.join(place).join(name)).collect()
    };
    for place in places {
        if place.is_file() {
            if may_execute(&place) {
                return Ok(place);
            }
            missing.not_executable.get_or_insert_with(|| place.clone());
        }
        missing.looked.push(place);
    }
    Err(missing)
}

/// A program that was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The files looked for, in order.
    pub looked: Vec<PathBuf>,
    /// One of them that is there but may not be executed.
    pub not_executable: Option<PathBuf>,
}

fn may_execute(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::X_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_journey() -> io::Result<()> {
        let launch = Launch {
            program: "/bin/sh".into(),
            arguments: vec!["sh".into(), "-c".into(), "exec true".into()],
            environment: vec![("A".into(), "1=2".into()), ("B".into(), "".into())],
            directory: "/tmp".into(),
            lock: Some("/tmp/x.lock".into()),
            log: Some(Place {
                file: "/tmp/x.log".into(),
                max_size: 5,
                max_files: 3,
                secrets: b"one\ntwo\0".to_vec(),
            }),
            marker: 77,
            keep: vec!["gradle".into(), "/opt/watchman".into()],
            cgroup: Some("/sys/fs/cgroup/x".into()),
        };
        let memory = launch.to_memory()?;
        let label = Label::read(&memory)?;
        assert_eq!((label.marker, label.lock), (77, launch.lock.clone()));
        assert_eq!(label.log, launch.log);
        assert_eq!((label.keep, label.cgroup), (launch.keep.clone(), launch.cgroup.clone()));
        let order = Order::read(memory)?;
        assert_eq!(order.program.as_bytes(), b"/bin/sh");
        assert_eq!(order.directory, launch.directory);
        assert_eq!(order.arguments.len(), 3);
        assert_eq!(order.environment[0].as_bytes(), b"A=1=2");
        Ok(())
    }

    #[test]
    fn a_missing_program_says_where_it_was_looked_for() {
        let missing = find_program("no-such", "/bin:/usr/bin", Path::new("/")).unwrap_err();
        assert_eq!(missing.looked.len(), 2);
        assert_eq!(missing.not_executable, None);
        assert!(find_program("sh", "/nowhere:/bin", Path::new("/")).is_ok());
    }
}
