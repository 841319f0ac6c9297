//! What can be typed, as data. What it means is resolved in the verbs' files.

mod doctor;
mod exec;
mod generated;
mod hook;
mod job;
mod processes;
mod project;
mod run;
mod running;
mod stray;

pub use doctor::Doctor;
pub use exec::Exec;
pub use generated::{Completions, Described, Man, Page, Schema};
pub use hook::{Hook, HookAct, HookChange};
pub use job::{Job, JobAct, JobKill, JobLogs, JobLs, JobPrune, JobShow, JobStart, JobWait};
pub use processes::{Kill, Serve, Tree};
pub use project::{Env, Init, ShowConfig};
pub use run::Run;
pub use running::{Act, Attach, Events, Inspect, Port, Ps, Wait};
pub use stray::{Detach, Sweep};

use super::complete;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;
use std::time::Duration;

/// Starts the services of a project, and stops them without leaving anything.
#[derive(Debug, Parser)]
#[command(name = "devsup", version, about, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  devsup up                 start everything in the Procfile or devsup.yaml here
  devsup up api worker      only these, and what they depend on
  devsup up -d              the same, without keeping the terminal
  devsup ps                 what runs
  devsup down               stop everything, and prove it
  devsup logs -f api        what the API writes, from its log file
  devsup check              look at the config without starting anything

Exit status: 0 ok, 1 error, 2 usage, 3 not running, 4 config, 5 not ready in
time, 6 a stop left something behind.")]
pub struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, env = "DEVSUP_COLOR")]
    pub color: Color,
    /// Start from this directory instead of the current one
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub root: Option<PathBuf>,
    /// Say more
    #[arg(long, global = true, env = "DEVSUP_VERBOSE")]
    pub verbose: bool,
    /// The verb
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Even into a pipe or file
    Always,
    /// Not at all
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Start services and show their output; Ctrl-C stops everything
    Up(Up),
    /// Stop everything of this project, and prove that nothing is left
    Down(Down),
    /// Use a service's terminal, until it ends or Ctrl-] is pressed
    Attach(Attach),
    /// Have the supervisor go on as this version of devsup, while everything runs
    Reload(Reload),
    /// End strays and runs that were killed; a living run goes on
    Sweep(Sweep),
    /// Start something that no stop of this project ends
    Detach(Detach),
    /// Show what runs
    #[command(visible_aliases = ["list", "ls", "status"])]
    Ps(Ps),
    /// Show every process of what runs, as a tree
    Tree(Tree),
    /// Look closely at a service, a process or a port
    Inspect(Inspect),
    /// Show what services wrote, in this run and earlier ones
    Logs(Logs),
    /// Start services of a running project, and what they depend on
    #[command(after_long_help = "\
Examples:
  devsup start worker             and what it depends on; returns when it is ready
  devsup start worker --no-wait   returns at once

`devsup up` starts a project that does not run.")]
    Start(Act),
    /// Stop services of a running project; the others go on
    #[command(after_long_help = "\
Examples:
  devsup stop worker    with everything it has started
  devsup stop web.2     one copy

`devsup down` stops all of the project.")]
    Stop(Act),
    /// Stop services of a running project and start them again
    #[command(after_long_help = "\
Examples:
  devsup restart api         returns when it is ready again
  devsup restart api web     both")]
    Restart(Act),
    /// Kill services, jobs, strays or single processes, or send them a signal
    Kill(Kill),
    /// Wait until services are ready
    Wait(Wait),
    /// Show what happened in the run, and what happens
    Events(Events),
    /// Print the ports of services
    Port(Port),
    /// Serve the API and a web page on this machine
    Serve(Serve),
    /// Look at the config, and report every mistake at once
    Check(Check),
    /// Print the resolved config: every file merged, every default applied
    Config(ShowConfig),
    /// Print the variables of a service, and say where each comes from
    Env(Env),
    /// Bring services up, run one command, and bring them down again
    Run(Run),
    /// Commands in the background: tagged, kept in a list, stopped without leftovers
    Job(Job),
    /// Run a command with the project's variables, and start nothing else
    Exec(Exec),
    /// Look for what is wrong here, and mend it
    Doctor(Doctor),
    /// Have tests begin by stopping what earlier runs left behind
    Hook(Hook),
    /// Write a first devsup.yaml from a Procfile, package.json, compose or process-compose file
    Init(Init),
    /// Print the script that has a shell complete devsup's words
    Completions(Completions),
    /// Print a manual page
    Man(Man),
    /// Print the JSON schema of devsup.yaml, or the description of the API
    Schema(Schema),
    /// Stand for the containers of a compose service; `up` starts it
    #[command(hide = true)]
    Container(Container),
}

