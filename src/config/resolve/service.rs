//! One service: its defaults, its variables, its command.

use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::dotenv;
use super::super::environment::{Given, Outside, reserved, reserved_name};
use super::super::fields::Reader;
use super::super::source::Source;
use super::super::suggest::did_you_mean;
use super::super::written::{self, EnvFile, Setting};
use super::{Ctx, words};
use crate::model::{
    Command, Healthcheck, LogRules, Origin, Port, Restart, RestartPolicy, Role, Service,
    ShutdownRules, StopPlan, Tty, Variable,
};
use std::time::Duration;

const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
const LOG_SIZE: u64 = 10 << 20;
const LOG_FILES: u32 = 5;

/// Everything but `depends_on`, which needs the other services. `None` if it
/// has no command.
pub fn resolve(
    written: &written::Service,
    project: &written::Project,
    ctx: &Ctx<'_>,
    reader: &mut Reader<'_>,
) -> Option<Service> {
    let port = written.port.as_ref().map_or(Port::None, |port| port.value);
    let environment = variables(written, project, ctx, reader);
    let healthcheck = healthcheck(written, reader);
    let command = command(written, project, &environment, ctx, reader)?;
    let here = written.name.span.source().directory();
    Some(Service {
        name: written.name.value.clone(),
        role: Role::Declared,
        command,
        working_dir: written.working_dir.as_ref().map_or(here, |dir| &dir.value).to_owned(),
        environment,
        port,
        depends_on: Vec::new(),
        restart: restart(written, healthcheck.is_some()),
        healthcheck,
        stop: stop(written, project),
        tags: words(&written.tags),
        profiles: words(&written.profiles),
        autostart: autostart(written, &ctx.request.profiles),
        replicas: replicas(written, &ctx.request.formation),
        tty: value(written.tty.as_ref(), Tty::Auto),
        stdin_open: value(written.stdin_open.as_ref(), false),
        startup_timeout: value(written.startup_timeout.as_ref(), STARTUP_TIMEOUT),
        success_exit_codes: written.success_exit_codes.clone().unwrap_or_else(|| vec![0]),
        forking: value(written.forking.as_ref(), false),
        log: LogRules {
            file: written.log_file.as_ref().map(|file| file.value.clone()),
            max_size: value(written.log_max_size.as_ref(), LOG_SIZE),
            max_files: value(written.log_max_files.as_ref(), LOG_FILES),
        },
    })
}

fn value<T: Copy>(written: Option<&Spanned<T>>, default: T) -> T {
    written.map_or(default, |written| written.value)
}

/// Whether one of its profiles is asked for; without any it always is.
pub fn is_active(written: &written::Service, profiles: &[String]) -> bool {
    let asked = |profile: &Spanned<String>| profiles.contains(&profile.value);
    written.profiles.is_empty() || written.profiles.iter().any(asked)
}

fn autostart(written: &written::Service, profiles: &[String]) -> bool {
    is_active(written, profiles) && value(written.autostart.as_ref(), true)
}

/// The command line wins over the file, a name over `all`.
fn replicas(written: &written::Service, formation: &[(String, u16)]) -> u16 {
    let asked = |name: &str| formation.iter().rev().find(|(own, _)| own == name).map(|own| own.1);
    let asked = asked(written.name.value.as_str()).or_else(|| asked("all"));
    asked.unwrap_or_else(|| value(written.replicas.as_ref(), 1))
}

fn stop(written: &written::Service, project: &written::Project) -> StopPlan {
    let grace = written.stop_grace_period.as_ref().or(project.shutdown.grace.as_ref());
    StopPlan {
        signal: value(written.stop_signal.as_ref(), crate::model::Signal::Term),
        grace: value(grace, ShutdownRules::default().grace),
        command: written.stop_command.as_ref().map(|command| command.value.clone()),
    }
}

/// Never, or with a health check three times after a failure.
fn restart(written: &written::Service, checked: bool) -> Restart {
    let (policy, max) =
        if checked { (RestartPolicy::OnFailure, Some(3)) } else { (RestartPolicy::No, None) };
    let default = super::super::read::restart_of(policy, max);
    written.restart.as_ref().map_or(default, |restart| restart.value.clone())
}

fn healthcheck(written: &written::Service, reader: &mut Reader<'_>) -> Option<Healthcheck> {
    let check = written.healthcheck.as_ref().filter(|check| !check.disable)?;
    if !check.has_probe {
        let hint = "write one of `unix`, `tcp`, `http`, `test` and `log`";
        return reader.refuse(&check.span, "`healthcheck` asks nothing", hint);
    }
    let probe = check.probe.as_ref()?;
    Some(Healthcheck {
        probe: probe.value.clone(),
        interval: check.interval.unwrap_or(Duration::from_secs(30)),
        timeout: check.timeout.unwrap_or(Duration::from_secs(5)),
        retries: check.retries.unwrap_or(3),
        start_period: check.start_period.unwrap_or(Duration::ZERO),
        start_interval: check.start_interval.unwrap_or(Duration::from_millis(250)),
    })
}

