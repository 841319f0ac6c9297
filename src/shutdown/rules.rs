//! What a project says about its own sweep, made ready to be asked: patterns
//! compiled, names to compare. Pure.

use crate::model::ShutdownRules;
use regex::RegexSet;
use std::path::Path;
use std::rc::Rc;

/// Programs that people and agents work with, and whose arguments are often
/// about other programs. No pattern hits them, whatever the config says.
const TOOLS: [&str; 64] = [
    "aider",
    "amp",
    "atom",
    "bat",
    "cat",
    "claude",
    "code",
    "code-insiders",
    "code-oss",
    "codex",
    "codium",
    "copilot",
    "cursor",
    "devsup",
    "docker",
    "docker-compose",
    "ed",
    "emacs",
    "emacsclient",
    "entr",
    "fzf",
    "gdb",
    "gedit",
    "gemini",
    "git",
    "goose",
    "gvim",
    "grep",
    "helix",
    "hx",
    "idea",
    "jq",
    "kak",
    "kate",
    "kubectl",
    "less",
    "man",
    "micro",
    "more",
    "most",
    "mosh",
    "nano",
    "nvim",
    "opencode",
    "podman",
    "rg",
    "screen",
    "sed",
    "ssh",
    "sshd",
    "strace",
    "subl",
    "sudo",
    "systemd",
    "tail",
    "tee",
    "tmux",
    "vi",
    "view",
    "vim",
    "watch",
    "webstorm",
    "windsurf",
    "zed",
];

/// How a project's sweep goes.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    patterns: Option<Rc<Patterns>>,
    protect: Vec<String>,
    keep: Vec<String>,
    /// `--sweep-attached`.
    attached: bool,
}

#[derive(Debug)]
struct Patterns {
    set: RegexSet,
    texts: Vec<String>,
}

impl Rules {
    /// The rules of a project. A pattern that does not compile (the config has
    /// refused it) costs all of them, since a sweep by half is a surprise.
    pub fn new(rules: &ShutdownRules) -> Self {
        let texts = rules.patterns.clone();
        let patterns = RegexSet::new(&texts).ok().map(|set| Rc::new(Patterns { set, texts }));
        Self { patterns, protect: rules.protect.clone(), keep: rules.keep.clone(), attached: false }
    }

    /// The same without any pattern: nothing is hit on weak evidence.
    #[must_use]
    pub fn without_patterns(self) -> Self {
        Self { patterns: None, ..self }
    }

    /// The same, where what somebody else looks after counts too if `attached`.
    #[must_use]
    pub fn with_attached(self, attached: bool) -> Self {
        Self { attached, ..self }
    }

    /// Whether what somebody else looks after counts too.
    pub fn hits_attached(&self) -> bool {
        self.attached
    }

    /// Whether there are patterns.
    pub fn has_patterns(&self) -> bool {
        self.patterns.is_some()
    }

    /// Whether anything is to be kept.
    pub fn keeps_anything(&self) -> bool {
        !self.keep.is_empty()
    }

    /// The executables to be kept.
    pub fn keep(&self) -> &[String] {
        &self.keep
    }

    /// The pattern that the arguments match; the longest, as it says most.
    pub fn pattern_of(&self, arguments: &[String]) -> Option<&str> {
        let patterns = self.patterns.as_ref().filter(|_| !arguments.is_empty())?;
        let matches = patterns.set.matches(&arguments.join(" "));
        let texts = matches.iter().filter_map(|at| patterns.texts.get(at));
        texts.max_by_key(|text| text.len()).map(String::as_str)
    }

    /// Whether they match by the words of a command, not by a text that is
    /// handed over: a prompt, a message, a search.
    pub fn is_command(&self, arguments: &[String]) -> bool {
        self.pattern_of(&without_texts(arguments)).is_some()
    }

    /// What protects a process from every pattern, if anything does.
    pub fn protector(&self, executable: Option<&Path>, arguments: &[String]) -> Option<String> {
        let names = names(executable, arguments);
        let tool = || names.iter().find(|name| TOOLS.contains(&name.as_str())).cloned();
        let line = format!(" {} ", arguments.join(" "));
        let named = |word: &&String| {
            is_named(word, executable)
                || names.contains(word)
                || arguments.iter().any(|one| file_name(one) == word.as_str())
                || line.contains(&format!(" {word} "))
        };
        self.protect.iter().find(named).cloned().or_else(tool)
    }

