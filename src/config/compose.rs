//! The little that is read of a compose file here: which services it has, and
//! what has to be there before each. Everything else is compose's, and so is
//! every mistake in the file.

use super::scalar;
use super::source::Source;
use super::yaml::{self, Entry, Node, Value};
use crate::model::{ComposeService, Condition, Dependency, ServiceName, USUAL_GRACE};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In compose's own order.
const NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What an engine does where a check does not say.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
const CHECK_RETRIES: u32 = 3;

/// The compose file of a directory, by compose's names.
pub fn compose_file(directory: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| directory.join(name)).find(|path| path.is_file())
}

/// The files that compose reads where it is asked for this one: one of the
/// usual names has its override with it.
pub fn compose_files(file: &Path) -> Vec<PathBuf> {
    let mut files = vec![file.to_owned()];
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if NAMES.contains(&name) {
        let stem = name.rsplit_once('.').map_or(name, |parts| parts.0);
        let beside =
            ["yml", "yaml"].map(|end| file.with_file_name(format!("{stem}.override.{end}")));
        files.extend(beside.into_iter().find(|path| path.is_file()));
    }
    files
}

/// The services of these files, the later laid over the earlier; none of a file
/// that can't be read, which is for compose to say.
pub fn compose_services(files: &[PathBuf]) -> Vec<ComposeService> {
    let mut all: Vec<ComposeService> = Vec::new();
    for service in files.iter().flat_map(|file| read(file)) {
        match all.iter_mut().find(|known| known.name == service.name) {
            Some(known) => lay_over(known, service),
            None => all.push(service),
        }
    }
    all
}

/// The names of a file's services.
pub fn services(file: &Path) -> Vec<String> {
    let services = compose_services(&compose_files(file));
    services.into_iter().map(|service| service.name.to_string()).collect()
}

fn read(file: &Path) -> Vec<ComposeService> {
    let Ok(source) = Source::read(file, Path::new("/")) else {
        return Vec::new();
    };
    let root = yaml::parse(&source, &mut Vec::new());
    let services = root.as_ref().and_then(|root| at(root, "services")).map(entries);
    services.into_iter().flatten().filter_map(service).collect()
}

fn service(entry: &Entry) -> Option<ComposeService> {
    let node = &entry.value;
    let grace = at(node, "stop_grace_period").and_then(time);
    Some(ComposeService {
        name: ServiceName::new(&entry.key).ok()?,
        depends_on: at(node, "depends_on").map(dependencies).unwrap_or_default(),
        checked: at(node, "healthcheck").and_then(opinion_after),
        grace: grace.unwrap_or(USUAL_GRACE),
        profiles: at(node, "profiles").map(texts).unwrap_or_default(),
    })
}

fn lay_over(base: &mut ComposeService, by: ComposeService) {
    base.depends_on.extend(by.depends_on);
    base.profiles.extend(by.profiles);
    base.checked = by.checked.or(base.checked);
    if by.grace != USUAL_GRACE {
        base.grace = by.grace;
    }
}

/// A list of names, or a map of conditions.
fn dependencies(node: &Node) -> Vec<Dependency> {
    let one = |on: &str, condition, required| {
        let on = ServiceName::new(on).ok()?;
        Some(Dependency { on, condition, required, restart: false })
    };
    match &node.value {
        Value::List(_) => {
            let names = texts(node);
            names.iter().filter_map(|on| one(on, Condition::ServiceStarted, true)).collect()
        }
        Value::Map(entries) => entries
            .iter()
            .filter_map(|entry| {
                let condition = at(&entry.value, "condition").and_then(text);
                let required = at(&entry.value, "required").and_then(text) != Some("false");
                one(&entry.key, condition_of(condition), required)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn condition_of(word: Option<&str>) -> Condition {
    match word {
        Some("service_healthy") => Condition::ServiceHealthy,
        Some("service_completed_successfully") => Condition::ServiceCompletedSuccessfully,
        _ => Condition::ServiceStarted,
    }
}

/// How long the engine may take until it has an opinion; `None`: the check is
/// switched off.
fn opinion_after(check: &Node) -> Option<Duration> {
    let off = at(check, "disable").and_then(text) == Some("true");
    if off || !matches!(check.value, Value::Map(_)) {
        return None;
    }
    let of = |key| at(check, key).and_then(time);
    let interval = of("interval").unwrap_or(CHECK_INTERVAL);
    let limit = of("timeout").unwrap_or(CHECK_INTERVAL);
    let retries = at(check, "retries").and_then(text).and_then(|text| text.parse().ok());
    let rounds = retries.unwrap_or(CHECK_RETRIES).saturating_add(1);
    let probing = (interval + limit).saturating_mul(rounds);
    Some(of("start_period").unwrap_or(Duration::ZERO).saturating_add(probing))
}

fn time(node: &Node) -> Option<Duration> {
    scalar::duration(text(node)?).ok()
}

fn at<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    entries(node).iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn entries(node: &Node) -> &[Entry] {
    if let Value::Map(entries) = &node.value { entries } else { &[] }
}

fn text(node: &Node) -> Option<&str> {
    if let Value::Scalar(text) = &node.value { Some(text) } else { None }
}

fn texts(node: &Node) -> Vec<String> {
    let Value::List(items) = &node.value else { return Vec::new() };
    items.iter().filter_map(|item| text(item).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const FILE: &str = "
services:
  db:
    image: postgres
    stop_grace_period: 1m
    healthcheck: {test: [CMD, true], interval: 2s, timeout: 1s, retries: 4, start_period: 5s}
  cache: {image: redis, healthcheck: {disable: true}}
  api:
    image: api
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started, required: false}}
  tool: {image: tool, profiles: [debug], depends_on: [api]}
";

    #[test]
    fn what_has_to_be_known_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("docker-compose.yml");
        fs::write(&file, FILE).expect("a file");
        let over = "services: {cache: {stop_grace_period: 3s}, mail: {image: mail}}";
        fs::write(directory.path().join("docker-compose.override.yml"), over).expect("a file");
        let files = compose_files(&file);
        assert_eq!(files.len(), 2);
        let services = compose_services(&files);
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["db", "cache", "api", "tool", "mail"]);
        assert_eq!(services[0].checked, Some(Duration::from_secs(20)));
        assert_eq!(services[0].grace, Duration::from_secs(60));
        assert_eq!((services[1].checked, services[1].grace), (None, Duration::from_secs(3)));
        let conditions: Vec<_> =
            services[2].depends_on.iter().map(|to| (to.condition, to.required)).collect();
        let expected = [(Condition::ServiceHealthy, true), (Condition::ServiceStarted, false)];
        assert_eq!(conditions, expected);
        assert_eq!(services[3].profiles, ["debug"]);
    }

    #[test]
    fn a_file_of_another_name_has_no_override() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("services.yml");
        fs::write(directory.path().join("services.override.yml"), FILE).expect("a file");
        assert_eq!(compose_files(&file), [file]);
    }

    #[test]
    fn what_can_t_be_read_is_composes_to_say() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("compose.yaml");
        fs::write(&file, "services: [").expect("a file");
        assert!(services(&file).is_empty());
        assert!(services(&directory.path().join("missing.yaml")).is_empty());
    }
}
