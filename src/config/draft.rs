//! A first `devsup.yaml`, made of what other tools left in a directory. Reads,
//! and writes nothing.

mod package;
mod process_compose;

use super::diagnostic::Diagnostic;
use super::keys::SCHEMA_URL;
use super::source::Source;
use super::tree::Tree;
use super::{compose, procfile};
use std::path::{Path, PathBuf};

/// What could be made.
#[derive(Debug)]
pub struct Draft {
    /// The text of the file.
    pub text: String,
    /// The files it was made of, by name.
    pub from: Vec<String>,
    /// How many services it declares.
    pub services: usize,
    /// What was passed over, and why.
    pub warnings: Vec<Diagnostic>,
}

/// Before any other: a file that was written for a supervisor says more than
/// one that was not.
const PROCESS_COMPOSE: [&str; 4] = [
    "process-compose.yaml",
    "process-compose.yml",
    "process-compose.dev.yaml",
    "process-compose.dev.yml",
];
const PROCFILES: [&str; 2] = ["Procfile.dev", "Procfile"];
const PACKAGE: &str = "package.json";

/// The parts of a file to be.
#[derive(Debug)]
struct Parts {
    from: Vec<String>,
    /// Keys of the top level that go before `services`.
    top: Tree,
    services: Tree,
    notes: Vec<String>,
    warnings: Vec<Diagnostic>,
}

impl Parts {
    fn of(file: &str) -> Self {
        let (top, services) = (Tree::map(), Tree::map());
        Self { from: vec![file.to_owned()], top, services, notes: Vec::new(), warnings: Vec::new() }
    }
}

/// Drafts a file for a directory. The error carries the mistakes of the file
/// that it would have been made of.
pub fn draft(directory: &Path) -> Result<Draft, Vec<Diagnostic>> {
    let containers = compose::compose_file(directory);
    let mut parts = parts(directory)?;
    let count = entries(&parts.services);
    let example = count == 0 && containers.is_none();
    let mut tree = parts.top;
    if count > 0 {
        tree.put("services", parts.services, vec![String::new()]);
    } else if example {
        tree.put("services", example_services(), vec![String::new()]);
    }
    if let Some(file) = containers {
        let name = name_of(&file);
        let mut above = vec![String::new()];
        above.extend(named(&compose::services(&file)));
        tree.put("compose", Tree::map().with("file", name.as_str()), above);
        parts.from.push(name);
    }
    let from = &parts.from;
    let text = format!("{}{}{}", head(from, &parts.notes), tree.yaml(), foot(example));
    let services = if example { 1 } else { count };
    Ok(Draft { text, from: parts.from, services, warnings: parts.warnings })
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(tree: &Tree) -> usize {
    if let Tree::Map(entries) = tree { entries.len() } else { 0 }
}

fn named(containers: &[String]) -> Option<String> {
    (!containers.is_empty()).then(|| {
        format!("Containers; a service may wait for one of them: {}", containers.join(", "))
    })
}

/// Services of the first file that has some.
fn parts(directory: &Path) -> Result<Parts, Vec<Diagnostic>> {
    let first = |names: &[&str]| -> Option<PathBuf> {
        names.iter().map(|name| directory.join(name)).find(|path| path.is_file())
    };
    if let Some(path) = first(&PROCESS_COMPOSE) {
        return process_compose::parts(&read(&path, directory)?);
    }
    if let Some(path) = first(&PROCFILES) {
        return from_procfile(&read(&path, directory)?);
    }
    if let Some(path) = first(&[PACKAGE]) {
        return Ok(package::parts(read(&path, directory)?.as_ref()));
    }
    Ok(Parts { from: Vec::new(), ..Parts::of("") })
}

fn read(path: &Path, directory: &Path) -> Result<std::sync::Arc<Source>, Vec<Diagnostic>> {
    Source::read(path, directory).map_err(|problem| vec![problem])
}

fn from_procfile(source: &std::sync::Arc<Source>) -> Result<Parts, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let found = procfile::parse(source, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut parts = Parts::of(&name_of(&source.path));
    for (at, entry) in (0_u32..).zip(&found) {
        let base = Tree::map().with("base", 5000 + 100 * at);
        let service = Tree::map().with("command", entry.command.value.as_str()).with("port", base);
        parts.services.put(entry.name.value.as_str(), service, Vec::new());
    }
    parts.notes = NOTES_OF_PROCFILES.map(str::to_owned).to_vec();
    Ok(parts)
}

const NOTES_OF_PROCFILES: [&str; 3] = [
    "`port: {base: …}` is the PORT that the Procfile gave each service; `port: 5000`",
    "would also have it checked before the start and after the stop. With the Procfile",
    "one exit stopped everything; now the others go on, unless `up --abort-on-exit`.",
];

fn head(from: &[String], notes: &[String]) -> String {
    let mut lines = vec![
        format!("yaml-language-server: $schema={SCHEMA_URL}"),
        String::new(),
        "`devsup up` starts these services, Ctrl-C or `devsup down` stops them all.".to_owned(),
        "`devsup check` looks for mistakes, `devsup man devsup.yaml` has every key.".to_owned(),
    ];
    if !from.is_empty() {
        lines.extend([String::new(), format!("Made from {}.", from.join(" and "))]);
    }
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes.iter().cloned());
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("# {line}")).collect();
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n") + "\n"
}

/// Runs everywhere, and shows what a stream looks like.
fn example_services() -> Tree {
    let mut clock = Tree::map();
    let about = "Text goes through the shell; a list such as [npm, run, dev] does not.";
    clock.put("command", "while true; do date; sleep 5; done", vec![about.to_owned()]);
    Tree::map().with("clock", clock)
}

/// What else there is, as comments.
fn foot(example: bool) -> String {
    let title = if example { "Another one could be:" } else { "A service may also have:" };
    let service = if example { "  web:\n    command: [npm, run, dev]\n" } else { "" };
    let keys = "    port: 3000                      # checked before the start and after the stop
    working_dir: frontend
    environment: {LOG_LEVEL: debug}
    depends_on: [db]                # started after these
    healthcheck: {http: \"http://127.0.0.1:3000/\"}
    restart: on-failure:3
    stop_grace_period: 5s           # then it is killed
";
    let lines = [format!("{title}\n\n"), service.to_owned(), keys.to_owned()].concat();
    let lines = lines.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n");
    format!("\n{}", lines.collect::<String>())
}
