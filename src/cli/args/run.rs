//! `devsup run`.

use super::super::complete;
use super::{Config, duration};
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// `devsup run`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  devsup run -- npm test                      all services up, then the tests
  devsup run --with db,api -- pytest          only these, and what they depend on
  devsup run --service 'api=./server --port 8080' --ready http://localhost:8080/health -- k6 run x.js
  devsup run --free-ports --timeout 10m --log-dir logs -- make e2e

What is missing is started, and CMD runs in this terminal once all of it is ready
(else: exit status 5, and why). Whatever happens then, what this run has started is
brought down, the leftovers of CMD included. The exit status is CMD's own; 124 where
its time was over; 6 where CMD went well and something is left.

Two runs side by side have services of their own. Give them `port: auto`, and they
do not meet.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Run {
    /// Only these services, and what they depend on
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[arg(add = ArgValueCandidates::new(complete::services))]
    pub with: Vec<String>,
    /// One more service, as `NAME=CMD` (repeatable)
    #[arg(long, value_name = "NAME=CMD")]
    pub service: Vec<String>,
    /// When the service before it is ready: a URL, `tcp:PORT` or `unix:PATH`
    #[arg(long, value_name = "PROBE", requires = "service")]
    pub ready: Vec<String>,
    /// Use what runs here already (the default)
    #[arg(long, conflicts_with_all = ["replace", "fail_if_running"])]
    pub reuse: bool,
    /// Stop what runs here first
    #[arg(long, conflicts_with = "fail_if_running")]
    pub replace: bool,
    /// Do nothing if the project runs
    #[arg(long)]
    pub fail_if_running: bool,
    /// End whoever holds a port that is needed, if that is left of this project
    #[arg(long)]
    pub free_ports: bool,
    /// Stop CMD after this time
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// How long the services may take to be ready
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "60s")]
    #[arg(env = "DEVSUP_WAIT_TIMEOUT")]
    pub wait_timeout: Duration,
    /// Keep all that the services write in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub log_dir: Option<PathBuf>,
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, num_args = 1.., trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}
