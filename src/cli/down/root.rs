//! Which project is meant. No config has to be valid for a stop, so only the
//! names of files are looked at.

use std::path::{Path, PathBuf};

const CONFIGS: [&str; 4] = ["devsup.yaml", "devsup.yml", "Procfile.dev", "Procfile"];

/// The project's directory: that of the first named file, else the nearest one
/// from `start` up to the repository's root that has a config or records, else
/// `start` itself. Outside of a repository only `start` is looked at.
pub fn of(start: &Path, named: &[PathBuf]) -> PathBuf {
    let directory = |file: &PathBuf| start.join(file).parent().map(Path::to_owned);
    if let Some(named) = named.first().and_then(directory) {
        return named;
    }
    let top = start.ancestors().position(is_repository).unwrap_or(0);
    let found = start.ancestors().take(top + 1).find(|directory| is_project(directory));
    found.unwrap_or(start).to_owned()
}

fn is_repository(directory: &Path) -> bool {
    directory.join(".git").exists()
}

fn is_project(directory: &Path) -> bool {
    CONFIGS.iter().any(|name| directory.join(name).is_file()) || directory.join(".pids").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_project_of_the_repository_is_meant() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let top = dir.path();
        let deep = top.join("repository/shop/api/src");
        fs::create_dir_all(&deep)?;
        fs::write(top.join("Procfile"), "")?;
        assert_eq!(of(&deep, &[]), deep, "no repository");
        fs::create_dir(top.join("repository/.git"))?;
        assert_eq!(of(&deep, &[]), deep, "the file is outside of it");
        fs::write(top.join("repository/devsup.yaml"), "")?;
        assert_eq!(of(&deep, &[]), top.join("repository"));
        fs::create_dir(top.join("repository/shop/.pids"))?;
        assert_eq!(of(&deep, &[]), top.join("repository/shop"));
        let named = [PathBuf::from("../Procfile")];
        assert_eq!(of(&deep, &named), deep.join(".."));
        Ok(())
    }
}
