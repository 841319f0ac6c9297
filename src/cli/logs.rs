//! `devsup logs`: what services wrote, from their log files, during a run and
//! after it. No supervisor is asked, so that it works however a run ended.

mod choice;

use super::{Common, args};
use crate::exit::Status;
use crate::ledger::Location;
use crate::log::read::Stamp;
use crate::log::{Logs, Query, ReadError};
use crate::model::{Project, reason};
use crate::os::lock;
use crate::os::watch::Watch;
use crate::ui::style::Look;
use crate::ui::{self, LogOptions, LogPrinter};
use choice::{Choice, Kept};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a follower looks by itself: for the end of a supervisor that was
/// killed, which changes no file.
const GLANCE: Duration = Duration::from_secs(1);

/// Why no more lines are shown.
enum Stop {
    /// Whoever read them has gone.
    ReaderGone,
    /// A log can't be read, or the output not be written.
    Failed(String),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Failed(format!("the lines can't be written: {}", reason(&error))),
        }
    }
}

/// Shows lines from the logs.
pub fn run(common: &Common, typed: &args::Logs) -> Status {
    let (kept, choice) = match find(common, typed) {
        Ok(Some(found)) => found,
        Ok(None) => {
            ui::err("nothing was logged here yet");
            return Status::Ok;
        }
        Err(status) => return status,
    };
    crate::os::supervisor::raise_open_files_limit();
    if typed.follow {
        end_at_interrupt();
    }
    let mut view = View::new(common, typed, kept, choice);
    match view.show() {
        Ok(()) | Err(Stop::ReaderGone) => view.status,
        Err(Stop::Failed(why)) => {
            ui::error(&why);
            Status::Error
        }
    }
}

/// Where the logs are and which are wanted; `None`: there are none yet.
fn find(common: &Common, typed: &args::Logs) -> Result<Option<(Kept, Choice)>, Status> {
    let asked = args::Config { file: typed.file.clone(), ..args::Config::default() };
    let loaded = common.read(&asked)?;
    let project: Option<&Project> = loaded.as_ref().ok().map(|loaded| &loaded.project);
    let start = common.start_dir().unwrap_or_default();
    let root = super::down::root_of(&start, &typed.file);
    let root = project.map_or(root.as_path(), |project| &project.root);
    let location = Location::find(root).map_err(|error| {
        ui::error_with(&error.to_string(), error.hint());
        Status::Error
    })?;
    let Some(location) = location else {
        let Err(failure) = &loaded else { return Ok(None) };
        common.show(&failure.diagnostics);
        return Err(Status::Config);
    };
    let kept = Kept::new(location, project);
    let choice = Choice::of(&kept, &typed.names).map_err(|unknown| {
        ui::error(&unknown.to_string());
        Status::Usage
    })?;
    Ok(Some((kept, choice)))
}

/// A follower ends well when it is interrupted, whatever it is doing, even if
/// that is a write that nobody reads.
fn end_at_interrupt() {
    let always = Arc::new(AtomicBool::new(true));
    let status = i32::from(Status::Ok.code());
    // Where it fails the signal ends us all the same, with another status.
    let _usual = signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGINT,
        status,
        always,
    );
}

/// Shows what is written from now on, as `up` does, while `before` is done and
/// until the run is over or Ctrl-C; whether it was Ctrl-C.
pub(super) fn attach(
    common: &Common,
    typed: &args::Logs,
    before: impl FnOnce() -> Result<(), Status>,
) -> Result<bool, Status> {
    let Some((mut kept, choice)) = find(common, typed)? else { return Ok(false) };
    kept.show_journal();
    crate::os::supervisor::raise_open_files_limit();
    let interrupted = note_interrupt();
    let mut view = View::new(common, typed, kept, choice);
    view.interrupted = Arc::clone(&interrupted);
    view.add_new();
    before()?;
    match view.show() {
        Ok(()) | Err(Stop::ReaderGone) => Ok(interrupted.load(Ordering::Relaxed)),
        Err(Stop::Failed(why)) => Err(super::failed(&why)),
    }
}