/// The variables, lowest first; see `environment` for who wins.
fn variables(
    written: &written::Service,
    project: &written::Project,
    ctx: &Ctx<'_>,
    reader: &mut Reader<'_>,
) -> Vec<Variable> {
    let mut own: Vec<Given> = Vec::new();
    for file in &written.env_files {
        own.extend(env_file(file, ctx, reader));
    }
    own.extend(written.environment.iter().filter_map(Given::of));
    let sets_port = own.iter().any(|given| given.name == "PORT");
    let mut all: Vec<Given> = project.environment.iter().filter_map(Given::of).collect();
    all.extend(own);
    let mut variables = ctx.outside.under(&all);
    for setting in project.environment.iter().chain(&written.environment) {
        passed_on(setting, &mut variables, ctx, reader);
    }
    if written.port.is_some() && !sets_port {
        // The port that the service declares is its `PORT`, whatever a `.env`
        // or the shell says; only the service itself can say otherwise.
        variables.retain(|variable| variable.name != "PORT");
    }
    variables
}

/// `NAME` without a value: whatever is there is passed on.
fn passed_on(
    setting: &Setting,
    variables: &mut Vec<Variable>,
    ctx: &Ctx<'_>,
    reader: &mut Reader<'_>,
) {
    if setting.value.is_none() && !pass_on(setting, variables, ctx.outside) {
        let name = &setting.name.value;
        let warning = Diagnostic::warning(format!("`{name}` has no value here or anywhere else"));
        reader.report(
            warning.at(&setting.name.span).hint(format!("write `{name}: \"\"` for an empty one")),
        );
    }
}

/// The same without a word; whether there was anything. A setting with a value
/// has nothing to pass on.
pub fn pass_on(setting: &Setting, variables: &mut Vec<Variable>, outside: &Outside) -> bool {
    let name = &setting.name.value;
    if let Some(variable) = variables.iter_mut().find(|variable| variable.name == *name) {
        variable.secret |= setting.secret.is_some();
        return true;
    }
    let Some(value) = outside.get(name).filter(|_| setting.value.is_none()) else {
        return false;
    };
    variables.push(Variable {
        name: name.clone(),
        value,
        origin: Origin::OperatingSystem,
        overrode: Vec::new(),
        secret: setting.secret.is_some(),
    });
    true
}

fn env_file(file: &EnvFile, ctx: &Ctx<'_>, reader: &mut Reader<'_>) -> Vec<Given> {
    if !file.required && !file.path.value.exists() {
        return Vec::new();
    }
    match Source::read(&file.path.value, ctx.shown_from) {
        Ok(source) => {
            let outside = |name: &str| ctx.outside.get(name);
            let wins = !ctx.outside.files_win;
            let set = dotenv::parse(&source, &outside, wins, &mut reader.diagnostics);
            for set in set.iter().filter(|set| reserved(&set.name)) {
                reader.report(reserved_name(&set.name, &set.span));
            }
            set.iter().map(Given::from).collect()
        }
        Err(problem) => {
            let placed = problem.span().is_some();
            reader.report(if placed { problem } else { problem.at(&file.path.span) });
            Vec::new()
        }
    }
}

fn command(
    written: &written::Service,
    project: &written::Project,
    variables: &[Variable],
    ctx: &Ctx<'_>,
    reader: &mut Reader<'_>,
) -> Option<Command> {
    let Some(command) = &written.command else {
        return if written.has_command { None } else { no_command(written, project, reader) };
    };
    match &command.value {
        written::Command::Shell(text) => Some(Command::Shell(text.clone())),
        written::Command::Exec(words) => {
            let port = match written.port.as_ref().map(|port| port.value) {
                Some(Port::Fixed(port)) => Some(port.to_string()),
                _ => None,
            };
            let lookup = |name: &str| {
                let own = variables.iter().find(|variable| variable.name == name);
                let own = own.map(|variable| variable.value.clone());
                let port = || port.clone().filter(|_| name == "PORT");
                own.or_else(port).or_else(|| ctx.outside.get(name))
            };
            let mut followed = Vec::new();
            for word in words {
                followed.push(reader.interpolate_with(&word.value, &word.span, &lookup)?);
            }
            Some(Command::Exec(followed))
        }
    }
}

fn no_command(
    written: &written::Service,
    project: &written::Project,
    reader: &mut Reader<'_>,
) -> Option<Command> {
    let name = written.name.value.as_str();
    let others = project.services.iter().filter(|other| other.has_command);
    let meant = did_you_mean(name, others.map(|other| other.name.value.as_str()));
    let hint = meant.unwrap_or_else(|| format!("write `{name}: {{command: ./{name}}}`"));
    reader.refuse(&written.name.span, format!("service `{name}` has no `command`"), &hint)
}
