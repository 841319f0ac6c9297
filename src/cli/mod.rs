//! From arguments to an exit status: one file a verb.

mod act;
mod args;
mod attach;
mod background;
mod check;
mod complete;
mod compose;
mod container;
mod containers;
mod converge;
mod detach;
mod doctor;
mod down;
mod env;
mod events;
mod exec;
mod hook;
mod init;
mod inspect;
mod job;
mod kill;
mod logs;
mod man;
mod moment;
mod port;
mod ps;
mod reload;
mod run;
mod running;
mod schema;
mod serve;
mod show_config;
mod tree;
mod up;
mod usage;
mod wait;

use crate::config::{self, Failure};
use crate::exit::Status;
use crate::model::reason;
use crate::ui;
use args::{Arguments, Color, Verb};
use clap::Parser;
use down::DownArguments;
use std::path::{Path, PathBuf};
pub use up::go_on;

/// Runs what the process was called with.
pub fn run() -> Status {
    if let Some(status) = complete::answer() {
        return status;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            return usage::say(&error);
        }
    };
    let Arguments { color, root, verb, .. } = arguments;
    let common = Common { colour: colour(color), root };
    match verb {
        Verb::Up(up) => up::run(&common, &up),
        Verb::Down(typed) => run_down(&common, typed),
        Verb::Attach(typed) => attach::run(&common, &typed),
        Verb::Reload(typed) => reload::run(&common, &typed),
        Verb::Sweep(typed) => run_sweep(&common, typed),
        Verb::Detach(typed) => detach::run(&common, typed),
        Verb::Ps(typed) => ps::run(&common, &typed),
        Verb::Inspect(typed) => inspect::run(&common, &typed),
        Verb::Logs(typed) => logs::run(&common, &typed),
        Verb::Start(typed) => act::run(&common, act::Verb::Start, &typed),
        Verb::Stop(typed) => act::run(&common, act::Verb::Stop, &typed),
        Verb::Restart(typed) => act::run(&common, act::Verb::Restart, &typed),
        Verb::Kill(typed) if kill::is_message(&typed) => act::kill(&common, &typed),
        Verb::Kill(typed) => kill::run(&common, &typed),
        Verb::Serve(typed) => serve::run(&common, &typed),
        Verb::Tree(typed) => tree::run(&common, &typed),
        Verb::Wait(typed) => wait::run(&common, &typed),
        Verb::Events(typed) => events::run(&common, &typed),
        Verb::Port(typed) => port::run(&common, &typed),
        Verb::Check(check) => check::run(&common, &check),
        Verb::Config(typed) => show_config::run(&common, &typed),
        Verb::Env(typed) => env::run(&common, &typed),
        Verb::Exec(typed) => exec::run(&common, &typed),
        Verb::Doctor(typed) => doctor::run(&common, &typed),
        Verb::Hook(typed) => hook::run(&common, &typed.act),
        Verb::Run(typed) => run::run(&common, &typed),
        Verb::Job(typed) => job::run(&common, &typed.act),
        Verb::Init(typed) => init::run(&common, &typed),
        Verb::Completions(typed) => complete::run(&typed),
        Verb::Man(typed) => man::run(&typed),
        Verb::Schema(typed) => schema::run(&typed),
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
            .map_err(|error| format!("the current directory can't be used: {}", reason(&error)))?;
        let Some(root) = &self.root else { return Ok(current) };
        let root = current.join(root);
        // Through the directory itself, which may be there and yet be closed.
        match root.join(".").metadata() {
            Ok(_) => Ok(root),
            Err(error) => Err(format!("`-C {}`: {}", root.display(), reason(&error))),
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
    let args::Down { force, containers, stale, volumes, timeout, dry_run, sweep_attached, .. } =
        typed;
    let args::Down { last, json, quiet, file, .. } = typed;
    stop(common, file, |plain| {
        let plain = DownArguments { force, containers, stale, volumes, timeout, ..plain };
        let arguments = DownArguments { dry_run, sweep_attached, json, quiet, ..plain };
        if last { down::last(&arguments) } else { down::run(&arguments) }
    })
}

fn run_sweep(common: &Common, typed: args::Sweep) -> Status {
    let args::Sweep { dry_run, attached: sweep_attached, json, quiet, file } = typed;
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

fn colour(typed: Color) -> ui::style::ColourChoice {
    match typed {
        Color::Auto => ui::style::ColourChoice::Auto,
        Color::Always => ui::style::ColourChoice::Always,
        Color::Never => ui::style::ColourChoice::Never,
    }
}