/// Which config is read.
#[derive(Debug, Clone, Default, Args)]
pub struct Config {
    /// Read this file instead of looking for one (repeatable)
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
    /// Read this file instead of `.env` (repeatable)
    #[arg(short, long, visible_alias = "env", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_ENV_FILE", value_delimiter = ',')]
    pub env_file: Vec<PathBuf>,
    /// Let `.env` files win over the environment devsup is started in
    #[arg(long, env = "DEVSUP_ENV_OVERRIDE")]
    pub env_override: bool,
    /// How many copies of each service, as `web=2,worker=0` or `all=1`
    #[arg(
        short = 'm',
        long,
        visible_alias = "scale",
        value_name = "NAME=N,...",
        value_delimiter = ','
    )]
    #[arg(value_parser = copies, env = "DEVSUP_FORMATION")]
    #[arg(add = ArgValueCandidates::new(complete::formations))]
    pub formation: Vec<(String, u16)>,
    /// First `PORT` given to the entries of a Procfile
    #[arg(short, long, value_name = "PORT", value_parser = port, env = "DEVSUP_PORT")]
    pub port: Option<u16>,
    /// Also start services of this profile (repeatable)
    #[arg(long, value_name = "NAME", env = "DEVSUP_PROFILES", value_delimiter = ',')]
    #[arg(add = ArgValueCandidates::new(complete::profiles))]
    pub profile: Vec<String>,
}

/// `devsup up`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup up                    everything, until Ctrl-C
  devsup up api                the API and what it depends on
  devsup up -x worker          everything else
  devsup up --tag backend      what has this tag, and what that depends on
  devsup up -m web=2           two copies of web
  devsup up --dry-run          only say what would be started, in which order

Ctrl-C stops everything in order, a second one kills, a third leaves the rest to
the guards. Ctrl-Z stops the screen only. Enter draws a line. In a Procfile the end
of one process stops all; in a devsup.yaml the others go on.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Up {
    /// Only these services, and what they depend on
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::services))]
    pub names: Vec<String>,
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
    /// All services but this one (repeatable)
    #[arg(short = 'x', long, value_name = "NAME", value_delimiter = ',')]
    #[arg(add = ArgValueCandidates::new(complete::services))]
    pub except: Vec<String>,
    /// Only services with this tag, and what they depend on (repeatable)
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    #[arg(add = ArgValueCandidates::new(complete::tags))]
    pub tag: Vec<String>,
    /// Do not start what the named services depend on
    #[arg(long)]
    pub no_deps: bool,
    /// Go on without a terminal: return when everything has started
    #[arg(short, long, env = "DEVSUP_DETACH")]
    pub detach: bool,
    /// The same, but return when everything is ready
    #[arg(long)]
    pub wait: bool,
    /// How long `--wait` waits, as `60s` or plain seconds
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "60s", env = "DEVSUP_WAIT_TIMEOUT")]
    pub wait_timeout: Duration,
    /// Stop everything when any service ends and is not restarted, with its status
    #[arg(long, env = "DEVSUP_ABORT_ON_EXIT")]
    pub abort_on_exit: bool,
    /// Stop everything when any service fails and is not restarted, with its status
    #[arg(long, env = "DEVSUP_ABORT_ON_FAILURE")]
    pub abort_on_failure: bool,
    /// How long services may take to stop, as `5s` or plain seconds
    #[arg(short, long, value_name = "TIME", value_parser = duration, env = "DEVSUP_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// Put the time before each line
    #[arg(short = 'T', long, env = "DEVSUP_TIMESTAMPS")]
    pub timestamps: bool,
    /// Show lines without the service's name
    #[arg(long, env = "DEVSUP_NO_PREFIX")]
    pub no_prefix: bool,
    /// What becomes of the services if devsup itself is killed
    #[arg(long, value_name = "WHAT", value_enum, env = "DEVSUP_ON_SUPERVISOR_DEATH")]
    pub on_supervisor_death: Option<OnSupervisorDeath>,
    /// Also start the services of the compose file here
    #[arg(long, env = "DEVSUP_COMPOSE")]
    pub compose: bool,
    /// Show what would be started, in which order, and start nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What becomes of services whose supervisor was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnSupervisorDeath {
    /// They are stopped at once (the default in the foreground)
    Stop,
    /// They go on; the next `devsup up` takes them over, `devsup down` ends them
    Stay,
}

/// `devsup container`
#[derive(Debug, Args)]
pub struct Container {
    /// The compose service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The project's directory
    #[arg(long)]
    pub project_root: PathBuf,
    /// The compose file
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Compose's name of the project
    #[arg(long)]
    pub project: Option<String>,
}

/// `devsup down`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup down              from any terminal, whatever state the project is in
  devsup down --dry-run    who would be stopped and why, who is spared and why
  devsup down --force      without asking first
  devsup down --stale -q   before tests: only what earlier runs left
  devsup down --json | jq .survivors

