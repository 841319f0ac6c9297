//! `devsup doctor`.

use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `devsup doctor`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup doctor          what is wrong, and the command that mends it
  devsup doctor --fix    mends it, after asking about each

Looked at: the config, leftovers of killed runs and jobs, records that nobody owns,
ports that are taken, the version of the supervisor that runs, the container engine
and the compose tool where they are needed, containers of a killed run, the kernel,
the control group, the memory that is left, and the limits of this shell. The exit status is 0
only where nothing is wrong.

The JSON has version (1), clean (true where nothing is wrong) and findings, a list
of objects with area, what (is wrong) and mend (the command, or what is to be done).")]
pub struct Doctor {
    /// Mend what can be mended, after asking about each
    #[arg(long)]
    pub fix: bool,
    /// Do not ask
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "fix")]
    pub json: bool,
    /// The config file that `up` was given
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DEVSUP_FILE", value_delimiter = ':')]
    pub file: Vec<PathBuf>,
}
