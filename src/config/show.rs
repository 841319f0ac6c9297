//! A resolved project in the words of its file, so that what is printed can be
//! read again and means the same. Nothing is left to a default.

use super::tree::Tree;
use crate::model::{
    Command, Compose, Condition, Dependency, HttpCheck, LogRules, MASK, Port, Probe, Project,
    Restart, RestartPolicy, Secrets, Service, ShutdownRules, Tty, Variable,
};
use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};
use std::path::Path;
use std::time::Duration;

/// How a project is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// With its secrets.
    pub secrets: bool,
    /// The profiles that were asked for.
    pub profiles: &'a [String],
}

/// The whole project. Read again, with the same profiles asked for, it
/// resolves to the same, but for the places of its variables and for being a
/// YAML file now.
pub fn show(project: &Project, how: Shown<'_>) -> Tree {
    let mut services = Tree::map();
    for service in &project.services {
        services.put(service.name.as_str(), service_of(service, how), Vec::new());
    }
    let tree = Tree::map()
        .with("name", literal(&project.name))
        // Every variable stands with its service: no file has to be read again.
        .with("env_file", Vec::new())
        .with("services", services)
        .with_if("compose", project.compose.as_ref().map(compose))
        .with("shutdown", shutdown(&project.shutdown));
    if how.secrets {
        return tree;
    }
    let secrets = Secrets::of(project);
    tree.map_texts(&|text| secrets.hide(text))
}

/// Text in which the reader follows references.
fn literal(text: &str) -> Tree {
    Tree::Text(text.replace('$', "$$"))
}

fn path(path: &Path) -> Tree {
    literal(&path.to_string_lossy())
}

fn literals(texts: &[String]) -> Tree {
    Tree::List(texts.iter().map(|text| literal(text)).collect())
}

fn service_of(service: &Service, how: Shown<'_>) -> Tree {
    let mut tree = Tree::map()
        .with("command", command(&service.command))
        .with("working_dir", path(&service.working_dir));
    if !service.environment.is_empty() {
        tree = tree.with("environment", environment(&service.environment, how));
    }
    tree = tree.with_if("port", port(service.port));
    if !service.depends_on.is_empty() {
        tree = tree.with("depends_on", dependencies(&service.depends_on));
    }
    tree = tree
        .with_if("healthcheck", service.healthcheck.as_ref().map(healthcheck))
        .with("restart", restart(&service.restart))
        .with("startup_timeout", duration(service.startup_timeout))
        .with("replicas", service.replicas);
    // A profile that nobody asked for says already that it does not start.
    let asked = service.profiles.iter().any(|profile| how.profiles.contains(profile));
    if service.autostart || service.profiles.is_empty() || asked {
        tree = tree.with("autostart", service.autostart);
    }
    if !service.profiles.is_empty() {
        tree = tree.with("profiles", literals(&service.profiles));
    }
    if !service.tags.is_empty() {
        tree = tree.with("tags", literals(&service.tags));
    }
    stop_and_output(tree, service)
}

fn stop_and_output(tree: Tree, service: &Service) -> Tree {
    let code = |code: &i32| Tree::Number(u64::from(code.unsigned_abs()));
    tree.with("stop_signal", service.stop.signal.name())
        .with("stop_grace_period", duration(service.stop.grace))
        .with_if("stop_command", service.stop.command.as_deref())
        .with("success_exit_codes", service.success_exit_codes.iter().map(code).collect::<Vec<_>>())
        .with("forking", service.forking)
        .with("tty", tty(service.tty))
        .with("stdin_open", service.stdin_open)
        .with("log", log(&service.log))
}

fn command(command: &Command) -> Tree {
    match command {
        Command::Shell(text) => Tree::text(text),
        Command::Exec(words) => literals(words),
    }
}

fn environment(variables: &[Variable], how: Shown<'_>) -> Tree {
    let mut tree = Tree::map();
    for variable in variables {
        let masked = variable.is_secret() && !how.secrets;
        let value = if masked { Tree::text(MASK) } else { literal(&variable.value) };
        let value = if variable.secret {
            Tree::map().with("value", value).with("secret", true)
        } else {
            value
        };
        tree.put(variable.name.as_str(), value, Vec::new());
    }
    tree
}

fn port(port: Port) -> Option<Tree> {
    match port {
        Port::None => None,
        Port::Fixed(port) => Some(port.into()),
        Port::Procfile(base) => Some(Tree::map().with("base", base)),
        Port::Auto => Some("auto".into()),
        Port::Expect { port, bump } => Some(Tree::map().with("expect", port).with("bump", bump)),
    }
}

