//! `devsup down`: everything of this project is stopped, and that is proven.
//! A living supervisor does it on request and is then checked; where there is
//! none, or none that answers, it is done here.

mod containers;
mod conversation;
mod error;
mod jobs;
mod root;
mod rules;
mod secrets;
mod signals;
mod turn;

pub(super) use self::root::of as root_of;

use self::conversation::Ending;
pub use self::error::DownError;
use self::error::at;
use self::jobs::Jobs;
use self::rules::Found;
use self::secrets::ConfigSecrets;
use self::signals::Signals;
use self::turn::Turn;
use crate::api::address;
use crate::api::client::Client;
use crate::exit::Status;
use crate::ledger::{self, Book, HistoryEvent, Judged, Location};
use crate::model::{
    Evidence, Fate, Progress, Project, Report, RunId, Spared, Survivor, Verdict, reason,
};
use crate::os::cgroup;
use crate::os::lock::{self, Locked};
use crate::shutdown::{self, Errand, Options, Rules, Runs, Scope, alone};
use crate::ui;
use crate::ui::stop::{self, Look, Screen};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often, and after which pause, the records of a run are looked for whose
/// supervisor is there already.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

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
    /// Only the containers; with `stale`, they too.
    pub containers: bool,
    /// Only what no living supervisor owns.
    pub stale: bool,
    /// Their volumes too.
    pub volumes: bool,
    /// Only containers that the run has started itself.
    pub own_containers: bool,
    /// A patience for every service instead of its own.
    pub timeout: Option<Duration>,
    /// Only look.
    pub dry_run: bool,
    /// Sweep what matches a pattern also where somebody looks after it.
    pub sweep_attached: bool,
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
            containers: false,
            stale: false,
            volumes: false,
            own_containers: false,
            timeout: None,
            dry_run: false,
            sweep_attached: false,
            json: false,
            quiet: false,
            look,
        }
    }
}

/// `--last`: how the last stop of this project went.
pub fn last(arguments: &DownArguments) -> Status {
    let root = root_of(&arguments.start, &arguments.file);
    let screen = || Screen::new(arguments.look, false);
    let found = Location::find(&root);
    match found.map(|found| found.and_then(|location| ledger::last_report(&location))) {
        Ok(Some((at, report))) => {
            if arguments.json {
                stop::print(&serde_json::to_string_pretty(&report).unwrap_or_default());
            } else {
                stop::print(&stop::past(at, &report, arguments.look));
            }
            if report.verdict == Verdict::Left { Status::Left } else { Status::Ok }
        }
        Ok(None) => {
            screen().say("error: no stop of this project is recorded");
            Status::Error
        }
        Err(error) => {
            screen().say(&format!("error: {error}\n  hint: {}", error.hint()));
            Status::Error
        }
    }
}

/// Stops what was asked for in exactly this directory, and leaves it to the
/// caller to say how it went.
pub(super) fn stop(arguments: &DownArguments) -> Result<Report, DownError> {
    let rules = rules::of(arguments, &arguments.start);
    Down::new(arguments, arguments.start.clone(), rules).work_twice()
}

