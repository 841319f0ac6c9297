//! `devsup down`: everything of this project is stopped, and that is proven.
//! A living supervisor does it on request and is then checked; where there is
//! none, or none that answers, it is done here.

mod conversation;
mod error;
mod root;
mod signals;
mod turn;

pub(super) use self::root::of as root_of;

use self::conversation::Ending;
pub use self::error::DownError;
use self::error::at;
use self::signals::Signals;
use self::turn::Turn;
use crate::api::address;
use crate::exit::Status;
use crate::ledger::{self, Book, HistoryEvent, Judged, Location};
use crate::model::{Progress, Report, Verdict, reason};
use crate::os::lock::{self, Locked};
use crate::shutdown::{self, Options, Runs, Scope, alone};
use crate::ui;
use crate::ui::stop::{self, Look, Screen};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `down` was asked for.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct DownArguments {
    /// The directory to look for the project from, absolute.
    pub start: PathBuf,
    /// The config files that `up` was given, if it was.
    pub file: Vec<PathBuf>,
    /// Ask nobody, kill all.
    pub force: bool,
    /// Only what no living supervisor owns.
    pub stale: bool,
    /// A patience for every service instead of its own.
    pub timeout: Option<Duration>,
    /// Only look.
    pub dry_run: bool,
    /// The report as JSON on standard output.
    pub json: bool,
    /// No words.
    pub quiet: bool,
    /// How words look.
    pub look: Look,
}

impl DownArguments {
    /// A plain `down` of the project in this directory.
    pub fn of(start: PathBuf, look: Look) -> Self {
        Self {
            start,
            file: Vec::new(),
            force: false,
            stale: false,
            timeout: None,
            dry_run: false,
            json: false,
            quiet: false,
            look,
        }
    }
}

/// Stops what was asked for and says how it went.
pub fn run(arguments: &DownArguments) -> Status {
    let root = root_of(&arguments.start, &arguments.file);
    let mut down = Down::new(arguments, root);
    match down.work() {
        Ok(report) => {
            down.conclude(&report);
            if report.verdict == Verdict::Left { Status::Left } else { Status::Ok }
        }
        Err(error) => {
            match error.hint() {
                Some(hint) => ui::error_with(&error.to_string(), hint),
                None => ui::error(&error.to_string()),
            }
            Status::Error
        }
    }
}

