//! The little that is read of a compose file here: which services it has, so
//! that `depends_on` can name them. Everything else is the engine's.

use super::source::Source;
use super::yaml::{self, Value};
use std::path::{Path, PathBuf};

const NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// The compose file of a directory, by compose's names.
pub fn compose_file(directory: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| directory.join(name)).find(|path| path.is_file())
}

/// The names of its services; none if it can't be read, which is for compose to
/// say.
pub fn services(file: &Path) -> Vec<String> {
    let Ok(source) = Source::read(file, Path::new("/")) else {
        return Vec::new();
    };
    let Some(root) = yaml::parse(&source, &mut Vec::new()) else {
        return Vec::new();
    };
    let Value::Map(entries) = root.value else {
        return Vec::new();
    };
    let services = entries.into_iter().find(|entry| entry.key == "services");
    match services.map(|services| services.value.value) {
        Some(Value::Map(services)) => services.into_iter().map(|service| service.key).collect(),
        _ => Vec::new(),
    }
}