Exit status: 0 nothing is left, 6 something is, which is named with the reason.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Down {
    /// Kill at once instead of asking first
    #[arg(long)]
    pub force: bool,
    /// Only the containers; processes keep running
    #[arg(long)]
    pub containers: bool,
    /// Only what no living supervisor owns: strays and runs that were killed
    #[arg(long)]
    pub stale: bool,
    /// Remove the volumes of the project's containers too
    #[arg(short, long)]
    pub volumes: bool,
    /// How long services may take to stop, as `5s` or plain seconds
    #[arg(short, long, value_name = "TIME", value_parser = duration, env = "DEVSUP_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// Show who would be stopped and why, who is spared and why, and stop nobody
    #[arg(long)]
    pub dry_run: bool,
    /// Let patterns hit what has a terminal or a parent that looks after it, too
    #[arg(long)]
    pub sweep_attached: bool,
    /// Show the report of the last stop, and stop nobody
    #[arg(long, conflicts_with_all = ["force", "stale", "timeout", "dry_run", "sweep_attached"])]
    pub last: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Print nothing, unless something is left
    #[arg(short, long)]
    pub quiet: bool,
    /// The config file that `up` was given
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup reload`
#[derive(Debug, Args)]
#[command(after_long_help = "\
The supervisor becomes this very devsup in its own place: services, their
terminals, locks, states and restart counts stay as they are, and no line of
their output is lost or doubled. Followers of logs and events are cut off and
may ask again. Changes of the config are not looked at.

Examples:
  cargo install --path . && devsup reload   go on with the version just installed")]
pub struct Reload {
    /// The config file that `up` was given
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup logs`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
#[command(after_help = "\
Times are RFC 3339, local as `2026-11-21T14:30` or `14:30`, or how long ago, as
`10m`. With --json each line is an object: version (1), time (UTC), service,
instance, stream (`stdout` or `stderr`; a terminal is `stdout`), line (without
colours) and partial (true where a very long line goes on in the next object).

Examples:
  devsup logs -n 20                     the last 20 lines of each service
  devsup logs -f api                    what the API writes from now on, too
  devsup logs --since 10m --grep '(?i)error'
  devsup logs --json web | jq -r 'select(.stream == \"stderr\").line'")]
pub struct Logs {
    /// Only these services, or copies of them, as `web` or `web.2`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Go on with what is written next, until the run is over or Ctrl-C
    #[arg(short, long, conflicts_with = "until")]
    pub follow: bool,
    /// Only this many of the last lines of each service, or `all`
    #[arg(short = 'n', long, value_name = "LINES", value_parser = lines)]
    pub tail: Option<usize>,
    /// Only lines from this time on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<jiff::Timestamp>,
    /// Only lines up to this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<jiff::Timestamp>,
    /// Only lines that match, colours left out
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub grep: Option<regex::bytes::Regex>,
    /// Put the time before each line
    #[arg(short, long, env = "DEVSUP_TIMESTAMPS")]
    pub timestamps: bool,
    /// Show lines without the service's name
    #[arg(long, env = "DEVSUP_NO_PREFIX")]
    pub no_prefix: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The config file that `up` was given
    #[arg(long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup check`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup check                  every mistake of the files here, at its place
  devsup check -f other.yaml    of another file
  devsup check && devsup up

It also finds programs and directories that are not there, and ports that clash.
Nothing is started. Exit status: 0 fine, 4 mistakes.")]
pub struct Check {
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
}

fn copies(text: &str) -> Result<(String, u16), String> {
    let (name, count) = text.split_once('=').ok_or("write it as NAME=COUNT, as in `web=2`")?;
    let count = count.trim().parse().map_err(|_| format!("`{count}` is no number of copies"))?;
    Ok((name.trim().to_owned(), count))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| "write a number from 1 to 65535".into())
}

/// `5`, `5s`, `1m30s`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    crate::config::duration(text).map_err(|why| format!("it {why}"))
}

/// A number of lines; `all` is more than there can be.
fn lines(text: &str) -> Result<usize, String> {
    match text {
        "all" => Ok(usize::MAX),
        _ => text.parse().map_err(|_| "write a number of lines, or `all`".to_owned()),
    }
}

fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    super::moment::read(text, &jiff::Zoned::now())
}

fn pattern(text: &str) -> Result<regex::bytes::Regex, String> {
    regex::bytes::Regex::new(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_has_examples() {
        let mut command = Arguments::command();
        for verb in command.get_subcommands_mut().filter(|verb| !verb.is_hide_set()) {
            let help = verb.render_long_help().to_string();
            assert!(help.contains("Examples:\n  "), "{}", verb.get_name());
        }
    }
}