/// What `up` does before it begins: ends whatever is left of runs of this
/// project whose supervisor is gone. Says nothing where nothing is left, and
/// does nothing where a supervisor lives, which is then `up`'s to say.
pub fn clean_up_before(root: &Path, look: Look) -> Result<(), DownError> {
    let arguments = DownArguments { stale: true, ..DownArguments::of(root.to_owned(), look) };
    let mut down = Down::new(&arguments, root.to_owned());
    // Made now, so that there is a lock to take: without one only the markers
    // would tell, and those of another `up` that begins in this moment look
    // like an old run's. Where nothing can be made, `up` says so next.
    let Ok(location) = Location::prepare(root) else { return Ok(()) };
    if lock::is_held(&location.run_lock()).unwrap_or(false) {
        return Ok(());
    }
    match down.work() {
        Ok(report) if report.verdict == Verdict::Nothing => {}
        Ok(report) => down.conclude(&report),
        // Another `up` has begun since we looked, which is `up`'s to say too.
        Err(DownError::Unclear | DownError::JustBegun) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// A `down` at work.
struct Down<'a> {
    arguments: &'a DownArguments,
    root: PathBuf,
    screen: Screen,
    signals: Signals,
    /// We are part of what is stopped, so others have the last word.
    handed_over: bool,
}

impl<'a> Down<'a> {
    fn new(arguments: &'a DownArguments, root: PathBuf) -> Self {
        let root = root.canonicalize().unwrap_or(root);
        let screen = Screen::new(arguments.look, arguments.quiet);
        Self { arguments, root, screen, signals: Signals::catch(), handed_over: false }
    }

    fn conclude(&mut self, report: &Report) {
        if self.arguments.json {
            stop::print(&serde_json::to_string_pretty(report).unwrap_or_default());
        } else if report.dry_run && !self.arguments.quiet {
            stop::print(&stop::verdict(report, self.arguments.look));
        } else if !self.handed_over {
            self.screen.verdict(report);
        }
    }

    fn work(&mut self) -> Result<Report, DownError> {
        let Some(location) = Location::find(&self.root)? else {
            // No records at all: markers alone can still tell.
            let scope = Scope::of_project(&self.root, None, Vec::new());
            let scope = scope.map_err(at("the project can't be looked at"))?;
            return self.only_look_or(&scope, |down, scope| Ok(down.alone(scope, None)));
        };
        let turn = Turn::wait_for(&location, &mut self.screen, self.arguments.dry_run);
        let judged = ledger::read(&location);
        self.say_all(&judged.notes);
        let living = lock::is_held(&location.run_lock()).unwrap_or(false);
        let scope = self.scope(&location, &judged, living)?;
        let mut report = self.only_look_or(&scope, |down, scope| {
            let book = judged.book.as_ref();
            match (living, down.arguments.stale) {
                (false, _) => down.without_supervisor(&location, scope, book),
                (true, true) => Ok(down.alone(scope, None)),
                (true, false) => down.with_supervisor(&location, scope, book),
            }
        })?;
        report.notes.extend(judged.notes);
        Ok(turn.verdict(&location, report))
    }

    fn scope(
        &self,
        location: &Location,
        judged: &Judged,
        living: bool,
    ) -> Result<Scope, DownError> {
        let locks = ledger::locks_in(location);
        let scope = match (&judged.book, living && self.arguments.stale) {
            (Some(book), true) => Scope::stale(&self.root, book, locks),
            (None, true) => return Err(DownError::Unclear),
            (book, false) => Scope::of_project(&self.root, book.as_ref(), locks),
        };
        scope.map_err(at("the project can't be looked at"))
    }

    fn only_look_or(
        &mut self,
        scope: &Scope,
        act: impl FnOnce(&mut Self, &Scope) -> Result<Report, DownError>,
    ) -> Result<Report, DownError> {
        if self.arguments.dry_run {
            return shutdown::rehearse(scope).map_err(at("the process table can't be read"));
        }
        act(self, scope)
    }

    fn alone(&mut self, scope: &Scope, book: Option<&Book>) -> Report {
        let options = Options {
            force: self.arguments.force,
            grace: self.arguments.timeout,
            ..Options::default()
        };
        let signals = &self.signals;
        let wish = alone::Wish { options, hurried: &|| signals.count() > 0 };
        let screen = &mut self.screen;
        alone::stop(scope, book, &wish, &mut |progress| {
            screen.progress(&progress);
        })
    }

    /// Nobody owns the records: they are ours to clear once nothing is left.
    fn without_supervisor(
        &mut self,
        location: &Location,
        scope: &Scope,
        book: Option<&Book>,
    ) -> Result<Report, DownError> {
        let owned = match lock::try_lock(&location.run_lock()) {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Err(DownError::JustBegun),
            // A directory that can't be written any more; the stop still can.
            Err(_) => None,
        };
        let report = self.alone(scope, book);
        self.record(location, &report);
        match owned {
            Some(lock) => self.clear(location, lock, scope, socket_of(book), &report),
            None => self.screen.say("! the records can't be locked, so they stay"),
        }
        if let Some(guard) = shutdown::our_guard(scope) {
            // Its own supervisor is gone, so it is at work already; a stopped
            // one is not, and hears this.
            let _best = guard.order(crate::os::process::QueuedOrder::Ask);
        }
        Ok(report)
    }

    fn clear(
        &mut self,
        location: &Location,
        lock: Locked,
        scope: &Scope,
        socket: Option<&Path>,
        report: &Report,
    ) {
        // What was handed to a guard still has to be found by the next one.
        if report.verdict == Verdict::Left || !report.spared.is_empty() {
            return;
        }
        address::clear(scope.key, socket);
        if let Err(error) = ledger::clear(location, lock) {
            self.screen.say(&format!("! the tracking files can't be removed: {}", reason(&error)));
        }
    }

    fn with_supervisor(
        &mut self,
        location: &Location,
        scope: &Scope,
        book: Option<&Book>,
    ) -> Result<Report, DownError> {
        match self.converse(scope, book)? {
            Ending::Report(report) => Ok(self.check(location, scope, book, *report)),
            Ending::HandedOver(report) => {
                self.handed_over = true;
                Ok(*report)
            }
            Ending::NoAnswer(why) => {
                self.screen.say(&format!("! {why}; it is ended and this command goes on alone"));
                let gone = shutdown::take_over(location, book);
                if !gone.map_err(at("the supervisor can't be ended"))? {
                    // It may have ended by itself just now.
                    let held = lock::is_held(&location.run_lock()).unwrap_or(true);
                    if held {
                        return Err(DownError::Stuck);
                    }
                }
                self.without_supervisor(location, scope, book)
            }
        }
    }

    /// The supervisor has said that nothing is left; that is believed as far as
    /// it can be seen. Should the next run have begun by now, the files and
    /// ports are its own.
    fn check(
        &mut self,
        location: &Location,
        scope: &Scope,
        book: Option<&Book>,
        said: Report,
    ) -> Report {
        let mut scope = scope.clone();
        let lock = lock::try_lock(&location.run_lock()).ok().flatten();
        if let (None, Some(run)) = (&lock, scope.run) {
            scope.runs = Runs::One(run);
            scope.locks.clear();
            scope.ports.clear();
        }
        let checked = alone::check(&scope, &mut |_| ());
        for hit in &checked.hits {
            let words = format!("`{}` (pid {}) had escaped the supervisor", hit.command, hit.pid);
            self.screen.progress(&Progress::Note { words });
        }
        let report = merged(said, checked);
        if let Some(lock) = lock {
            self.clear(location, lock, &scope, socket_of(book), &report);
        }
        report
    }

    fn record(&mut self, location: &Location, report: &Report) {
        if report.verdict == Verdict::Nothing {
            return;
        }
        let event = HistoryEvent::Reported { report: report.clone() };
        if let Err(error) = ledger::append(location, &event) {
            self.screen.say(&format!("! the history can't be written: {}", reason(&error)));
        }
    }

    fn say_all(&mut self, notes: &[String]) {
        for note in notes {
            self.screen.progress(&Progress::Note { words: note.clone() });
        }
    }
}

fn socket_of(book: Option<&Book>) -> Option<&Path> {
    book.and_then(|book| book.header.socket.as_deref())
}

fn merged(said: Report, checked: Report) -> Report {
    let verdict = match (said.verdict, checked.survivors.is_empty()) {
        (_, false) => Verdict::Left,
        (Verdict::Left, true) => Verdict::Clean,
        (verdict, true) => verdict,
    };
    let mut report = Report { verdict, survivors: checked.survivors, ..said };
    report.freed.processes += checked.freed.processes;
    report.freed.memory += checked.freed.memory;
    report.hits.extend(checked.hits);
    report.took_ms += checked.took_ms;
    report
}
