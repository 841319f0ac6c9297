//! From a declared service to an order for the forker: what to execute, where
//! its streams go, and why it can't be started, if it can't.

use super::environment::{self, Who};
use super::{Options, Parts};
use crate::log::Channel as Stream;
use crate::model::{Command, InstanceName, Project, RunId, Service, Signal, Tty};
use crate::os::cgroup;
use crate::os::channel::Channel;
use crate::os::keep::Place;
use crate::os::launch::{Care, Launch, Missing, OnDeath, Streams, find_program, is_passable};
use crate::os::pty::{Pty, Size};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much of a script the kernel looks at for its interpreter.
const FIRST_LINE: usize = 256;

/// What a start needs of the run.
pub(super) struct Run<'a> {
    pub project: &'a Project,
    pub options: &'a Options,
    pub id: RunId,
    pub marker: u64,
    /// The cgroup of the run, where one can be had.
    pub cgroup: Option<&'a Path>,
    /// The size of the terminal that services with one get.
    pub size: Size,
}

/// A start, ready to be ordered.
pub(super) struct Start {
    pub launch: Launch,
    pub care: Care,
    pub streams: Streams,
    /// Our ends of its output.
    pub outputs: Vec<(Stream, OwnedFd)>,
    /// Our copy of its terminal's master, to tell it of new sizes.
    pub terminal: Option<OwnedFd>,
    /// Our copy of the write end of its standard input, where it may be written
    /// to.
    pub input: Option<OwnedFd>,
    /// The two ends of the guard's channel, ours first.
    pub channel: (Channel, Channel),
}

/// Prepares the start of one instance; the error is for people.
pub(super) fn prepare(
    run: &Run<'_>,
    who: &Who<'_>,
    lock: PathBuf,
    log: Place,
) -> Result<Start, String> {
    let service = who.service;
    let (lock, log) = (Some(lock), Some(log));
    let cgroup = run.cgroup.map(|group| cgroup::of_instance(group, who.instance));
    let launch = Launch { lock, log, cgroup, ..launch_of(run, who, &service.command)? };
    let terminal = wants_terminal(service, run.options);
    let care = Care {
        stop_signal: service.stop.signal,
        grace: run.options.grace.unwrap_or(service.stop.grace),
        terminal,
        stays: run.options.on_death == OnDeath::Stay,
        forking: service.forking,
    };
    let wired = if terminal { on_terminal(run.size) } else { on_pipes(service.stdin_open) };
    let wired = wired.map_err(|error| format!("no descriptors for its output: {error}"))?;
    let channel = Channel::pair().map_err(|error| format!("no channel to its guard: {error}"))?;
    let Wired { streams, outputs, terminal, input } = wired;
    Ok(Start { launch, care, streams, outputs, terminal, input, channel })
}

/// What is executed, as the service itself would be; without a lock.
fn launch_of(run: &Run<'_>, who: &Who<'_>, command: &Command) -> Result<Launch, String> {
    let environment = environment::of(who, run.project, run.options, run.id);
    let directory = existing(&who.service.working_dir)?;
    let (program, arguments) = command_line(command, &environment, &directory)?;
    if let Some((name, _)) = environment.iter().find(|(_, value)| !is_passable(value)) {
        return Err(format!("the value of `{}` contains a NUL byte", name.display()));
    }
    let (lock, log, cgroup, marker) = (None, None, None, run.marker);
    let keep = run.project.shutdown.keep.clone();
    Ok(Launch { program, arguments, environment, directory, lock, log, marker, keep, cgroup })
}

/// A command for a service, ready to be ordered.
pub(super) struct Errand {
    pub launch: Launch,
    pub care: Care,
    pub streams: Streams,
    /// Our end of its output.
    pub output: OwnedFd,
    /// The two ends of the guard's channel, ours first.
    pub channel: (Channel, Channel),
}

/// Prepares a command that is run for a service; the error is for people.
pub(super) fn errand(run: &Run<'_>, who: &Who<'_>, command: &Command) -> Result<Errand, String> {
    let launch = launch_of(run, who, command)?;
    // Nobody waits for it once the supervisor is gone.
    let care = Care {
        stop_signal: Signal::Kill,
        grace: Duration::ZERO,
        terminal: false,
        stays: false,
        forking: false,
    };
    let no_descriptors = |error: io::Error| format!("no descriptors for its output: {error}");
    let (output, written) = crate::os::pipe().map_err(no_descriptors)?;
    let error = written.try_clone().map_err(no_descriptors)?;
    let input = File::open("/dev/null").map_err(no_descriptors)?.into();
    let channel = Channel::pair().map_err(|error| format!("no channel to its guard: {error}"))?;
    let streams = Streams { input, output: written, error, held: Vec::new() };
    Ok(Errand { launch, care, streams, output, channel })
}

fn wants_terminal(service: &Service, options: &Options) -> bool {
    match service.tty {
        Tty::Auto => options.terminal,
        Tty::Yes => true,
        Tty::No => false,
    }
}

fn existing(directory: &Path) -> Result<PathBuf, String> {
    match std::fs::metadata(directory) {
        Ok(found) if found.is_dir() => Ok(directory.to_owned()),
        Ok(_) => Err(format!("`working_dir` {} is not a directory", directory.display())),
        Err(error) => Err(format!(
            "`working_dir` {} can't be entered: {}",
            directory.display(),
            plain(&error)
        )),
    }
}

