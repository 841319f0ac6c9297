//! The verbs about what no run looks after.

use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// `devsup sweep`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Found are the leftovers of runs that were killed, by what they have inherited, and
orphans in the project whose command line matches a pattern (`npm test`, `vitest`
and their like, and `shutdown.patterns`). What has a terminal or a parent that
looks after it is named and spared.

Examples:
  devsup sweep --dry-run            who would be ended, who is spared, and why
  devsup sweep                      before tests, or when a port is taken
  devsup sweep --json | jq '.spared[] | {pid, reason}'")]
pub struct Sweep {
    /// Show who would be ended and why, who is spared and why, and end nobody
    #[arg(long)]
    pub dry_run: bool,
    /// Let patterns hit what has a terminal or a parent that looks after it, too
    #[arg(long)]
    pub sweep_attached: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Print nothing
    #[arg(short, long)]
    pub quiet: bool,
    /// The config file that `up` was given
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}

/// `devsup detach`
#[derive(Debug, Args)]
#[command(after_long_help = "\
For helpers that are shared with others, such as a gradle daemon or watchman: what
a service starts ends with the service, what is started this way does not. Its
output goes nowhere. A project must be running, since its supervisor starts it.

Examples:
  devsup detach -- watchman
  devsup detach -- gradle --daemon --status")]
pub struct Detach {
    /// What to start, with its arguments
    #[arg(last = true, required = true, value_name = "CMD", value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
    /// The config file that `up` was given
    #[arg(short, long, visible_alias = "procfile", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}
