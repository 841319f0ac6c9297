//! What is said of a command line that makes no sense: clap's words, and what it
//! can't know.

use super::args::Arguments;
use crate::exit::Status;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};

/// Verbs of other tools, and what devsup calls them.
const ELSEWHERE: [(&str, &str); 9] = [
    ("build", "`devsup up` starts; what must be built is a service that ends"),
    ("connect", "`devsup logs -f NAME` shows what a service writes"),
    ("echo", "`devsup logs -f` shows what is written"),
    ("process", "leave the word out: `devsup ps`, `devsup logs NAME`, `devsup restart NAME`"),
    ("quit", "`devsup down` stops everything"),
    ("rm", "`devsup down` stops everything; logs in `.pids/logs` stay"),
    ("top", "`devsup tree` shows every process, with CPU and memory"),
    ("validate", "`devsup check` looks at the config"),
    ("version", "`devsup --version` prints it"),
];

/// Prints it, with the way out where there is one more.
pub fn say(error: &clap::Error) -> Status {
    let status = if error.use_stderr() { Status::Usage } else { Status::Ok };
    let tip = verb_of_another_tool(error).map(str::to_owned).or_else(|| variable(error));
    let _ = error.print();
    if let Some(tip) = tip {
        crate::ui::err(&format!("\n  tip: {tip}"));
    }
    status
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    }
}

fn verb_of_another_tool(error: &clap::Error) -> Option<&'static str> {
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return without_names(&std::env::args().nth(1)?);
    }
    if error.kind() == ErrorKind::UnknownArgument {
        return before_the_verb(&std::env::args().nth(1)?);
    }
    let typed = text(error, ContextKind::InvalidSubcommand)?;
    ELSEWHERE.iter().find(|(verb, _)| *verb == typed).map(|(_, tip)| *tip)
}

/// What means everything in foreman, compose and others.
fn without_names(verb: &str) -> Option<&'static str> {
    match verb {
        "start" => Some("`devsup up` starts everything"),
        "stop" => Some("`devsup down` stops everything"),
        "restart" => Some("`devsup restart $(devsup ps -q)` restarts everything"),
        "run" => Some("write the command behind `--`, as in `devsup run -- npm test`"),
        _ => None,
    }
}

/// Flags that stand before the verb in compose.
fn before_the_verb(flag: &str) -> Option<&'static str> {
    match flag {
        "-f" | "--file" => Some("it stands behind the verb, as in `devsup up -f FILE`"),
        "--env-file" | "-e" => Some("it stands behind the verb, as in `devsup up -e FILE`"),
        "-v" => Some("`devsup --version` prints the version, `--verbose` says more"),
        _ => None,
    }
}

/// A value that nobody typed: clap names the flag, and not the variable that
/// stands for it.
fn variable(error: &clap::Error) -> Option<String> {
    let bad = [ErrorKind::InvalidValue, ErrorKind::ValueValidation].contains(&error.kind());
    let (flag, value) = bad
        .then(|| {
            Some((text(error, ContextKind::InvalidArg)?, text(error, ContextKind::InvalidValue)?))
        })
        .flatten()?;
    let command = Arguments::command();
    let name = all(&command).find(|arg| flag.starts_with(&shown(arg)))?.get_env()?.to_owned();
    let set = std::env::var(&name).ok().filter(|set| set.contains(value))?;
    let typed = std::env::args().any(|word| word.contains(value));
    (!typed).then(|| format!("the variable `{}` is set to `{set}`", name.display()))
}

fn all(command: &Command) -> impl Iterator<Item = &Arg> {
    let verbs = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(verbs).filter(|arg| arg.get_env().is_some())
}

/// The flag as clap's messages begin with it.
fn shown(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_verb_of_ours_is_another_tools() {
        for (verb, _) in ELSEWHERE {
            assert!(Arguments::command().find_subcommand(verb).is_none(), "{verb}");
        }
    }
}