/// Says that somebody has pressed Ctrl-C; the second one ends us.
fn note_interrupt() -> Arc<AtomicBool> {
    let noted = Arc::new(AtomicBool::new(false));
    let signal = signal_hook::consts::SIGINT;
    let status = i32::from(Status::Ok.code());
    // In this order, so that the first one does not find the flag set.
    let _usual =
        signal_hook::flag::register_conditional_shutdown(signal, status, Arc::clone(&noted));
    let _usual = signal_hook::flag::register(signal, Arc::clone(&noted));
    noted
}

/// Lines on their way to the screen.
struct View {
    kept: Kept,
    choice: Choice,
    logs: Logs,
    printer: LogPrinter,
    /// The names of what was added, in its order.
    shown: Vec<String>,
    /// The names of what could not be added.
    refused: Vec<String>,
    follow: bool,
    live: bool,
    /// Whether somebody wants this to be over.
    interrupted: Arc<AtomicBool>,
    status: Status,
}

impl View {
    fn new(common: &Common, typed: &args::Logs, kept: Kept, choice: Choice) -> Self {
        let query = Query {
            tail: typed.tail.filter(|&count| count < usize::MAX),
            since: typed.since.map(Stamp::of),
            until: typed.until.map(Stamp::of),
            grep: typed.grep.clone(),
        };
        let options = LogOptions {
            look: Look::of_stdout(common.colour),
            terminal: io::stdout().is_terminal(),
            timestamps: typed.timestamps,
            prefix: !typed.no_prefix,
            json: typed.json,
            names: kept.names(),
        };
        let live = is_live(&kept.location);
        Self {
            logs: Logs::new(query, live),
            printer: LogPrinter::new(options),
            shown: Vec::new(),
            refused: Vec::new(),
            follow: typed.follow,
            live,
            interrupted: Arc::default(),
            status: Status::Ok,
            kept,
            choice,
        }
    }

    fn show(&mut self) -> Result<(), Stop> {
        let mut watch = Watch::new();
        if self.follow {
            watch.add(self.kept.location.dir());
            self.kept.directories().iter().for_each(|directory| watch.add(directory));
        }
        loop {
            self.add_new();
            self.drain()?;
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(());
            }
            if !self.follow || !self.live {
                return self.finish();
            }
            watch.wait(GLANCE);
            // Asked before the files are read: what was written before the end
            // is there to be read after it.
            self.live = is_live(&self.kept.location);
            for source in self.logs.refresh()? {
                ui::err(&format!("lines of {} were rotated away unread", self.shown[source]));
            }
        }
    }

    /// Adds the logs that were not there before.
    fn add_new(&mut self) {
        for found in self.kept.logs() {
            let name = found.who.instance.clone();
            let is_known = self.shown.contains(&name) || self.refused.contains(&name);
            if is_known || !self.choice.includes(&found.who) {
                continue;
            }
            match self.logs.add(&found.path) {
                Ok(()) => {
                    self.shown.push(name);
                    self.printer.add(found.who);
                }
                Err(error) => {
                    ui::error(&error.to_string());
                    self.status = Status::Error;
                    self.refused.push(name);
                }
            }
        }
    }

    fn drain(&mut self) -> Result<(), Stop> {
        while let Some((source, line)) = self.logs.next_line()? {
            self.printer.line(source, line)?;
        }
        Ok(self.printer.flush()?)
    }

    fn finish(&mut self) -> Result<(), Stop> {
        while let Some((source, line)) = self.logs.finish(self.live) {
            self.printer.line(source, line)?;
        }
        Ok(self.printer.flush()?)
    }
}

/// Whether a supervisor may be writing.
fn is_live(location: &Location) -> bool {
    lock::is_held(&location.run_lock()).unwrap_or(false)
}