    /// Whether `shutdown.keep` names this executable.
    pub fn keeps(&self, executable: &Path) -> bool {
        self.keep.iter().any(|word| is_named(word, Some(executable)))
    }
}

/// By its path where the word is one, else by its file name.
fn is_named(word: &str, executable: Option<&Path>) -> bool {
    let Some(executable) = executable else { return false };
    if word.contains('/') {
        executable == Path::new(word)
    } else {
        executable.file_name().is_some_and(|name| name == word)
    }
}

/// What a program may be known by: its file, what it was called as, and, where
/// an interpreter runs it, its script.
fn names(executable: Option<&Path>, arguments: &[String]) -> Vec<String> {
    let file = executable.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let called = arguments.first().map(|first| first.split(' ').next().unwrap_or_default());
    let script = arguments.iter().skip(1).find(|one| !one.starts_with('-'));
    let script = script.filter(|one| one.contains('/')).map(String::as_str);
    let words = called.into_iter().chain(script);
    let words = words.map(|word| file_name(word).trim_start_matches('-').to_owned());
    file.into_iter().chain(words).collect()
}

fn file_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The arguments that are words of a command. One with blanks in it is a text,
/// unless it is the title that a program has given itself, or a script.
fn without_texts(arguments: &[String]) -> Vec<String> {
    let is_script = |at: usize| {
        let before = arguments.get(at.wrapping_sub(1)).map(String::as_str);
        let earlier = arguments.get(at.wrapping_sub(2)).map(String::as_str);
        let flag = |word: Option<&str>| {
            word.is_some_and(|word| word.starts_with('-') && word.ends_with('c'))
        };
        flag(before) || (before == Some("--") && flag(earlier))
    };
    let words = arguments.iter().enumerate();
    words
        .filter(|(at, word)| *at == 0 || !word.contains([' ', '\n', '\t']) || is_script(*at))
        .map(|(_, word)| word.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(protect: &[&str], keep: &[&str]) -> Rules {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Rules::new(&ShutdownRules {
            protect: owned(protect),
            keep: owned(keep),
            ..ShutdownRules::default()
        })
    }

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn a_prompt_is_no_command_and_a_script_is() {
        let rules = rules(&[], &[]);
        for command in [
            &["npm", "run", "dev"][..],
            &["npm run dev"],
            &["sh", "-c", "vitest run"],
            &["sh", "-c", "--", "vitest run"],
            &["bash", "-lc", "npm test"],
            &["node", "/shop/node_modules/.bin/vitest"],
        ] {
            assert!(rules.is_command(&words(command)), "{command:?}");
        }
        let agent = words(&["agent", "--prompt", "why does npm test fail"]);
        assert_eq!(rules.pattern_of(&agent), Some("npm test"));
        assert!(!rules.is_command(&agent));
    }

    #[test]
    fn editors_and_agents_are_protected_however_they_are_run() {
        let rules = rules(&[], &[]);
        let vim = Path::new("/usr/bin/vim");
        let tool = rules.protector(Some(vim), &words(&["vim", "vitest.config.ts"]));
        assert_eq!(tool.as_deref(), Some("vim"));
        let node = Path::new("/usr/bin/node");
        let agent = words(&["node", "/usr/lib/bin/claude", "-p", "vitest"]);
        assert_eq!(rules.protector(Some(node), &agent).as_deref(), Some("claude"));
        assert_eq!(rules.protector(Some(node), &words(&["node", "/shop/vitest.mjs"])), None);
    }

    #[test]
    fn protect_names_programs_scripts_and_words() {
        let node = Some(Path::new("/usr/bin/node"));
        let line = words(&["node", "scripts/esbuild-watch.mjs", "--port", "9000"]);
        for word in ["node", "/usr/bin/node", "esbuild-watch.mjs", "--port 9000"] {
            assert!(rules(&[word], &[]).protector(node, &line).is_some(), "{word}");
        }
        for word in ["esbuild", "/usr/local/bin/node", "900"] {
            assert_eq!(rules(&[word], &[]).protector(node, &line), None, "{word}");
        }
    }

    #[test]
    fn keep_goes_by_the_executable_alone() {
        let rules = rules(&[], &["gradle", "/opt/bin/watchman"]);
        assert!(rules.keeps(Path::new("/usr/bin/gradle")));
        assert!(rules.keeps(Path::new("/opt/bin/watchman")));
        assert!(!rules.keeps(Path::new("/usr/bin/watchman")));
    }
}
