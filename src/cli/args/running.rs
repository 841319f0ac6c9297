//! The verbs about a project that runs.

use super::super::complete;
use super::duration;
use crate::model::Signal;
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;
use std::time::Duration;

/// Which project is meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The config file that `up` was given
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup ps`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup ps                  a table
  devsup ps --watch          the same, kept up to date
  devsup ps --all            every project of yours that runs on this machine
  devsup ps --here           every process in the project's directory, ours or not
  devsup ps --json | jq '.services[] | select(.ready | not)'

The JSON has version (1), project, root, run, stopping and services, a list of
objects with service, instance, state, health, ready, pid, port, url, started_at,
ended_at, starts, restarts, exit {code, signal}, error, waits_for, tags and log.
With --all it has version, projects, a list of such objects, and jobs, as `devsup
job ls --json` has them.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Ps {
    /// Only these services, or copies of them, as `web` or `web.2`
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::running))]
    pub names: Vec<String>,
    /// Which project
    #[command(flatten)]
    pub place: Place,
    /// Every process whose directory is in the project, ours or not
    #[arg(long, conflicts_with_all = ["names", "all", "watch", "quiet"])]
    pub here: bool,
    /// Every project of this user that runs
    #[arg(short, long, conflicts_with = "names")]
    pub all: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print names only, a line each
    #[arg(short, long)]
    pub quiet: bool,
    /// Keep it up to date until the run is over or Ctrl-C
    #[arg(short, long, conflicts_with_all = ["all", "quiet"])]
    pub watch: bool,
}

/// `devsup inspect`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup inspect api            state, health, restarts, pids, ports, last error
  devsup inspect :5173          whose port that is, and how to end it
  devsup inspect 4711           which service a process belongs to

The JSON has version (1) and services, a list of objects with all that
`devsup ps --json` has of one, and command, directory, guard, uptime_ms, processes,
listens, probe {asks, last_answer, failed_in_a_row, hint}, restart {policy, max,
in_a_row}, last_error and depends_on.")]
pub struct Inspect {
    /// A service, a copy of it as `web.2`, a pid, or a port as `:8080`
    #[arg(value_name = "NAME|PID|:PORT", add = ArgValueCandidates::new(complete::running))]
    pub target: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

/// `devsup attach`
#[derive(Debug, Args)]
#[command(after_long_help = "\
All keys but Ctrl-] go to the service, Ctrl-C too; its terminal gets the size of
this one. Several may be attached at once. The status is that of the service when
it ends, and 0 after Ctrl-]. A service without a terminal (`tty: true`) is
typed to line by line, if it says `stdin_open: true`.

Examples:
  devsup attach console
  echo reload | devsup attach worker")]
pub struct Attach {
    /// The service, or one copy of it as `web.2`
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::running))]
    pub name: String,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

/// `devsup start`, `stop`, `restart`
#[derive(Debug, Args)]
pub struct Act {
    /// The services, or copies of them, as `web` or `web.2`
    #[arg(value_name = "NAME", required = true, add = ArgValueCandidates::new(complete::running))]
    pub names: Vec<String>,
    /// Which project
    #[command(flatten)]
    pub place: Place,
    /// How long to wait for it, as `30s` or plain seconds
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "60s")]
    pub timeout: Duration,
    /// Do not wait for it
    #[arg(long)]
    pub no_wait: bool,
}

/// `devsup wait`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup up -d && devsup wait api && npm test
  devsup wait --timeout 2m
  devsup wait -q --json api | jq '.services[].state'

A service is ready when its health check says so, without a check as soon as it
runs, and a one-shot when it has completed. Exit status: 0 ready, 5 not in time or
failed, 3 nothing runs.")]
pub struct Wait {
    /// The services, or copies of them; all, if none is named
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::running))]
    pub names: Vec<String>,
    /// How long at most, as `30s` or plain seconds
    #[arg(short, long, value_name = "TIME", value_parser = duration, default_value = "60s")]
    pub timeout: Duration,
    /// Print nothing
    #[arg(short, long)]
    pub quiet: bool,
    /// Print what they are then as JSON
    #[arg(long)]
    pub json: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

/// `devsup events`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup events                 what happened in this run, as far as it is kept
  devsup events -f              and what happens from now on
  devsup events -f --json --since \"$cursor\"

The JSON has version (1), cursor, time and event, which is service (with all that
`devsup ps --json` has of one), signal, said, stopping, stopped or gap; others may
come. A gap says that events before it are not kept any more.")]
pub struct Events {
    /// Go on with what happens next, until the run is over or Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// Only what came after the event with this cursor
    #[arg(long, value_name = "CURSOR")]
    pub since: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The config file that `up` was given
    #[arg(long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup port`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup port                   every service that has a port
  curl \"localhost:$(devsup port api)\"

The JSON has version (1) and ports, an object with a number for every name.")]
pub struct Port {
    /// A service, or a copy of it: print its port alone
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::running))]
    pub name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

pub(super) fn signal(text: &str) -> Result<Signal, String> {
    Signal::parse(text).map_err(|error| error.to_string())
}
