//! The name compose would give the project here, by compose's own rules. Only
//! what can be read without doubt counts: a wrong name would point at somebody
//! else's volumes.

use std::fs;
use std::path::Path;

const VARIABLE: &str = "COMPOSE_PROJECT_NAME";
const USUAL_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The project's name, or `None` where there is no compose file or it can't be
/// told. `file` is the configured compose file, if any.
pub(super) fn project_name(
    root: &Path,
    file: Option<&Path>,
    environment: &[(String, String)],
) -> Option<String> {
    let found = USUAL_FILES.iter().map(|name| root.join(name)).find(|path| path.is_file());
    let file = file.map(Path::to_owned).or(found)?;
    let content = fs::read_to_string(&file).ok()?;
    let directory = file.parent()?;
    if let Some((_, value)) =
        environment.iter().find(|(name, value)| name == VARIABLE && !value.is_empty())
    {
        return Some(value.clone());
    }
    let dotenv = fs::read_to_string(directory.join(".env")).unwrap_or_default();
    match named(&dotenv, VARIABLE, '=') {
        Named::As(name) => return Some(name),
        Named::Unclear => return None,
        Named::Not => {}
    }
    match named(&content, "name", ':') {
        Named::As(name) => Some(name),
        Named::Unclear => None,
        Named::Not => normalized(directory.file_name()?.to_str()?),
    }
}

enum Named {
    Not,
    As(String),
    Unclear,
}

/// Looks for `key` and a separator at the start of a line. A value that is
/// more than a plain word, or a key that stands elsewhere, is unclear.
fn named(text: &str, key: &str, separator: char) -> Named {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(key));
    let mut values = lines.by_ref().filter_map(|rest| rest.trim_start().strip_prefix(separator));
    let Some(value) = values.next() else {
        let elsewhere = key == VARIABLE && text.contains(key);
        return if elsewhere { Named::Unclear } else { Named::Not };
    };
    let value = value.trim();
    let quoted =
        ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let word = quoted.unwrap_or(value);
    let plain =
        word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    if plain && !word.is_empty() && values.next().is_none() {
        Named::As(word.to_owned())
    } else {
        Named::Unclear
    }
}

/// A directory's name as compose makes a project name of it.
fn normalized(directory: &str) -> Option<String> {
    let lower = directory.to_lowercase();
    let kept: String = lower
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(*c))
        .collect();
    let name = kept.trim_start_matches(['-', '_']);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(directory: &str, compose: &str, dotenv: &str) -> Option<String> {
        let parent = tempfile::tempdir().expect("a directory");
        let root = parent.path().join(directory);
        fs::create_dir(&root).expect("a directory");
        fs::write(root.join("docker-compose.yml"), compose).expect("a file");
        fs::write(root.join(".env"), dotenv).expect("a file");
        project_name(&root, None, &[])
    }

    #[test]
    fn the_directory_names_the_project() {
        assert_eq!(name_of("My Shop.2", "services: {}", "").as_deref(), Some("myshop2"));
        assert_eq!(name_of("_-shop", "services: {}", "").as_deref(), Some("shop"));
        assert_eq!(name_of("...a", "services:\n  name: x", "").as_deref(), Some("a"));
    }

    #[test]
    fn the_file_and_the_environment_name_it_first() {
        assert_eq!(name_of("a", "name: shop\n", "").as_deref(), Some("shop"));
        assert_eq!(name_of("a", "name: \"shop\"\n", "").as_deref(), Some("shop"));
        assert_eq!(name_of("a", "name: shop\n", "COMPOSE_PROJECT_NAME=b\n").as_deref(), Some("b"));
    }

    #[test]
    fn what_is_in_doubt_is_no_name() {
        assert_eq!(name_of("a", "name: ${NAME}\n", ""), None);
        assert_eq!(name_of("a", "name: shop # b\n", ""), None);
        assert_eq!(name_of("a", "", "export COMPOSE_PROJECT_NAME=b\n"), None);
        let empty = tempfile::tempdir().expect("a directory");
        assert_eq!(project_name(empty.path(), None, &[]), None);
    }
}
