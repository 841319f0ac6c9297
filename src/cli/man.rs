//! `devsup man`: the manual pages, made of the command line's own definition
//! and of the table of keys.

mod file;
mod page;

use super::args::{self, Arguments, Page};
use super::data;
use crate::exit::{MEANINGS, Status};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use page::{Writer, described, example, inline, paragraph};

/// Prints a page.
pub fn run(typed: &args::Man) -> Status {
    data(&match typed.page {
        Page::Command => command_page(),
        Page::File => file::page(),
    })
}

const ABOUT: [&str; 3] = [
    "One file, a `Procfile` or a `devsup.yaml`, declares the services of a project. `devsup up` starts each in a session of its own and shows one stream of output. Ctrl-C, or `devsup down` from anywhere else, stops everything and proves it: nothing of the project left, nothing of anybody else's touched.",
    "A stop has five phases: the stop signal to each service, dependents first; then whatever is left of their trees is frozen and killed; then whatever carries a mark of the run, wherever it went; then containers; then the proof that no process, lock or declared port is left.",
    "Data goes to standard output, words to standard error.",
];

const EXAMPLES: [(&str, &str); 7] = [
    ("devsup init && devsup up", "a first devsup.yaml, and everything in it"),
    ("devsup up api worker", "only these, and what they depend on"),
    ("devsup up -m web=2 -T", "two copies of web, the time before each line"),
    ("devsup up --dry-run", "what would be started, in which order"),
    ("devsup down", "stop everything from another terminal, and prove it"),
    ("devsup down --stale", "only what dead runs left behind, as before a test run"),
    ("devsup env api --explain", "which file and line set which variable"),
];

const FILES: [(&str, &str); 7] = [
    (
        "devsup.yaml, devsup.yml, Procfile.dev, Procfile",
        "The config: looked for in the current directory, then upward to the root of the repository; the first one is taken. See devsup.yaml(5).",
    ),
    ("devsup.local.yaml", "Laid over the config, if it stands beside it."),
    (
        ".env",
        "Variables, if it stands beside the config. The environment devsup is started in wins over it.",
    ),
    (
        ".pids/services.pids",
        "While something runs: the supervisor's and the services' process ids, one a line. `services.pids.groups` and `services.pids.services` have the same with group and name.",
    ),
    (".pids/run.json, .pids/history.jsonl", "The run as it is, and what ever happened."),
    (".pids/logs/NAME.log", "All output of a service, complete. It stays."),
    ("$XDG_STATE_HOME/devsup/", "The same, where the project's directory can't be written."),
];

const VARIABLES: [(&str, &str); 5] = [
    ("NO_COLOR", "With any value: no colours."),
    ("CLICOLOR_FORCE", "Other than 0: colours into pipes and files too."),
    ("TERM", "`dumb`: no colours, nothing that moves."),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "Signs beyond ASCII are used where the first that is set says UTF-8.",
    ),
    (
        "XDG_STATE_HOME, XDG_RUNTIME_DIR",
        "Where tracking files go that can't stand in the project, and the control socket.",
    ),
];

fn command_page() -> String {
    let command = Arguments::command().disable_help_subcommand(true);
    let top = Man::new(command.clone());
    let mut writer = Writer::titled("devsup", 1);
    writer.add(|to| top.render_name_section(to));
    writer.add(|to| top.render_synopsis_section(to));
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    for words in ABOUT {
        paragraph(&mut roff, words);
    }
    writer.roff(&roff);
    writer.add(|to| top.render_options_section(to));
    let config = args::Config::augment_args(Command::new("config").disable_help_flag(true));
    let mut roff = Roff::new();
    roff.control("SS", ["Of every verb that reads a config"]);
    writer.roff(&roff);
    writer.add_below(|to| Man::new(config.clone()).render_options_section(to));
    verbs(&command, &config, &mut writer);
    let mut roff = Roff::new();
    section(&mut roff, "FILES", &FILES);
    environment(&command, &mut roff);
    exit_status(&mut roff);
    section(&mut roff, "EXAMPLES", &EXAMPLES);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("devsup.yaml"), roman("(5)")]);
    writer.roff(&roff);
    writer.text
}

/// A verb after the other, each with its options and examples. Those of
/// `config` are said above.
fn verbs(command: &Command, config: &Command, writer: &mut Writer) {
    let mut roff = Roff::new();
    roff.control("SH", ["VERBS"]);
    writer.roff(&roff);
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = format!("devsup {}", verb.get_name());
        let mut roff = Roff::new();
        roff.control("SS", [name.as_str()]);
        roff.text(inline(&verb.get_about().map(ToString::to_string).unwrap_or_default()));
        writer.roff(&roff);
        let verb = without(verb, config).disable_help_flag(true).disable_version_flag(true);
        writer.add_below(|to| Man::new(verb.clone()).render_options_section(to));
        if let Some(words) = verb.get_after_long_help() {
            let mut roff = Roff::new();
            example(&mut roff, &words.to_string());
            writer.roff(&roff);
        }
    }
}

/// The verb without the options of `config`, if it has all of them.
fn without(verb: &Command, config: &Command) -> Command {
    let ids: Vec<_> = config.get_arguments().map(clap::Arg::get_id).collect();
    let has = |id| verb.get_arguments().any(|argument| argument.get_id() == id);
    let mut verb = verb.clone();
    if ids.iter().all(|&id| has(id)) {
        for id in ids {
            verb = verb.mut_arg(id, |argument| argument.hide(true));
        }
    }
    verb
}

fn section(roff: &mut Roff, title: &str, rows: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, about) in rows {
        described(roff, name, about);
    }
}

/// Every variable that stands for a flag, then the others.
fn environment(command: &Command, roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    paragraph(roff, "These stand for flags. None of them is passed on to services.");
    let verbs = std::iter::once(command).chain(command.get_subcommands());
    let mut rows: Vec<(String, String)> = Vec::new();
    for argument in verbs.flat_map(Command::get_arguments) {
        let (Some(variable), Some(long)) = (argument.get_env(), argument.get_long()) else {
            continue;
        };
        let row = (variable.to_string_lossy().into_owned(), format!("`--{long}`"));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.sort();
    for (variable, flag) in &rows {
        described(roff, variable, flag);
    }
    paragraph(roff, "Others:");
    for (name, about) in VARIABLES {
        described(roff, name, about);
    }
}

fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    for (status, about) in MEANINGS {
        described(roff, &status.code().to_string(), about);
    }
    let words = "With `--abort-on-exit`, `--abort-on-failure` and Procfiles, `up` ends with the status of the service whose end stopped everything.";
    paragraph(roff, words);
}
