//! What speaks weakly for a process: its command line and where it runs. Read
//! only of those whose arguments match a pattern, since nobody else is ever
//! judged by it. Reads and does not judge.

use super::rules::Rules;
use crate::model::Pid;
use crate::os::{peer, table};
use std::path::{Path, PathBuf};

/// What was read of a process whose command line is suspicious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weak {
    /// The pattern that its arguments match; `None` for one that was looked at
    /// because it is part of such a process's job.
    pub pattern: Option<String>,
    /// Whether the words that match are those of a command.
    pub command: bool,
    /// Where it runs.
    pub place: Place,
    /// The user it runs as, where that is another.
    pub foreign: Option<u32>,
    /// What protects it from every pattern.
    pub protector: Option<String>,
    /// systemd started it as a unit, and looks after it.
    pub unit: bool,
}

/// Where a process runs, seen from the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the project, or with a file of it among its arguments.
    Inside,
    /// In a checkout of its own that lies in the project's directory.
    Checkout(PathBuf),
    /// Somewhere else.
    Outside,
}

/// Reads it; `None` where the arguments match no pattern, or can't be read.
pub fn look(pid: Pid, rules: &Rules, root: &Path, bytes: &mut Vec<u8>) -> Option<Weak> {
    let arguments = table::arguments(pid, bytes).ok()?;
    let pattern = rules.pattern_of(&arguments)?.to_owned();
    let command = rules.is_command(&arguments);
    read(pid, &arguments, rules, root).map(|weak| Weak { pattern: Some(pattern), command, ..weak })
}

/// Reads it whatever the arguments are; for the job of one that matches.
pub fn look_anyway(pid: Pid, rules: &Rules, root: &Path) -> Option<Weak> {
    let arguments = table::arguments(pid, &mut Vec::new()).ok()?;
    read(pid, &arguments, rules, root)
}

fn read(pid: Pid, arguments: &[String], rules: &Rules, root: &Path) -> Option<Weak> {
    let own = peer::own_uid();
    let uids = table::status(pid).ok()??.uids;
    let executable = table::executable(pid).ok();
    let directory = table::directory(pid).ok();
    Some(Weak {
        pattern: None,
        command: true,
        place: place(directory.as_deref(), arguments, root),
        foreign: uids.into_iter().find(|uid| *uid != own),
        protector: rules.protector(executable.as_deref(), arguments),
        unit: is_unit(pid),
    })
}

/// The directory counts, and else the first argument that is a path of the
/// project, as the value of an option too.
fn place(directory: Option<&Path>, arguments: &[String], root: &Path) -> Place {
    let value = |word: &'_ String| word.rsplit_once('=').map(|(_, value)| PathBuf::from(value));
    let paths = arguments.iter().flat_map(|word| [Some(PathBuf::from(word)), value(word)]);
    let mut places = directory.map(Path::to_owned).into_iter().chain(paths.flatten());
    let Some(inside) = places.find(|path| path.starts_with(root)) else {
        return Place::Outside;
    };
    inside
        .ancestors()
        .take_while(|above| *above != root)
        .find(|above| is_checkout(above))
        .map_or(Place::Inside, |checkout| Place::Checkout(checkout.to_owned()))
}

/// A repository of its own, or a project that has had runs of its own.
fn is_checkout(directory: &Path) -> bool {
    directory.join(".git").exists() || directory.join(".pids").is_dir()
}

/// systemd tells the main process of a unit its own number.
fn is_unit(pid: Pid) -> bool {
    let [main] = table::variables(pid, ["SYSTEMD_EXEC_PID"]).unwrap_or_default();
    main.is_some_and(|main| main == pid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn a_checkout_inside_the_project_is_its_own() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let root = dir.path();
        fs::create_dir_all(root.join("packages/web"))?;
        fs::create_dir_all(root.join("trees/feature/web"))?;
        fs::write(root.join("trees/feature/.git"), "gitdir: elsewhere")?;
        let at = |path: &str| place(Some(&root.join(path)), &[], root);
        assert_eq!(at(""), Place::Inside);
        assert_eq!(at("packages/web"), Place::Inside);
        assert_eq!(at("trees/feature/web"), Place::Checkout(root.join("trees/feature")));
        Ok(())
    }

    #[test]
    fn a_path_among_the_arguments_counts_as_a_whole_path_only() {
        let at = |line: &[&str]| place(Some(Path::new("/")), &words(line), Path::new("/srv/shop"));
        assert_eq!(at(&["node", "/srv/shop/node_modules/.bin/vitest"]), Place::Inside);
        assert_eq!(at(&["vitest", "--root=/srv/shop/web"]), Place::Inside);
        assert_eq!(at(&["vitest", "/srv/shopping"]), Place::Outside);
        assert_eq!(at(&["vitest", "look at /srv/shop"]), Place::Outside);
    }
}
