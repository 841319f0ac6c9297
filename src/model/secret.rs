//! Which variables are secret, and how they are kept out of what is shown.

use super::{Project, Variable};
use aho_corasick::{AhoCorasick, Match, MatchKind};

/// What stands for a secret.
pub const MASK: &str = "********";

/// Shorter values are masked under their own name only: a text that has `1`
/// somewhere tells nobody anything.
const SHORTEST: usize = 4;

/// Values that are no secrets, whatever they are called: `USE_API_KEY=true`
/// must not mask every `true` of a stream.
const PLAIN: [&str; 6] = ["true", "false", "none", "null", "auto", "undefined"];

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
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// `None`: there are none, so that asking costs nothing.
    finder: Option<AhoCorasick>,
    values: Vec<String>,
}

impl Secrets {
    /// Those of all services, and those of the operating system's environment
    /// that the files may have referred to.
    pub fn of(project: &Project) -> Self {
        let own = project.services.iter().flat_map(|service| &service.environment);
        let own = own.filter(|variable| variable.is_secret()).map(|variable| &variable.value);
        let system = project.os_environment.iter();
        let system = system.filter(|(name, _)| is_secret_name(name)).map(|(_, value)| value);
        Self::new(own.chain(system).map(String::as_str))
    }

    /// Those that [`Self::to_lines`] wrote.
    pub fn of_lines(lines: &[u8]) -> Self {
        Self::new(lines.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok()))
    }

    /// The values, one a line: none of them has a newline.
    pub fn to_lines(&self) -> Vec<u8> {
        self.values.join("\n").into_bytes()
    }

    /// Those among these variables whose names say that they are secret.
    pub fn among<'v>(variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        let secret = variables.into_iter().filter(|(name, _)| is_secret_name(name));
        Self::new(secret.map(|(_, value)| value))
    }

    /// These values, but for those that are too short or too plain to be masked
    /// in a text. Of one with several lines each line counts: a stream is read
    /// by lines.
    fn new<'v>(values: impl Iterator<Item = &'v str>) -> Self {
        let lines = values.flat_map(str::lines).map(str::trim);
        let worth = |value: &&str| value.len() >= SHORTEST && !PLAIN.contains(value);
        let mut values: Vec<String> = lines.filter(worth).map(str::to_owned).collect();
        values.sort_unstable();
        values.dedup();
        Self { finder: finder(&values), values }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.finder.is_none()
    }

    /// The text with every secret in it masked.
    pub fn hide(&self, text: String) -> String {
        match self.mask(text.as_bytes()) {
            Some(masked) => String::from_utf8_lossy(&masked).into_owned(),
            None => text,
        }
    }

    /// The bytes with every secret in them masked; `None`: there is none.
    pub fn mask(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let finder = self.finder.as_ref()?;
        finder.find(bytes)?;
        let mut masked = Vec::with_capacity(bytes.len());
        finder.replace_all_with_bytes(bytes, &mut masked, |_, _, to| {
            to.extend_from_slice(MASK.as_bytes());
            true
        });
        Some(masked)
    }

    /// How many of these bytes can be masked without knowing what follows: a
    /// secret may have begun at the end.
    pub fn settled(&self, bytes: &[u8]) -> usize {
        let begun = |value: &String| {
            let most = value.len().saturating_sub(1).min(bytes.len());
            (1..=most).rev().find(|&count| bytes.ends_with(&value.as_bytes()[..count]))
        };
        let cut = bytes.len() - self.values.iter().filter_map(begun).max().unwrap_or(0);
        let whole = |finder: &AhoCorasick| {
            let spans = |found: &Match| found.start() < cut && cut < found.end();
            finder.find_iter(bytes).find(spans).map(|found| found.end())
        };
        self.finder.as_ref().and_then(whole).unwrap_or(cut)
    }
}

/// A secret that is part of another must not uncover the rest of it, so that of
/// two at one place the longer one is found.
fn finder(values: &[String]) -> Option<AhoCorasick> {
    if values.is_empty() {
        return None;
    }
    // Fails only where there are more patterns than states can be numbered.
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok()
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
    fn of_two_at_one_place_the_longer_is_hidden() {
        let secrets = Secrets::new(["abcd", "abcdefgh"].into_iter());
        assert_eq!(secrets.hide("--t=abcdefgh --u=abcd".to_owned()), "--t=******** --u=********");
    }

    #[test]
    fn what_would_mask_half_the_stream_is_left_alone() {
        let secrets = Secrets::among([("A_KEY", "abc"), ("B_KEY", "true"), ("PATH", "/usr/bin")]);
        assert!(secrets.is_empty());
        assert_eq!(secrets.mask(b"abc true /usr/bin"), None);
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let secrets = Secrets::among([("SSH_KEY", "-----BEGIN\nabcdef\n-----END\n")]);
        assert_eq!(secrets.hide("got abcdef".to_owned()), "got ********");
    }

    #[test]
    fn the_beginning_of_a_secret_is_seen_at_the_end() {
        let secrets = Secrets::among([("A_KEY", "hunter2hunter2"), ("B_KEY", "2abc")]);
        assert_eq!(secrets.settled(b"pass hunter"), 5);
        assert_eq!(secrets.settled(b"pass: "), 6);
        let whole = b"pass hunter2hunter2";
        assert_eq!(secrets.settled(whole), whole.len());
    }
}
