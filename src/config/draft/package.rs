//! The scripts of a `package.json` that look as if they ran for long.

use super::Parts;
use crate::config::diagnostic::Diagnostic;
use crate::config::source::Source;
use crate::config::tree::Tree;
use crate::model::ServiceName;
use serde_json::{Map, Value};
use std::path::Path;

/// Scripts that start the thing itself, the best first.
const MAIN: [&str; 6] = ["dev", "start:dev", "develop", "serve", "watch", "start"];

/// Words in the name of a script that runs beside it.
const WORKERS: [&str; 6] = ["worker", "workers", "queue", "jobs", "scheduler", "cron"];

/// Words in the name of a script that ends by itself.
const ENDING: [&str; 7] = ["build", "test", "lint", "deploy", "docker", "install", "clean"];

/// Programs that run several scripts at once.
const RUNNERS: [&str; 7] =
    ["concurrently", "npm-run-all", "run-p", "npm-run-all2", "wireit", "turbo", "nx "];

/// One service for each; none where nothing looks like one.
pub fn parts(source: &Source) -> Parts {
    let mut parts = Parts::of("package.json");
    let package: Value = match serde_json::from_str(&source.text) {
        Ok(package) => package,
        Err(error) => {
            let problem = format!("`package.json` is no JSON: {error}");
            parts.warnings.push(Diagnostic::warning(problem).hint("its scripts are passed over"));
            parts.from.clear();
            return parts;
        }
    };
    let none = Map::new();
    let scripts = package.get("scripts").and_then(Value::as_object).unwrap_or(&none);
    let manager = manager(&package, source.directory());
    for (name, script) in chosen(scripts) {
        let command = Tree::texts([manager, "run", script]);
        let line = scripts.get(script).and_then(Value::as_str).unwrap_or_default();
        let above = vec![line.lines().collect::<Vec<_>>().join(" ")];
        let mut service = Tree::map();
        service.put("command", command, above);
        parts.services.put(name, service, Vec::new());
    }
    if parts.services == Tree::map() {
        parts.from.clear();
    }
    parts
}

/// Names of services, each with its script.
fn chosen(scripts: &Map<String, Value>) -> Vec<(String, &str)> {
    let mut chosen: Vec<(String, &str)> = Vec::new();
    let line = |name: &str| scripts.get(name).and_then(Value::as_str);
    if let Some(main) = MAIN.into_iter().find(|name| line(name).is_some()) {
        let together = RUNNERS.iter().any(|runner| line(main).unwrap_or_default().contains(runner));
        let parts = scripts.keys().filter_map(|name| {
            let part = name.strip_prefix(main)?.strip_prefix(':')?;
            (!is_ending(part)).then_some((part.replace(':', "-"), name.as_str()))
        });
        chosen.extend(parts.filter(|_| together));
        if chosen.is_empty() {
            chosen.push(("web".to_owned(), main));
        }
    }
    for name in scripts.keys() {
        let Some(word) = words(name).find(|word| WORKERS.contains(word)) else { continue };
        let taken = chosen.iter().any(|(own, script)| own == word || script == name);
        if !taken && !is_ending(name) {
            chosen.push((word.to_owned(), name));
        }
    }
    chosen.retain(|(name, _)| ServiceName::new(name).is_ok());
    chosen
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split([':', '-', '_', '.'])
}

fn is_ending(name: &str) -> bool {
    words(name).any(|word| ENDING.contains(&word))
}

/// What this project runs its scripts with.
fn manager(package: &Value, directory: &Path) -> &'static str {
    const KNOWN: [(&str, &[&str]); 4] = [
        ("pnpm", &["pnpm-lock.yaml"]),
        ("yarn", &["yarn.lock"]),
        ("bun", &["bun.lock", "bun.lockb"]),
        ("npm", &["package-lock.json"]),
    ];
    let said = package.get("packageManager").and_then(Value::as_str).unwrap_or_default();
    let said = said.split('@').next().unwrap_or_default();
    let by_name = KNOWN.iter().find(|(name, _)| *name == said);
    let by_lock =
        || KNOWN.iter().find(|(_, locks)| locks.iter().any(|lock| directory.join(lock).exists()));
    by_name.or_else(by_lock).map_or("npm", |known| known.0)
}
