//! What a newcomer does wrong, on the built binary: the words on the screen and
//! the exit status of each mistake, by table. Each says the place, the cause and
//! the way out; none panics.
//!
//! A case is a line for a shell, so that whoever reads a snapshot can type it.

mod disk;
mod files;
mod flags;
mod permissions;
mod running;

use crate::harness::{binary, fenced_text};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// What a case begins with where it does not matter.
const FINE: &str = "services:\n  web: {command: sleep 1000, tags: [front]}\n  api: {command: sleep 1000, profiles: [full]}\n";

/// Seconds after which a case has hung.
const ENOUGH: &str = "30";

/// One mistake.
struct Case {
    name: &'static str,
    line: String,
    files: Vec<(&'static str, Vec<u8>)>,
}

/// A mistake that is made by typing this, in an empty directory.
fn case(name: &'static str, line: &str) -> Case {
    Case { name, line: line.to_owned(), files: Vec::new() }
}

/// The same in a project that is in order.
fn fine(name: &'static str, line: &str) -> Case {
    case(name, line).file("devsup.yaml", FINE)
}

impl Case {
    fn file(mut self, name: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((name, content.as_ref().to_vec()));
        self
    }
}

/// Words that no user should have to read.
const NEVER: [&str; 7] =
    ["panicked", "RUST_BACKTRACE", "os error", "src/", "Some(", "Err(", "{:?}"];

/// Makes each mistake of a table in a fence and compares what was said.
macro_rules! mistakes {
    ($($case:expr),+ $(,)?) => {
        let Some(text) = fenced_text(|| report(vec![$($case),+])) else { return };
        for bad in NEVER {
            assert!(!text.contains(bad), "`{bad}` in\n{text}");
        }
        insta::assert_snapshot!(text);
    };
}
use mistakes;

/// Makes each mistake and returns all that was said, one after the
/// other.
fn report(cases: Vec<Case>) -> String {
    let mut text = String::new();
    for case in cases {
        let (said, status) = make(&case);
        let shown = case.line.replace('\n', "\n> ");
        let _ = write!(text, "######## {}\n$ {shown}\n{said}[status {status}]\n\n", case.name);
    }
    text
}

/// Everything that was said, whatever the stream, and the status.
fn make(case: &Case) -> (String, i32) {
    let above = TempDir::new().expect("a directory");
    let directory = above.path().join("shop");
    // Files are looked for upward to the repository's root, which is here.
    fs::create_dir_all(directory.join(".git")).expect("a directory");
    for (name, content) in &case.files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
    let home = above.path().join("home");
    fs::create_dir(&home).expect("a directory");
    let done = shell(&case.line, &directory, &home).output().expect("a shell");
    let said = clean(&done, above.path());
    // Whatever a case forbade, it has to be removed again.
    let _ = Command::new("chmod").args(["-R", "u+rwx"]).arg(above.path()).output();
    (said, done.status.code().unwrap_or(-1))
}

fn shell(line: &str, directory: &Path, home: &Path) -> Command {
    let mut shell = Command::new("timeout");
    shell
        .args(["--kill-after", "5", ENOUGH, "bash", "-c", line])
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::null());
    let devsup = binary("devsup");
    let binaries = devsup.parent().unwrap_or(&devsup).display();
    shell.env("PATH", format!("{binaries}:/usr/bin:/bin"));
    shell.env("HOME", home).env("LANG", "C.UTF-8").env("TERM", "xterm");
    shell.env("XDG_RUNTIME_DIR", std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default());
    shell
}

/// Without what differs from one run to the next.
fn clean(done: &Output, above: &Path) -> String {
    let said = [&done.stdout[..], &done.stderr[..]].concat();
    let said = String::from_utf8(said).expect("words are UTF-8");
    let real = above.canonicalize().expect("a directory").display().to_string();
    let said = said.replace(&real, "DIR").replace(&above.display().to_string(), "DIR");
    let binaries = binary("devsup").with_file_name("").display().to_string();
    let said = said.replace(binaries.trim_end_matches('/'), "BIN");
    let said = said.replace(&std::env::var("XDG_RUNTIME_DIR").unwrap_or_default(), "RUN");
    let mut lines = String::new();
    for line in said.lines().filter(|line| !is_of_a_stop(line)) {
        lines.push_str(&numbers(line));
        lines.push('\n');
    }
    lines
}

/// Lines of a run and its stop that go well, which is not what a case is about.
fn is_of_a_stop(line: &str) -> bool {
    let begins = ["[3/5]", "[4/5]", "[5/5]", "✓ shop: ", "! shop: ", "  web  ", "✓ web completed"];
    begins.iter().any(|words| line.starts_with(words)) || line.contains(" containers left (")
}

/// Replaces pids and times.
fn numbers(line: &str) -> String {
    let filters = [
        (r"pid \d+", "pid PID"),
        (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
        (r"[0-9a-f]{16}\b", "HASH"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "WHEN"),
    ];
    filters.into_iter().fold(line.to_owned(), |line, (pattern, by)| {
        let pattern = regex::Regex::new(pattern).expect("a pattern");
        pattern.replace_all(&line, by).into_owned()
    })
}
