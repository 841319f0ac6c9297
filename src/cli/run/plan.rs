//! What a run is about: which services, made of the config and of what was
//! typed.

use super::super::{Common, args, failed};
use crate::exit::Status;
use crate::model::{
    self, Command, Healthcheck, HttpCheck, Probe, Project, Selection, Service, ServiceName,
    Variable,
};
use crate::{supervise, ui};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Services, and where the command runs.
pub(super) struct Plan {
    /// The project, with what was typed in it.
    pub project: Project,
    /// Its directory; that of `project` becomes the one of the run.
    pub root: PathBuf,
    /// Where the command runs.
    pub start: PathBuf,
    /// Services to start, as indices into the project.
    pub wanted: Vec<usize>,
    /// The variables that all services have.
    pub environment: Vec<Variable>,
    /// How many of the project's services come from its config.
    pub configured: usize,
}

impl Plan {
    pub fn of(common: &Common, typed: &args::Run) -> Result<Self, Status> {
        let start = common.start_dir().map_err(|why| failed(&why))?;
        let start = start.canonicalize().unwrap_or(start);
        let (mut project, environment) = load(common, typed, &start)?;
        let configured = project.services.len();
        for mut service in typed_services(typed, &start)? {
            if project.service(service.name.as_str()).is_some() {
                ui::error(&format!("the config has a service `{}` already", service.name));
                return Err(Status::Usage);
            }
            service.environment.clone_from(&environment);
            project.services.push(service);
        }
        if let Some(directory) = &typed.log_dir {
            keep_logs(&mut project, &start.join(directory))?;
        }
        let wanted = wanted(&project, typed, configured)?;
        let root = project.root.clone();
        Ok(Self { project, root, start, wanted, environment, configured })
    }

    /// Chooses the ports that are to be chosen.
    pub fn settle_ports(&mut self) {
        supervise::settle_ports(&mut self.project);
    }
}

/// The project that is here; with none, one of nothing but what was typed.
fn load(
    common: &Common,
    typed: &args::Run,
    start: &Path,
) -> Result<(Project, Vec<Variable>), Status> {
    match common.read(&typed.config)? {
        Ok(loaded) => {
            common.show(&loaded.warnings);
            Ok((loaded.project, loaded.environment))
        }
        Err(failure) if failure.not_found && typed.config.file.is_empty() => {
            let name = start.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut project = Project::plain(name, start.to_owned(), Vec::new());
            project.os_environment = std::env::vars_os()
                .filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)))
                .collect();
            Ok((project, Vec::new()))
        }
        Err(failure) => {
            common.show(&failure.diagnostics);
            Err(Status::Config)
        }
    }
}

fn wanted(project: &Project, typed: &args::Run, configured: usize) -> Result<Vec<usize>, Status> {
    let mut names = typed.with.clone();
    if !names.is_empty() {
        let typed = project.services[configured..].iter();
        names.extend(typed.map(|service| service.name.to_string()));
    }
    let selection = Selection { names, ..Selection::default() };
    model::select(project, &selection).map_err(|unknown| {
        ui::error(&unknown.to_string());
        Status::Usage
    })
}

/// Their output goes there instead of into the history.
fn keep_logs(project: &mut Project, directory: &Path) -> Result<(), Status> {
    std::fs::create_dir_all(directory)
        .map_err(|error| failed(&format!("`{}` can't be made: {error}", directory.display())))?;
    for service in &mut project.services {
        service.log.file = Some(directory.join(format!("{}.log", service.name)));
    }
    Ok(())
}

/// `--service` and the `--ready` behind each, in the order they were typed.
fn typed_services(typed: &args::Run, start: &Path) -> Result<Vec<Service>, Status> {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let end = words.len() - typed.command.len().min(words.len());
    let mut services = Vec::new();
    for (name, value) in flags(&words[..end]) {
        let made = match name {
            "--service" => service(&value, start).map(|service| services.push(service)),
            _ => ready(&value, start).and_then(|check| {
                let last = services.last_mut().ok_or("`--ready` stands behind its `--service`")?;
                last.healthcheck = Some(check);
                Ok(())
            }),
        };
        made.map_err(|why| {
            ui::error(&format!("`{value}`: {why}"));
            Status::Usage
        })?;
    }
    Ok(services)
}

/// The two flags whose order counts, with their values.
fn flags(words: &[String]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        for name in ["--service", "--ready"] {
            if word == name {
                found.extend(words.next().map(|value| (name, value.clone())));
            } else if let Some(value) = word.strip_prefix(name).and_then(|v| v.strip_prefix('=')) {
                found.push((name, value.to_owned()));
            }
        }
    }
    found
}

fn service(text: &str, start: &Path) -> Result<Service, String> {
    let (name, line) = text.split_once('=').ok_or("write it as NAME=CMD")?;
    let name = ServiceName::new(name).map_err(|bad| bad.to_string())?;
    if line.trim().is_empty() {
        return Err("write it as NAME=CMD".to_owned());
    }
    Ok(Service::plain(name, Command::Shell(line.to_owned()), start.to_owned()))
}

/// A URL, `tcp:PORT`, `tcp:HOST:PORT` or `unix:PATH`.
fn ready(text: &str, start: &Path) -> Result<Healthcheck, String> {
    let probe = if text.starts_with("http://") {
        let url = text.to_owned();
        Probe::Http(HttpCheck { url, status: Vec::new(), headers: Vec::new(), body: None })
    } else if let Some(path) = text.strip_prefix("unix:") {
        Probe::Unix(start.join(path))
    } else if let Some(address) = text.strip_prefix("tcp:") {
        let (host, port) = address.rsplit_once(':').unwrap_or(("127.0.0.1", address));
        let port = port.parse().map_err(|_| "it ends with no port".to_owned())?;
        Probe::Tcp { host: host.to_owned(), port }
    } else {
        return Err("write `http://...`, `tcp:PORT` or `unix:PATH`".to_owned());
    };
    Ok(Healthcheck {
        probe,
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(5),
        retries: 3,
        start_period: Duration::ZERO,
        start_interval: Duration::from_millis(250),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ready_belongs_to_the_service_before_it() {
        let words = ["run", "--service", "a=./a", "--ready=tcp:1", "--service=b=./b"];
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let found = flags(&words);
        let found: Vec<(&str, &str)> = found.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(found, [("--service", "a=./a"), ("--ready", "tcp:1"), ("--service", "b=./b")]);
    }

    #[test]
    fn probes_are_read() {
        let probe = |text| ready(text, Path::new("/shop")).map(|check| check.probe);
        let tcp = |host: &str, port| Probe::Tcp { host: host.to_owned(), port };
        assert_eq!(probe("tcp:80"), Ok(tcp("127.0.0.1", 80)));
        assert_eq!(probe("tcp:localhost:80"), Ok(tcp("localhost", 80)));
        assert_eq!(probe("unix:db.sock"), Ok(Probe::Unix("/shop/db.sock".into())));
        assert!(matches!(probe("http://x/y"), Ok(Probe::Http(_))));
        assert!(probe("80").is_err() && probe("tcp:x").is_err());
    }
}
