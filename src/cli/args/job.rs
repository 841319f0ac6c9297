//! `devsup job`.

use super::{duration, lines};
use crate::model::{JOB_SCOPES, JOB_STATUSES, JobScope, JobStatus};
use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// `devsup job`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  id=$(devsup job start --tag build,critical -- npm run build)
  devsup job ls --tag build,test            those with any of these tags
  devsup job logs -f $id
  devsup job wait $id && echo built
  devsup job kill --tag test

A job is any command, with or without a project. It is started in a session of
its own, contained, swept and proven gone exactly like a service; its output and
its end are kept. An id may be shortened, and a name will do where only one job
has it.")]
pub struct Job {
    /// What is done
    #[command(subcommand)]
    pub act: JobAct,
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub enum JobAct {
    /// Start a command in the background, and print its id
    Start(JobStart),
    /// List jobs, those that have ended too
    #[command(visible_aliases = ["list", "ps"])]
    Ls(JobLs),
    /// Show all that is known of a job, and its last lines
    Show(JobShow),
    /// Show what a job wrote
    Logs(JobLogs),
    /// Stop jobs, and prove that nothing of them is left
    Kill(JobKill),
    /// Wait until a job has ended, and end with its status
    Wait(JobWait),
    /// Remove jobs that have ended from the history
    Prune(JobPrune),
}

/// `devsup job start`
#[derive(Debug, Args)]
#[command(after_help = "\
Scopes:
  project  it ends with `devsup down` here (the default)
  session  it ends with its owner: --owner-pid, else the shell of this terminal
  global   it outlives runs, terminals and `devsup down`, and is seen everywhere

Examples:
  devsup job start -- cargo watch -x test
  devsup job start --name api --tag server -- python3 -m http.server 8000
  devsup job start --scope session --owner-pid $PPID -- ./agent-helper
  devsup job start --timeout 10m 'make all > build.txt'

A single argument with blanks is a line for the shell. The id is printed once the
job is recorded and its command runs; where it can't be started, the reason is
said and the exit status is 1.")]
pub struct JobStart {
    /// What it is called; by itself, after its program
    #[arg(short, long, value_name = "NAME")]
    pub name: Option<String>,
    /// A word to find it by (repeatable, or several with commas)
    #[arg(short, long, value_name = "TAG", value_delimiter = ',')]
    pub tag: Vec<String>,
    /// With what it ends
    #[arg(long, value_enum, default_value_t = JobScope::Project)]
    pub scope: JobScope,
    /// The process that a session job ends with
    #[arg(long, value_name = "PID")]
    pub owner_pid: Option<i32>,
    /// Where it runs, instead of here
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cwd: Option<PathBuf>,
    /// A variable for it (repeatable)
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub env: Vec<(String, String)>,
    /// Stop it after this time
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, num_args = 1.., trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `devsup job ls`
#[derive(Debug, Args)]
#[command(after_help = "\
Listed are the jobs that were started in this project, and the global ones.

The JSON has version (1) and jobs, a list of objects with id, name, status, tags,
scope, project, command, cwd, pid, owner_pid, timeout_ms, exit_code, signal, reason,
created_at, started_at, ended_at, log and last_line.")]
pub struct JobLs {
    /// Only those with any of these tags
    #[arg(short, long, value_name = "TAG", value_delimiter = ',')]
    pub tag: Vec<String>,
    /// Only those with any of these statuses
    #[arg(short, long, value_enum, value_name = "STATUS", value_delimiter = ',')]
    pub status: Vec<JobStatus>,
    /// Those of every project
    #[arg(short, long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print ids only, a line each
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
}

/// `devsup job show`
#[derive(Debug, Args)]
#[command(after_help = "\
The JSON has version (1), output and what `devsup job ls --help` names but last_line.")]
pub struct JobShow {
    /// Which job
    #[arg(value_name = "ID")]
    pub job: String,
    /// Print JSON, with the last 100 lines as `output`
    #[arg(long)]
    pub json: bool,
}

/// `devsup job logs`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  devsup job logs b7kf2 -n 20
  devsup job logs -f b7kf2              until the job has ended
  devsup job logs b7kf2 --json | tail -n 1 | jq -r .cursor
  devsup job logs b7kf2 --cursor CURSOR    only what was written after that line

With --json each line is an object: version (1), time, service, instance, stream,
line, partial and cursor, the place behind it.")]
pub struct JobLogs {
    /// Which job
    #[arg(value_name = "ID")]
    pub job: String,
    /// Go on with what is written next, until the job has ended
    #[arg(short, long)]
    pub follow: bool,
    /// Only this many of the last lines, or `all`
    #[arg(short = 'n', long, value_name = "LINES", value_parser = lines)]
    pub tail: Option<usize>,
    /// Only what comes after this place
    #[arg(long, value_name = "CURSOR", conflicts_with = "tail")]
    pub cursor: Option<String>,
    /// Put the time before each line
    #[arg(short, long)]
    pub timestamps: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `devsup job kill`
#[derive(Debug, Args)]
#[command(after_help = "\
Each job is stopped as `devsup down` stops a project: asked, then killed, then
looked for. --tag and --all mean what `devsup job ls` lists; an id is found
wherever the job was started.

The JSON has version (1) and jobs, a list of objects with id, report (as `devsup down
--json` has it) and error; one of the two is null.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct JobKill {
    /// Which jobs
    #[arg(value_name = "ID", required_unless_present_any = ["tag", "all"])]
    pub jobs: Vec<String>,
    /// Those with any of these tags
    #[arg(short, long, value_name = "TAG", value_delimiter = ',', conflicts_with_all = ["jobs", "all"])]
    pub tag: Vec<String>,
    /// All that `devsup job ls` lists
    #[arg(short, long, conflicts_with = "jobs")]
    pub all: bool,
    /// Kill at once instead of asking first
    #[arg(long)]
    pub force: bool,
    /// Show who would be stopped and why, and stop nobody
    #[arg(long)]
    pub dry_run: bool,
    /// Print the reports as JSON
    #[arg(long)]
    pub json: bool,
}

/// `devsup job wait`
#[derive(Debug, Args)]
#[command(after_help = "\
The exit status is the job's own; 128 and the number of a signal that ended it; 1
where it never ran; 5 where the time was over first.")]
pub struct JobWait {
    /// Which job
    #[arg(value_name = "ID")]
    pub job: String,
    /// Wait no longer than this
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// `devsup job prune`
#[derive(Debug, Args)]
#[command(after_help = "\
Without flags what is over the bounds goes, as it does with each `job start`: the
oldest of more than 100 jobs or 256 MB of output. Jobs that run are never removed.")]
pub struct JobPrune {
    /// Keep this many of those that have ended
    #[arg(long, value_name = "COUNT", conflicts_with = "all")]
    pub keep: Option<usize>,
    /// Keep none
    #[arg(short, long)]
    pub all: bool,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() {
        return Err("write it as NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl ValueEnum for JobScope {
    fn value_variants<'a>() -> &'a [Self] {
        &JOB_SCOPES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl ValueEnum for JobStatus {
    fn value_variants<'a>() -> &'a [Self] {
        &JOB_STATUSES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
