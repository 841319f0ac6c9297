//! The talk with a living supervisor: who are you, stop, how far are you.

use super::error::at;
use super::{Down, DownError};
use crate::api::client::{self, ClientError, Conversation};
use crate::api::{Greeting, Reply, Verb};
use crate::ledger::Book;
use crate::model::{Freed, Pid, Report, Teardown, Verdict};
use crate::os::process::Handle;
use crate::os::table;
use crate::shutdown::{self, Scope};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A supervisor that says nothing for so long is taken over.
const PATIENCE: Duration = Duration::from_millis(500);
/// One that visibly works, on a machine that is busy, may take longer.
const PATIENCE_WHEN_BUSY: Duration = Duration::from_secs(3);
/// Longest silence in the middle of a stop: the sweep and the proof take 5 s
/// and 3 s at most, and while it waits it says so every second.
const SILENCE: Duration = Duration::from_secs(15);
/// How often we look whether somebody has lost patience.
const GLANCE: Duration = Duration::from_millis(100);
/// How long the supervisor may take to end after its report.
const LAST_BREATH: Duration = Duration::from_secs(3);

/// How a talk ended.
pub(super) enum Ending {
    /// The stop is over, and this came of it.
    Report(Box<Report>),
    /// We are part of what is stopped, so the supervisor ends it without us.
    HandedOver(Box<Report>),
    /// There is no talking to it; why, in words.
    NoAnswer(String),
}

impl Down<'_> {
    pub(super) fn converse(
        &mut self,
        scope: &Scope,
        book: Option<&Book>,
    ) -> Result<Ending, DownError> {
        let (greeting, path) = match find(scope, book) {
            Ok(found) => found,
            Err(error) => return Ok(Ending::NoAnswer(error.to_string())),
        };
        let supervisor = Handle::of_pid(greeting.pid);
        let supervisor = supervisor.map_err(at("the supervisor can't be looked at"))?;
        let verb = Verb::Down {
            force: self.arguments.force,
            grace: self.arguments.timeout,
            volumes: self.arguments.volumes,
        };
        let mut talk = match client::ask(&path, verb) {
            Ok(talk) => talk,
            Err(error) => return Ok(Ending::NoAnswer(error.to_string())),
        };
        if shutdown::our_guard(scope).is_some() {
            return Ok(self.hand_over(scope, &greeting, &mut talk));
        }
        let ending = self.follow(&path, &mut talk)?;
        if let (Ending::Report(_), Some(supervisor)) = (&ending, supervisor) {
            let gone = supervisor.wait(Instant::now() + LAST_BREATH);
            gone.map_err(at("the supervisor's end can't be seen"))?;
        }
        Ok(ending)
    }

    /// Shows what the supervisor says until it has said all.
    fn follow(&mut self, path: &Path, talk: &mut Conversation) -> Result<Ending, DownError> {
        let mut heard = Instant::now();
        let mut hurried = None;
        loop {
            match talk.next(Instant::now() + GLANCE) {
                Ok(Reply::Progress(progress)) => self.screen.progress(&progress),
                Ok(Reply::Report(report)) => return Ok(Ending::Report(report)),
                Ok(Reply::Error(why)) => return Ok(Ending::NoAnswer(why)),
                Ok(Reply::Hello(_) | Reply::Detached(_)) => {}
                Err(ClientError::Silent) if heard.elapsed() < SILENCE => {
                    self.pass_on_impatience(path, &mut hurried)?;
                    continue;
                }
                Err(error) => return Ok(Ending::NoAnswer(error.to_string())),
            }
            heard = Instant::now();
        }
    }

    /// The first Ctrl-C goes to the supervisor, with the second we leave.
    fn pass_on_impatience(
        &self,
        path: &Path,
        hurried: &mut Option<Conversation>,
    ) -> Result<(), DownError> {
        match self.signals.count() {
            0 => Ok(()),
            1 => {
                if hurried.is_none() {
                    let verb = Verb::Down { force: true, grace: None, volumes: false };
                    *hurried = client::ask(path, verb).ok();
                }
                Ok(())
            }
            _ => Err(DownError::Left),
        }
    }

    fn hand_over(&mut self, scope: &Scope, who: &Greeting, talk: &mut Conversation) -> Ending {
        // An answer says that the order has arrived; then it does not need us.
        // The signal by which we are stopped may come before it.
        let deadline = Instant::now() + PATIENCE_WHEN_BUSY;
        while let Err(ClientError::Silent) = talk.next(deadline) {
            if Instant::now() >= deadline {
                return Ending::NoAnswer(ClientError::Silent.to_string());
            }
        }
        let words = format!(
            "this command runs inside one of the services; the supervisor (pid {}) ends them all, \
             and this one with them",
            who.pid
        );
        self.screen.say(&words);
        Ending::HandedOver(Box::new(Report {
            version: 1,
            project: scope.project.clone(),
            run: Some(who.run),
            dry_run: false,
            verdict: Verdict::Clean,
            hits: Vec::new(),
            spared: Vec::new(),
            survivors: Vec::new(),
            freed: Freed::default(),
            containers: Teardown::default(),
            strays: Vec::new(),
            notes: vec![words],
            took_ms: 0,
        }))
    }
}

/// Finds the supervisor. One that has its lock and no socket may be about to
/// open it; one that is silent may be waiting for the processor.
fn find(scope: &Scope, book: Option<&Book>) -> Result<(Greeting, PathBuf), ClientError> {
    let recorded = book.and_then(|book| book.header.socket.as_deref());
    let began = Instant::now();
    loop {
        let error = match client::find(scope.key, &scope.root, recorded, PATIENCE) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let busy = book.is_some_and(|book| is_busy(book.header.supervisor.pid).unwrap_or(false));
        let patience = if busy { PATIENCE_WHEN_BUSY } else { PATIENCE };
        let in_vain = !matches!(error, ClientError::Absent | ClientError::Silent);
        if in_vain || began.elapsed() >= patience {
            return Err(error);
        }
        std::thread::sleep(GLANCE / 10);
    }
}

/// Whether it runs or waits for the disk, rather than for an event.
fn is_busy(pid: Pid) -> io::Result<bool> {
    Ok(table::stat(pid)?.is_some_and(|stat| matches!(stat.state, 'R' | 'D')))
}
