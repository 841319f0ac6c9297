//! From arguments to an exit status: one file a verb.

mod args;
mod check;
mod complete;
mod compose;
mod container;
mod containers;
mod detach;
mod down;
mod env;
mod init;
mod logs;
mod man;
mod moment;
mod schema;
mod show_config;
mod up;

use crate::config::{self, Failure};
use crate::exit::Status;
use crate::ui;
use args::{Arguments, Color, Verb};
use clap::Parser;
use down::DownArguments;
use std::path::{Path, PathBuf};

/// Runs what the process was called with.
pub fn run() -> Status {
    if let Some(status) = complete::answer() {
        return status;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = if error.use_stderr() { Status::Usage } else { Status::Ok };
            let _ = error.print();
            return status;
        }
    };
    let Arguments { color, root, verb, .. } = arguments;
    let common = Common { colour: colour(color), root };
    match verb {
        Verb::Up(up) => up::run(&common, &up),
        Verb::Down(typed) => run_down(&common, typed),
        Verb::Sweep(typed) => run_sweep(&common, typed),
        Verb::Detach(typed) => detach::run(&common, typed),
        Verb::Logs(typed) => logs::run(&common, &typed),
        Verb::Check(check) => check::run(&common, &check),
        Verb::Config(typed) => show_config::run(&common, &typed),
        Verb::Env(typed) => env::run(&common, &typed),
        Verb::Init(typed) => init::run(&common, &typed),
        Verb::Completions(typed) => complete::run(&typed),
        Verb::Man(typed) => man::run(&typed),
        Verb::Schema(_) => schema::run(),
        Verb::Container(typed) => container::run(&common, typed),
    }
}

/// What every verb is told.
pub(crate) struct Common {
    pub colour: ui::style::ColourChoice,
    pub root: Option<PathBuf>,
}

impl Common {
    /// The directory to start from: `-C`, else the current one.
    pub fn start_dir(&self) -> Result<PathBuf, String> {
        let current = std::env::current_dir()
            .map_err(|error| format!("the current directory can't be read: {error}"))?;
        let Some(root) = &self.root else { return Ok(current) };
        let root = current.join(root);
        if root.is_dir() {
            Ok(root)
        } else {
            Err(format!("no such directory: `{}`", root.display()))
        }
    }

    /// Reads the config, and says nothing of what is in it.
    fn read(&self, typed: &args::Config) -> Result<Result<config::Loaded, Failure>, Status> {
        let start_dir = self.start_dir().map_err(|why| {
            ui::error(&why);
            Status::Error
        })?;
        Ok(config::load(&request(start_dir, typed)))
    }

    /// Reads the config; what is wrong with it is said.
    pub fn load(&self, typed: &args::Config) -> Result<config::Loaded, Status> {
        match self.read(typed)? {
            Ok(loaded) => {
                self.show(&loaded.warnings);
                Ok(loaded)
            }
            Err(failure) => {
                self.show(&failure.diagnostics);
                Err(Status::Config)
            }
        }
    }

    /// Shows diagnostics, as wide as the terminal.
    pub fn show(&self, diagnostics: &[config::Diagnostic]) {
        if !diagnostics.is_empty() {
            let look = ui::style::Look::of_stderr(self.colour);
            let columns = crate::os::descriptor::columns(std::io::stderr()).unwrap_or(100);
            ui::err(&config::render(diagnostics, look.colour, usize::from(columns)));
        }
    }
}

fn run_down(common: &Common, typed: args::Down) -> Status {
    let args::Down {
        force,
        containers,
        stale,
        volumes,
        timeout,
        dry_run,
        sweep_attached,
        last,
        json,
        quiet,
        file,
    } = typed;
    stop(common, file, |plain| {
        let arguments = DownArguments {
            force,
            containers,
            stale,
            volumes,
            timeout,
            dry_run,
            sweep_attached,
            json,
            quiet,
            ..plain
        };
        if last { down::last(&arguments) } else { down::run(&arguments) }
    })
}

fn run_sweep(common: &Common, typed: args::Sweep) -> Status {
    let args::Sweep { dry_run, sweep_attached, json, quiet, file } = typed;
    stop(common, file, |plain| {
        down::run(&DownArguments { stale: true, dry_run, sweep_attached, json, quiet, ..plain })
    })
}

fn stop(common: &Common, file: Vec<PathBuf>, how: impl Fn(DownArguments) -> Status) -> Status {
    match common.start_dir() {
        Ok(start) => {
            let look = ui::style::Look::of_stderr(common.colour);
            how(DownArguments { file, ..DownArguments::of(start, look) })
        }
        Err(why) => failed(&why),
    }
}

fn request(start_dir: PathBuf, typed: &args::Config) -> config::Request {
    let from_here = |path: &PathBuf| Path::new(&start_dir).join(path);
    config::Request {
        files: typed.file.iter().map(from_here).collect(),
        env_files: typed.env_file.iter().map(from_here).collect(),
        env_override: typed.env_override,
        formation: typed.formation.clone(),
        port_base: typed.port,
        profiles: typed.profile.clone(),
        os_environment: std::env::vars_os().collect(),
        start_dir,
    }
}

fn failed(why: &str) -> Status {
    ui::error(why);
    Status::Error
}

/// Prints data; what could not be printed is an error.
fn data(text: &str) -> Status {
    match ui::data(text) {
        Ok(()) => Status::Ok,
        Err(error) => failed(&format!("standard output can't be written: {}", reason(&error))),
    }
}

/// What went wrong, without the system's number for it.
fn reason(error: &std::io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn colour(typed: Color) -> ui::style::ColourChoice {
    match typed {
        Color::Auto => ui::style::ColourChoice::Auto,
        Color::Always => ui::style::ColourChoice::Always,
        Color::Never => ui::style::ColourChoice::Never,
    }
}
