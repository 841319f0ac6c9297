//! The verbs that print what is made of this program's own tables.

use clap::{Args, ValueEnum};

/// `devsup completions`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup completions bash > ~/.local/share/bash-completion/completions/devsup
  devsup completions zsh > ~/.zfunc/_devsup       (with ~/.zfunc in $fpath)
  devsup completions fish > ~/.config/fish/completions/devsup.fish
  devsup completions elvish >> ~/.config/elvish/rc.elv
  devsup completions powershell >> $PROFILE

Names of services, tags and profiles are completed too, from the config of the
current directory.")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Shells that completions are there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    Zsh,
}

impl Shell {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Zsh => "zsh",
        }
    }
}

/// `devsup man`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup man | man -l -
  devsup man devsup.yaml | man -l -
  devsup man > ~/.local/share/man/man1/devsup.1
  devsup man devsup.yaml > ~/.local/share/man/man5/devsup.yaml.5")]
pub struct Man {
    /// Which page: the command, or its file
    #[arg(value_enum, default_value_t)]
    pub page: Page,
}

/// A manual page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// devsup(1), the command
    #[default]
    #[value(name = "devsup", alias = "1")]
    Command,
    /// devsup.yaml(5), the file
    #[value(name = "devsup.yaml", alias = "5")]
    File,
}

/// `devsup schema`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup schema > .vscode/devsup.schema.json

An editor with a YAML language server finds the schema by the first line of the
file, which `devsup init` writes:
  # yaml-language-server: $schema=PATH-OR-URL

`devsup schema api` prints the OpenAPI document of the API of a running project,
which is also served there, at /openapi.json.")]
pub struct Schema {
    /// Of the file, or of the API
    #[arg(value_enum, default_value_t)]
    pub of: Described,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// devsup.yaml, as a JSON schema
    #[default]
    #[value(name = "devsup.yaml", alias = "file")]
    File,
    /// The API of a running project, as an OpenAPI document
    #[value(name = "api")]
    Api,
}
