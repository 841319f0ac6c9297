//! The verbs about a project's files.

use super::super::complete;
use super::Config;
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

/// `devsup config`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup config                     what the files say, with every default applied
  devsup config --json | jq .services.api.port
  devsup config --services          names only
  devsup config -q && echo fine     look for mistakes, print nothing
  devsup config --show-secrets > resolved.yaml

The output is a devsup.yaml itself and means the same as the files it was made
of. Variables named *_TOKEN, *_SECRET, *_KEY and *PASSWORD*, and those declared
with `secret: true`, are masked wherever their value appears.

The JSON has the keys of devsup.yaml (`devsup schema`) and version (1), which is
passed over when the file is read.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct ShowConfig {
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
    /// Print JSON instead of YAML
    #[arg(long, conflicts_with_all = ["quiet", "services"])]
    pub json: bool,
    /// Print nothing but mistakes
    #[arg(short, long, conflicts_with = "services")]
    pub quiet: bool,
    /// Print the names of the services only, a line each
    #[arg(long)]
    pub services: bool,
    /// Print secrets as they are
    #[arg(long)]
    pub show_secrets: bool,
}

/// `devsup env`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup env                         the variables that all services have
  devsup env api                     those of one service
  devsup env api --explain           which file and line set what, and what it overrode
  eval \"$(devsup env api --show-secrets)\" && ./debug-api
  devsup env web.2 --json            those of the second copy of web

Variables that come from your shell as they are are not listed: services have
them anyway. Who wins, from low to high: the project's env files, your shell, the
project's `environment`, the service's `env_file`, the service's `environment`.
With --env-override, your shell is the lowest.

The JSON has version (1) and variables, a list of objects with name, value, set_by
and overrode (from near to far), both of kind (devsup, operating_system,
command_line or file), file and line, and secret, whether the value is masked.")]
pub struct Env {
    /// The service, or one copy of it as `web.2`; without, what all services have
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::services))]
    pub name: Option<String>,
    /// Which config is read
    #[command(flatten)]
    pub config: Config,
    /// Say where each variable was set, and what that overrode
    #[arg(long)]
    pub explain: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "explain")]
    pub json: bool,
    /// Print secrets as they are
    #[arg(long)]
    pub show_secrets: bool,
}

/// `devsup init`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup init --dry-run     print what would be written
  devsup init               write devsup.yaml
  devsup init -f dev.yaml   write another file

Looked at, in the current directory (or -C): process-compose.yaml, Procfile.dev,
Procfile, the scripts of package.json, and a compose file, which becomes the
`compose` section. A file that is there already is never written over.")]
pub struct Init {
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write this file instead of devsup.yaml
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}
