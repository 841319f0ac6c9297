//! `devsup job logs`: what a job wrote, from its file.

use super::{Common, args, failed, find};
use crate::exit::Status;
use crate::jobs::{Record, Store};
use crate::log::read::Position;
use crate::log::{Logs, Query, ReadError};
use crate::os::watch::Watch;
use crate::ui::style::Look;
use crate::ui::{self, LogOptions, LogPrinter, Who};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// How often it is looked whether the job goes on.
const GLANCE: Duration = Duration::from_secs(1);

/// Shows it.
pub fn run(common: &Common, typed: &args::JobLogs) -> Status {
    let job = match find(&typed.job) {
        Ok(job) => job,
        Err(status) => return status,
    };
    let mut view = match View::new(common, typed, job) {
        Ok(view) => view,
        Err(status) => return status,
    };
    match view.show() {
        Ok(()) => Status::Ok,
        Err(Stop::Read(error)) => failed(&error.to_string()),
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Status::Ok,
        Err(Stop::Write(error)) => failed(&format!("standard output can't be written: {error}")),
    }
}

/// Why no more is shown.
enum Stop {
    Read(ReadError),
    Write(io::Error),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Lines on their way to the screen.
struct View {
    job: Record,
    logs: Logs,
    printer: LogPrinter,
    follow: bool,
    json: bool,
}

impl View {
    fn new(common: &Common, typed: &args::JobLogs, job: Record) -> Result<Self, Status> {
        let query =
            Query { tail: typed.tail.filter(|&count| count < usize::MAX), ..Query::default() };
        let mut logs = Logs::new(query, !job.shown.status.is_over());
        let added = match &typed.cursor {
            None => logs.add(&job.shown.log),
            Some(cursor) => {
                let place: Position = cursor.parse().map_err(|_| {
                    ui::error(&format!("`{cursor}` is no cursor; `--json` prints them"));
                    Status::Usage
                })?;
                logs.add_at(&job.shown.log, &place)
            }
        };
        added.map_err(|error| failed(&error.to_string()))?;
        let mut printer = LogPrinter::new(options(common, typed, &job));
        let name = job.shown.name.clone();
        printer.add(Who { service: name.clone(), instance: name });
        Ok(Self { job, logs, printer, follow: typed.follow, json: typed.json })
    }

    fn show(&mut self) -> Result<(), Stop> {
        let mut watch = Watch::new();
        if self.follow {
            let directory = self.job.shown.log.parent().unwrap_or(&self.job.shown.log);
            watch.add(directory);
            watch.add(&Store::open().root_of(&self.job.shown.id));
        }
        loop {
            self.drain()?;
            let live = !self.job.shown.status.is_over();
            if !self.follow || !live {
                return self.finish(live);
            }
            watch.wait(GLANCE);
            // Asked before the files are read: what was written before the end
            // is there to be read after it.
            match Store::open().read(&self.job.shown.id) {
                Some(job) => self.job = job,
                None => return self.finish(false),
            }
            if !self.logs.refresh()?.is_empty() {
                ui::err("some lines were rotated away unread");
            }
        }
    }

    fn drain(&mut self) -> Result<(), Stop> {
        while let Some((source, line)) = self.logs.next_line()? {
            let line = line.clone();
            let cursor = self.json.then(|| self.logs.position(source)).flatten();
            self.printer.line_at(source, &line, cursor)?;
        }
        Ok(self.printer.flush()?)
    }

    fn finish(&mut self, live: bool) -> Result<(), Stop> {
        while let Some((source, line)) = self.logs.finish(live) {
            self.printer.line(source, line)?;
        }
        Ok(self.printer.flush()?)
    }
}

fn options(common: &Common, typed: &args::JobLogs, job: &Record) -> LogOptions {
    LogOptions {
        look: Look::of_stdout(common.colour),
        terminal: io::stdout().is_terminal(),
        timestamps: typed.timestamps,
        prefix: false,
        json: typed.json,
        names: vec![job.shown.name.clone()],
    }
}
