//! Which variables are secret, and how they are kept out of what is shown.

use super::{Project, Variable};

/// What stands for a secret.
pub const MASK: &str = "********";

/// Shorter values are masked under their own name only: a text that has `1`
/// somewhere tells nobody anything.
const SHORTEST: usize = 4;

/// Whether a variable of this name is secret without saying so: `*_TOKEN`,
/// `*_SECRET`, `*_KEY` and `*PASSWORD*`, whatever the case.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ends = ["_TOKEN", "_SECRET", "_KEY"].iter().any(|end| name.ends_with(end));
    ends || name.contains("PASSWORD") || matches!(name.as_str(), "TOKEN" | "SECRET")
}

impl Variable {
    /// Whether its value must not be shown: it says so, or its name does.
    pub fn is_secret(&self) -> bool {
        self.secret || is_secret_name(&self.name)
    }
}

/// The secret values of a project. Made once, asked for every text that is
/// shown.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Those of all services, and those of the operating system's environment
    /// that the files may have referred to.
    pub fn of(project: &Project) -> Self {
        let own = project.services.iter().flat_map(|service| &service.environment);
        let own = own.filter(|variable| variable.is_secret()).map(|variable| &variable.value);
        let system = project.os_environment.iter();
        let system = system.filter(|(name, _)| is_secret_name(name)).map(|(_, value)| value);
        let mut values: Vec<String> =
            own.chain(system).filter(|value| value.len() >= SHORTEST).cloned().collect();
        values.sort();
        values.dedup();
        // A secret that is part of another must not uncover the rest of it.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// The text with every secret in it masked.
    pub fn hide(&self, text: String) -> String {
        let hide = |text: String, value: &String| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), MASK) } else { text }
        };
        self.0.iter().fold(text, hide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_secret() {
        for name in ["API_TOKEN", "app_secret", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD_X", "TOKEN"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["TOKENS", "KEYBOARD", "SECRETARY", "MONKEY", "PATH"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn the_longest_secret_is_hidden_first() {
        let mut values = vec!["abcd".to_owned(), "abcdefgh".to_owned()];
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let secrets = Secrets(values);
        assert_eq!(secrets.hide("--t=abcdefgh --u=abcd".to_owned()), "--t=******** --u=********");
    }
}
