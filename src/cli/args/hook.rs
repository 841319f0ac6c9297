//! `devsup hook`.

use crate::hook::Tool;
use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

/// `devsup hook`
#[derive(Debug, Args)]
#[command(after_help = "\
Before each run of the tests the hook runs `devsup down --stale -q`: what earlier
runs of this project left behind is stopped, what a living devsup looks after is
left alone. With nothing to do it takes a few milliseconds.

  npm     package.json           the script `pretest`
  cargo   .config/nextest.toml   a setup script (plain `cargo test` has no hook)
  pytest  conftest.py            when it is imported
  make    Makefile               a prerequisite of `test`
  just    justfile               a dependency of `test`
  git     pre-push or pre-commit

Examples:
  devsup hook install           into the one file that is here
  devsup hook install npm
  devsup hook install --dry-run make
  devsup hook uninstall npm     leaves the file as it was before
  devsup hook print pytest      to copy it by hand")]
pub struct Hook {
    /// What is done
    #[command(subcommand)]
    pub act: HookAct,
}

/// What can be done with a hook.
#[derive(Debug, Subcommand)]
pub enum HookAct {
    /// Put it in, and show what changes
    Install(HookChange),
    /// Take it out again, and show what changes
    Uninstall(HookChange),
    /// Print it, for copying
    Print {
        /// The tool that runs the tests
        #[arg(value_enum, value_name = "TOOL")]
        tool: Option<Tool>,
    },
}

/// A change of a file.
#[derive(Debug, Args)]
pub struct HookChange {
    /// The tool that runs the tests; without, the one whose file is here
    #[arg(value_enum, value_name = "TOOL")]
    pub tool: Option<Tool>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ValueEnum for Tool {
    fn value_variants<'a>() -> &'a [Self] {
        &crate::hook::TOOLS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
