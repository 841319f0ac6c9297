//! The pre-test hook: one command, put into the files of other tools, and taken
//! out again so that not a byte is different. Text to text; it must not know
//! where a file is, nor write one.

mod block;
mod diff;
mod git;
mod just;
mod make;
mod nextest;
mod npm;
mod pytest;

pub use diff::diff;

/// What is run before the tests.
pub const COMMAND: &str = "devsup down --stale -q";

/// A tool that runs tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `package.json`: the script `pretest`.
    Npm,
    /// `.config/nextest.toml`: a setup script.
    Cargo,
    /// `conftest.py`.
    Pytest,
    /// A Makefile: a prerequisite of `test`.
    Make,
    /// A git hook.
    Git,
    /// A justfile: a dependency of `test`.
    Just,
}

/// Every tool, in the order in which they are looked for.
pub const TOOLS: [Tool; 6] =
    [Tool::Npm, Tool::Cargo, Tool::Pytest, Tool::Make, Tool::Just, Tool::Git];

/// Why a file is left as it is, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Why.
    pub why: String,
    /// The way out.
    pub hint: String,
}

impl Refusal {
    fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { why: why.into(), hint: hint.into() }
    }
}

impl Tool {
    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Cargo => "cargo",
            Self::Pytest => "pytest",
            Self::Make => "make",
            Self::Git => "git",
            Self::Just => "just",
        }
    }

    /// The files it reads, the first one being made where none is there.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &["package.json"],
            Self::Cargo => &[".config/nextest.toml"],
            Self::Pytest => &["conftest.py"],
            Self::Make => &["Makefile", "makefile", "GNUmakefile"],
            Self::Git => &["pre-push", "pre-commit"],
            Self::Just => &["justfile", "Justfile", ".justfile"],
        }
    }

    /// What is put into its file, for copying.
    pub fn snippet(self) -> String {
        match self {
            Self::Npm => npm::snippet(),
            Self::Cargo => nextest::snippet(),
            Self::Pytest => pytest::snippet(),
            Self::Make => make::snippet(),
            Self::Git => git::snippet(),
            Self::Just => just::snippet(),
        }
    }
}

/// The file with the hook in it; the same text where it is there already.
/// `None`: there is no such file yet.
pub fn install(tool: Tool, text: Option<&str>) -> Result<String, Refusal> {
    let there = text.unwrap_or_default();
    match tool {
        Tool::Npm => npm::install(text),
        Tool::Cargo => nextest::install(there),
        Tool::Pytest => Ok(pytest::install(there)),
        Tool::Make => make::install(there),
        Tool::Git => git::install(text),
        Tool::Just => just::install(there),
    }
}

/// The file as it was before [`install`]; the same text where there is no hook.
/// `None`: nothing but the hook was in it.
pub fn uninstall(tool: Tool, text: &str) -> Option<String> {
    let rest = match tool {
        Tool::Npm => npm::uninstall(text),
        Tool::Cargo => nextest::uninstall(text),
        Tool::Pytest => pytest::uninstall(text),
        Tool::Make => make::uninstall(text),
        Tool::Git => return git::uninstall(text),
        Tool::Just => just::uninstall(text),
    };
    (!rest.is_empty() || text.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests;