/// Stops what was asked for and says how it went.
pub fn run(arguments: &DownArguments) -> Status {
    let root = root_of(&arguments.start, &arguments.file);
    let rules = rules::of(arguments, &root);
    let mut down = Down::new(arguments, root, rules);
    let mut jobs = Jobs::of(&down.root, arguments.stale);
    let mut ended = jobs.stop_first(arguments, &mut down.screen);
    let worked = down.work_twice();
    ended.extend(jobs.stop_last(arguments, &mut down.screen));
    match worked.map(|report| jobs::joined(report, ended)) {
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
/// Nobody asked for a stop, so nothing is hit by a pattern.
pub fn clean_up_before(project: &Project, look: Look) -> Result<(), DownError> {
    let root = project.root.as_path();
    let arguments = DownArguments { stale: true, ..DownArguments::of(root.to_owned(), look) };
    let rules = Rules::new(&project.shutdown).without_patterns();
    let mut down = Down::new(&arguments, root.to_owned(), Found { rules, note: None });
    // Made now, so that there is a lock to take: without one only the markers
    // would tell, and those of another `up` that begins in this moment look
    // like an old run's. Where nothing can be made, `up` says so next.
    let Ok(location) = Location::prepare(root) else { return Ok(()) };
    ledger::wait_for_stop(&location);
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

/// What `up` does where it goes on with some of a dead run: ends the rest of
/// it, in `scope`.
pub fn clean_up_beside(project: &Project, scope: &Scope, book: &Book, look: Look) {
    let arguments = DownArguments { stale: true, ..DownArguments::of(scope.root.clone(), look) };
    let rules = Rules::new(&project.shutdown).without_patterns();
    let scope = Scope { rules: rules.clone(), ..scope.clone() };
    let mut down = Down::new(&arguments, scope.root.clone(), Found { rules, note: None });
    let report = down.alone(&scope, Some(book), &Errand::Nothing);
    if report.verdict != Verdict::Nothing {
        down.conclude(&report);
    }
}

/// A `down` at work.
struct Down<'a> {
    arguments: &'a DownArguments,
    root: PathBuf,
    rules: Rules,
    screen: Screen,
    signals: Signals,
    /// Said first.
    notes: Vec<String>,
    /// What no command line may show.
    secrets: ConfigSecrets,
    /// We are part of what is stopped, so others have the last word.
    handed_over: bool,
}

impl<'a> Down<'a> {
    fn new(arguments: &'a DownArguments, root: PathBuf, found: Found) -> Self {
        let root = root.canonicalize().unwrap_or(root);
        let screen = Screen::new(arguments.look, arguments.quiet);
        let secrets = ConfigSecrets::of(&root, &arguments.file);
        let (rules, notes) = (found.rules, found.note.into_iter().collect());
        let signals = Signals::catch();
        Self { arguments, root, rules, screen, signals, notes, secrets, handed_over: false }
    }

    fn conclude(&mut self, report: &Report) {
        if self.arguments.json {
            stop::print(&serde_json::to_string_pretty(report).unwrap_or_default());
        } else if report.dry_run && !self.arguments.quiet {
            stop::print(&stop::verdict(report, self.arguments.look));
        } else if self.only_containers() {
            self.screen.say(&stop::containers_verdict(report, self.arguments.look));
        } else if !self.handed_over {
            self.screen.verdict(report);
        }
    }

    /// Whoever has just begun has swept what was stale; the rest is looked at
    /// once more.
    fn work_twice(&mut self) -> Result<Report, DownError> {
        match self.work() {
            Err(DownError::JustBegun) if self.arguments.stale => self.work(),
            worked => worked,
        }
    }

    fn work(&mut self) -> Result<Report, DownError> {
        let notes = std::mem::take(&mut self.notes);
        self.say_all(&notes);
        let mut report = self.stop()?;
        report.notes.extend(notes);
        Ok(report)
    }

    fn stop(&mut self) -> Result<Report, DownError> {
        let Some(location) = Location::find(&self.root)? else {
            return self.without_records();
        };
        self.work_at(&location)
    }

    fn work_at(&mut self, location: &Location) -> Result<Report, DownError> {
        let turn = Turn::wait_for(location, &mut self.screen, self.arguments.dry_run);
        let (judged, living) = self.records(location);
        self.say_all(&judged.notes);
        let mut scope = self.scope(location, &judged, living)?;
        if !living {
            self.spare_the_unrecorded(&mut scope);
        }
        let book = judged.book.as_ref();
        let errand = self.errand(Some(location), book);
        let mut report = self.only_look_or(&scope, &errand, |down, scope| {
            match (living, down.arguments.stale) {
                _ if down.only_containers() => Ok(down.alone(scope, None, &errand)),
                (false, _) => down.without_supervisor(location, scope, book),
                (true, true) => Ok(down.alone(scope, None, &errand)),
                (true, false) => down.with_supervisor(location, scope, book),
            }
        })?;
        report.notes.extend(judged.notes);
        Ok(turn.verdict(location, report))
    }

    /// What the ledger says, and whether a supervisor lives. Of one that has
    /// just begun the records follow in a moment.
    fn records(&self, location: &Location) -> (Judged, bool) {
        let tries = if self.arguments.stale { TRIES } else { 1 };
        let look = || {
            let living = lock::is_held(&location.run_lock()).unwrap_or(false);
            (ledger::read(location), living)
        };
        for _ in 1..tries {
            let found = look();
            if found.0.book.is_some() || !found.1 {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
        look()
    }

    fn scope(
        &self,
        location: &Location,
        judged: &Judged,
        living: bool,
    ) -> Result<Scope, DownError> {
        let locks = ledger::locks_in(location);
        let scope = match (&judged.book, living && self.arguments.stale) {
            (Some(book), true) => Scope::stale(&self.root, book),
            (None, true) => return Err(DownError::Unclear),
            (book, false) => Scope::of_project(&self.root, book.as_ref(), locks),
        };
        let scope = scope.map_err(at("the project can't be looked at"))?;
        Ok(Scope { rules: self.rules.clone(), ..scope })
    }

    /// No records at all. A supervisor whose records somebody has removed can
    /// still be asked; else the markers alone can tell. What is stale can only
    /// be told from what begins just now where there is a lock to hold.
    fn without_records(&mut self) -> Result<Report, DownError> {
        let scope = Scope::of_project(&self.root, None, Vec::new());
        let scope = scope.map_err(at("the project can't be looked at"))?;
        let mut scope = Scope { rules: self.rules.clone(), ..scope };
        self.spare_the_unrecorded(&mut scope);
        if self.arguments.stale && !self.arguments.dry_run {
            // Not looked at twice: what is seen then may have begun just now.
            return if shutdown::is_anything_there(&scope) {
                self.work_at(&Location::prepare(&self.root)?)
            } else {
                Ok(shutdown::nothing(&scope))
            };
        }
        let errand = self.errand(None, None);
        self.only_look_or(&scope, &errand, |down, scope| {
            let alone = down.arguments.stale || down.only_containers();
            if !alone && supervisor_of(scope).is_some() {
                match down.converse(scope, None)? {
                    Ending::Report(said) => {
                        let checked = alone::check(scope, &Errand::Nothing, &mut |_| ());
                        return Ok(merged(*said, checked));
                    }
                    Ending::HandedOver(report) => {
                        down.handed_over = true;
                        return Ok(*report);
                    }
                    Ending::NoAnswer(why) => down.screen.say(&format!("! {why}")),
                }
            }
            Ok(down.alone(scope, None, &errand))
        })
    }

    /// `--stale`: a run whose supervisor answers is not stale, whatever became
    /// of its records.
    fn spare_the_unrecorded(&self, scope: &mut Scope) {
        let living = || supervisor_of(scope);
        if let Some(run) = self.arguments.stale.then(living).flatten() {
            scope.runs = Runs::AllBut(run);
        }
    }

    fn only_look_or(
        &mut self,
        scope: &Scope,
        errand: &Errand,
        act: impl FnOnce(&mut Self, &Scope) -> Result<Report, DownError>,
    ) -> Result<Report, DownError> {
        if self.arguments.dry_run {
            let rehearsed = shutdown::rehearse(scope);
            let mut report = rehearsed.map_err(at("the process table can't be read"))?;
            if self.only_containers() {
                report = Report { verdict: Verdict::Nothing, hits: Vec::new(), ..report };
                report.spared.clear();
            }
            errand.rehearse(&mut report);
            self.secrets.hide(&mut report);
            return Ok(report);
        }
        act(self, scope)
    }

    /// Whether nobody asked for any process to end.
    fn only_containers(&self) -> bool {
        self.arguments.containers && !self.arguments.stale
    }

    fn alone(&mut self, scope: &Scope, book: Option<&Book>, errand: &Errand) -> Report {
        let options = Options {
            force: self.arguments.force,
            grace: self.arguments.timeout,
            ..Options::default()
        };
        let signals = &self.signals;
        let hurried = &|| signals.count() > 0;
        let wish = alone::Wish { options, hurried, containers: errand };
        let only_containers = self.only_containers();
        let (screen, secrets) = (&mut self.screen, &self.secrets);
        let emit = &mut |mut progress: Progress| {
            secrets.hide_in(&mut progress);
            screen.progress(&progress);
        };
        let mut report = if only_containers {
            alone::containers(scope, &wish, emit)
        } else {
            alone::stop(scope, book, &wish, emit)
        };
        secrets.hide(&mut report);
        report
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
        let errand = self.errand(Some(location), book);
        let mut report = self.alone(scope, book, &errand);
        ledger::count_strays(location, &mut report);
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
        let handed_over = report.spared.iter().any(|one| one.fate == Fate::HandedOver);
        if report.verdict == Verdict::Left || handed_over {
            return;
        }
        address::clear(scope.key, socket);
        scope.cgroup.iter().for_each(|group| cgroup::remove(group));
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
        let errand = self.errand_after(location, book, &said);
        let mut checked = alone::check(&scope, &errand, &mut |_| ());
        self.secrets.hide(&mut checked);
        for hit in &checked.hits {
            let how = match hit.evidence[..] {
                [Evidence::Pattern] => "was found by pattern",
                _ => "had escaped the supervisor",
            };
            let words = format!("`{}` (pid {}) {how}", hit.command, hit.pid);
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
        let event = HistoryEvent::Reported { report: Box::new(report.clone()) };
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

/// The run of the supervisor that listens where this project's does.
fn supervisor_of(scope: &Scope) -> Option<RunId> {
    const PATIENCE: Duration = Duration::from_millis(500);
    let found = Client::find(scope.key, &scope.root, None, PATIENCE);
    found.ok().map(|(greeting, _)| greeting.run)
}

fn socket_of(book: Option<&Book>) -> Option<&Path> {
    book.and_then(|book| book.header.socket.as_deref())
}

/// Nobody looks for these again: the supervisor's word counts.
fn of_containers(survivor: &Survivor) -> bool {
    matches!(survivor, Survivor::Container(_) | Survivor::Engine { .. })
}

fn merged(said: Report, checked: Report) -> Report {
    let verdict = match (said.verdict, checked.survivors.is_empty()) {
        (_, false) => Verdict::Left,
        (Verdict::Left, true) => Verdict::Clean,
        (verdict, true) => verdict,
    };
    let mut survivors = checked.survivors;
    survivors.extend(said.survivors.into_iter().filter(of_containers));
    let verdict = if survivors.is_empty() { verdict } else { Verdict::Left };
    let mut report = Report { verdict, survivors, ..said };
    report.containers.add(checked.containers);
    report.freed.processes += checked.freed.processes;
    report.freed.memory += checked.freed.memory;
    report.hits.extend(checked.hits);
    let gone = |one: &Spared| report.hits.iter().any(|hit| hit.pid == one.pid);
    let known: Vec<Spared> = checked.spared.into_iter().chain(report.spared).collect();
    report.spared = Vec::new();
    for one in known {
        if !gone(&one) && report.spared.iter().all(|other| other.pid != one.pid) {
            report.spared.push(one);
        }
    }
    report.took_ms += checked.took_ms;
    report
}