fn command_line(
    command: &Command,
    environment: &[(OsString, OsString)],
    directory: &Path,
) -> Result<(PathBuf, Vec<OsString>), String> {
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value);
    let path = path.and_then(|value| value.to_str()).unwrap_or("/usr/local/bin:/usr/bin:/bin");
    match command {
        Command::Exec(words) => {
            let first = words.first().map_or("", String::as_str);
            let program = find_program(first, path, directory)
                .map_err(|missing| not_found(first, &missing, path))?;
            has_interpreter(&program)?;
            Ok((program, words.iter().map(OsString::from).collect()))
        }
        Command::Shell(line) => {
            if let Some(first) = crate::model::first_word(line) {
                let program = find_program(&first, path, directory)
                    .map_err(|missing| not_found(&first, &missing, path))?;
                has_interpreter(&program)?;
            }
            let arguments = ["sh", "-c", &crate::model::exec_prefix(line)];
            Ok(("/bin/sh".into(), arguments.iter().map(OsString::from).collect()))
        }
    }
}

/// One message with the cause and the way out.
fn not_found(name: &str, missing: &Missing, path: &str) -> String {
    if let Some(file) = &missing.not_executable {
        let file = file.display();
        return format!("`{file}` is not executable (try `chmod +x {file}`)");
    }
    let mut text = format!("command not found: `{name}`");
    if name.contains('/') {
        if let Some(file) = missing.looked.first() {
            let _ = write!(text, " (there is no {})", file.display());
        }
    } else {
        let _ = write!(text, " (not in PATH: {path})");
    }
    text
}

/// A script whose interpreter is missing: the kernel would say only that there
/// is no such file, which reads as if the script were missing.
fn has_interpreter(program: &Path) -> Result<(), String> {
    let Some(interpreter) = interpreter(program).filter(|path| !path.exists()) else {
        return Ok(());
    };
    Err(format!(
        "`{}` can't be executed: there is no `{}`, which its first line names \
         (install it, or correct the line)",
        program.display(),
        interpreter.display()
    ))
}

/// What a script names behind its `#!`, if it is one and can be read. A
/// carriage return is part of the name, as the kernel sees it.
fn interpreter(program: &Path) -> Option<PathBuf> {
    let mut head = Vec::with_capacity(FIRST_LINE);
    File::open(program).ok()?.take(FIRST_LINE as u64).read_to_end(&mut head).ok()?;
    let line = head.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let name = line.trim_ascii_start().split(|byte| b" \t".contains(byte)).next()?;
    (!name.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(name)))
}

struct Wired {
    streams: Streams,
    outputs: Vec<(Stream, OwnedFd)>,
    terminal: Option<OwnedFd>,
    input: Option<OwnedFd>,
}

fn on_terminal(size: Size) -> io::Result<Wired> {
    let Pty { master, slave } = Pty::open(size)?;
    let held = vec![master.as_fd().try_clone_to_owned()?];
    let resized = master.as_fd().try_clone_to_owned()?;
    let streams = Streams {
        input: slave.as_fd().try_clone_to_owned()?,
        output: slave.as_fd().try_clone_to_owned()?,
        error: slave,
        held,
    };
    Ok(Wired {
        streams,
        outputs: vec![(Stream::Terminal, master)],
        terminal: Some(resized),
        input: None,
    })
}

/// Standard input is a pipe that nobody writes to (but whoever attaches, where
/// it is open to them) and nobody closes: watchers that end when their input
/// ends go on.
fn on_pipes(open: bool) -> io::Result<Wired> {
    let (input, silent) = crate::os::pipe()?;
    let (out_read, output) = crate::os::pipe()?;
    let (error_read, error) = crate::os::pipe()?;
    let written = if open { Some(silent.as_fd().try_clone_to_owned()?) } else { None };
    let held = vec![
        silent,
        out_read.as_fd().try_clone_to_owned()?,
        error_read.as_fd().try_clone_to_owned()?,
    ];
    let streams = Streams { input, output, error, held };
    Ok(Wired {
        streams,
        outputs: vec![(Stream::Out, out_read), (Stream::Err, error_read)],
        terminal: None,
        input: written,
    })
}

/// The words for a start that failed on its way to the program.
pub(super) fn failed_step(
    step: crate::os::guard::Step,
    number: i32,
    service: &Service,
    instance: &InstanceName,
) -> String {
    use crate::os::guard::Step;
    let why = plain(&io::Error::from_raw_os_error(number));
    match step {
        Step::Fork => format!("no process could be made: {why}"),
        Step::Lock => format!(
            "its lock file is held by something of an earlier run of `{instance}`: {why} (`devsup down` ends it)"
        ),
        Step::Directory => {
            format!("`working_dir` {} can't be entered: {why}", service.working_dir.display())
        }
        Step::Setup => format!("its session could not be set up: {why}"),
        Step::Execute => format!("{} can't be executed: {why}", shown(&service.command)),
    }
}

fn shown(command: &Command) -> String {
    match command {
        Command::Exec(words) => format!("`{}`", words.first().map_or("", String::as_str)),
        Command::Shell(_) => "`/bin/sh`".to_owned(),
    }
}

/// An error of the operating system in lower case and without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The environment devsup itself was started in, without its own variables,
/// and the run it was started by.
pub fn os_environment() -> (Vec<(OsString, OsString)>, Option<String>) {
    let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(b"DEVSUP_");
    let outer = std::env::var("DEVSUP_RUN_ID").ok();
    (std::env::vars_os().filter(|(name, _)| !ours(name)).collect(), outer)
}

impl Parts {
    /// The size that services' terminals get: ours, less the prefix.
    pub(super) fn terminal_size(prefix: u16) -> Size {
        let own = crate::os::pty::size(io::stdout()).unwrap_or(Size { rows: 24, columns: 80 });
        Size { rows: own.rows, columns: own.columns.saturating_sub(prefix).max(20) }
    }
}
