//! Where the config files are. Looks at names only and reads none of them.

use super::diagnostic::Diagnostic;
use super::source::{absolute, shown};
use crate::model::list;
use std::path::{Path, PathBuf};

/// Looked for in each directory, the first wins.
const CANDIDATES: [&str; 4] = ["devsup.yaml", "devsup.yml", "Procfile.dev", "Procfile"];

/// Merged over what was found, if it is there.
const LOCAL: [&str; 2] = ["devsup.local.yaml", "devsup.local.yml"];

/// Files of other tools, which `init` can make one of.
const OTHERS: [&str; 7] = [
    "process-compose.yaml",
    "process-compose.yml",
    "package.json",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// Which grammar a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// `name: command` lines.
    Procfile,
    /// A `devsup.yaml`.
    Yaml,
}

/// A config file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// How to read it.
    pub grammar: Grammar,
}

impl Found {
    fn new(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let yaml = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        let grammar = if yaml { Grammar::Yaml } else { Grammar::Procfile };
        Self { path, grammar }
    }
}

/// The files named on the command line, from `start`, in their order.
pub fn named(start: &Path, files: &[PathBuf]) -> Vec<Found> {
    files.iter().map(|file| Found::new(resolved(&absolute(file, start)))).collect()
}

/// The path with the symlinks of its directory followed, so that the project's
/// root is the same whichever way one came; the file itself may be a link.
fn resolved(path: &Path) -> PathBuf {
    let directory = path.parent().and_then(|directory| directory.canonicalize().ok());
    match (directory, path.file_name()) {
        (Some(directory), Some(name)) => directory.join(name),
        _ => path.to_owned(),
    }
}

/// Looks in `start` and upward to the repository's root (the directory with
/// `.git`). Outside of a repository only `start` itself is looked at: a stray
/// file in a home or temporary directory is nobody's project.
pub fn discover(start: &Path, warnings: &mut Vec<Diagnostic>) -> Result<Vec<Found>, Diagnostic> {
    let directories = directories(start);
    for directory in &directories {
        let mut here =
            CANDIDATES.iter().map(|name| directory.join(name)).filter(|path| is_there(path));
        let Some(first) = here.next() else { continue };
        if let Some(second) = here.next() {
            warnings.push(two(&first, &second, start));
        }
        let local = LOCAL.iter().map(|name| directory.join(name)).find(|path| path.is_file());
        return Ok(std::iter::once(first).chain(local).map(Found::new).collect());
    }
    Err(nothing(&directories, start))
}

/// Links too that lead nowhere: passed over, they would be looked for in vain.
fn is_there(path: &Path) -> bool {
    path.is_file() || path.is_symlink() && !path.is_dir()
}

fn directories(start: &Path) -> Vec<PathBuf> {
    let root = start.ancestors().position(|directory| directory.join(".git").exists());
    start.ancestors().take(root.unwrap_or(0) + 1).map(Path::to_owned).collect()
}

fn two(first: &Path, second: &Path, start: &Path) -> Diagnostic {
    let (used, other) = (shown(first, start), shown(second, start));
    Diagnostic::warning(format!("using `{used}`, not `{other}` (choose with `-f {other}`)"))
}

fn nothing(directories: &[PathBuf], start: &Path) -> Diagnostic {
    let place = match directories.last() {
        Some(root) if directories.len() > 1 => {
            format!("`{}` or above it up to `{}`", start.display(), root.display())
        }
        _ => format!("`{}`", start.display()),
    };
    let names: Vec<String> = CANDIDATES.iter().map(|name| format!("`{name}`")).collect();
    let others = OTHERS.iter().filter(|name| start.join(name).is_file());
    let others: Vec<String> = others.map(|name| format!("`{name}`")).collect();
    let from = if others.is_empty() { String::new() } else { format!(" from {}", list(&others)) };
    Diagnostic::error(format!("there is no config file in {place}")).hint(format!(
        "looked for {}; `devsup init` writes a first one{from}, `-f` names another",
        list(&names)
    ))
}