fn dependencies(all: &[Dependency]) -> Tree {
    let mut tree = Tree::map();
    for one in all {
        let condition = match one.condition {
            Condition::ServiceStarted => "service_started",
            Condition::ServiceHealthy => "service_healthy",
            Condition::ServiceCompleted => "service_completed",
            Condition::ServiceCompletedSuccessfully => "service_completed_successfully",
        };
        let mut edge = Tree::map().with("condition", condition);
        if !one.required {
            edge = edge.with("required", false);
        }
        if one.restart {
            edge = edge.with("restart", true);
        }
        tree.put(one.on.as_str(), edge, Vec::new());
    }
    tree
}

fn healthcheck(check: &crate::model::Healthcheck) -> Tree {
    let (kind, probe) = match &check.probe {
        Probe::Unix(socket) => ("unix", path(socket)),
        Probe::Tcp { host, port } if host.contains(':') => {
            ("tcp", literal(&format!("[{host}]:{port}")))
        }
        Probe::Tcp { host, port } => ("tcp", literal(&format!("{host}:{port}"))),
        Probe::Http(check) => ("http", http(check)),
        Probe::Test(command) => ("test", test(command)),
        Probe::Log(pattern) => ("log", Tree::text(pattern)),
        // Never in a file: devsup itself asks for the health of containers.
        Probe::Container(check) => ("container", Tree::text(&check.service)),
    };
    Tree::map()
        .with(kind, probe)
        .with("interval", duration(check.interval))
        .with("timeout", duration(check.timeout))
        .with("retries", check.retries)
        .with("start_period", duration(check.start_period))
        .with("start_interval", duration(check.start_interval))
}

fn test(command: &Command) -> Tree {
    match command {
        Command::Shell(text) => Tree::text(text),
        Command::Exec(words) => {
            let words = words.iter().map(|word| literal(word));
            Tree::List([Tree::text("CMD")].into_iter().chain(words).collect())
        }
    }
}

fn http(check: &HttpCheck) -> Tree {
    let url = literal(&check.url);
    if check.status.is_empty() && check.headers.is_empty() && check.body.is_none() {
        return url;
    }
    let status: Vec<Tree> = check.status.iter().map(|&code| code.into()).collect();
    let mut tree = Tree::map().with("url", url).with("status", status);
    if !check.headers.is_empty() {
        let mut headers = Tree::map();
        for (name, value) in &check.headers {
            headers.put(name.as_str(), literal(value), Vec::new());
        }
        tree = tree.with("headers", headers);
    }
    tree.with_if("body", check.body.as_deref())
}

fn restart(restart: &Restart) -> Tree {
    let policy = match restart.policy {
        RestartPolicy::No => return "no".into(),
        RestartPolicy::Always => "always",
        RestartPolicy::OnFailure => "on-failure",
        RestartPolicy::UnlessStopped => "unless-stopped",
    };
    Tree::map()
        .with("policy", policy)
        .with_if("max", restart.max)
        .with("delay", duration(restart.delay))
        .with("backoff", number(restart.backoff))
        .with("window", duration(restart.window))
}

/// A number as one writes it.
fn number(number: f64) -> Tree {
    let whole = format!("{number}").parse::<u64>();
    whole.map_or(Tree::Fraction(number), Tree::Number)
}

fn tty(tty: Tty) -> Tree {
    match tty {
        Tty::Auto => "auto".into(),
        Tty::Yes => true.into(),
        Tty::No => false.into(),
    }
}

fn log(rules: &LogRules) -> Tree {
    Tree::map()
        .with_if("file", rules.file.as_deref().map(path))
        .with("max_size", size(rules.max_size))
        .with("max_files", rules.max_files)
}

fn compose(compose: &Compose) -> Tree {
    Tree::map()
        .with("file", path(&compose.file))
        .with_if("project", compose.project.as_deref().map(literal))
        .with("profiles", literals(&compose.profiles))
        .with("start", compose.start)
        .with("down", Tree::map().with("volumes", compose.down_volumes))
}

fn shutdown(rules: &ShutdownRules) -> Tree {
    Tree::map()
        .with("grace", duration(rules.grace))
        .with("patterns", Tree::texts(&rules.patterns))
        .with("protect", literals(&rules.protect))
        .with("keep", literals(&rules.keep))
}

/// `1m30s`, as it is read.
fn duration(time: Duration) -> Tree {
    let printer = SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::None);
    Tree::Text(printer.unsigned_duration_to_string(&time))
}

/// `10MB`, as it is read: a unit is 1024 of the next smaller one.
fn size(bytes: u64) -> Tree {
    for (shift, unit) in [(30, "GB"), (20, "MB"), (10, "kB")] {
        if bytes.trailing_zeros() >= shift {
            return Tree::Text(format!("{}{unit}", bytes >> shift));
        }
    }
    bytes.into()
}
