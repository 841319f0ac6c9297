//! `devsup exec`.

use super::super::complete;
use super::Config;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use std::ffi::OsString;

/// `devsup exec`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  devsup exec -- ./manage.py shell        the variables that all services have
  devsup exec --service api -- env        those of one service
  devsup exec -- sh -c 'psql $DATABASE_URL'

Nothing is started or stopped, and the command is no part of the project: `devsup
down` leaves it alone. It takes the place of devsup, so its exit status is its own;
126 and 127 say that it can't be executed or was not found.")]
pub struct Exec {
    /// Give it the variables of this service, or of one copy of it as `web.2`
    #[arg(short, long, value_name = "NAME")]
    #[arg(add = ArgValueCandidates::new(complete::services))]
    pub service: Option<String>,
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, num_args = 1.., trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}
