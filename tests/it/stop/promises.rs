//! The tables of scenarios and promises name tests that there are.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything between backticks that looks like the path of a test or a module.
fn named(text: &str) -> Vec<Vec<&str>> {
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    let quoted = text.split('`').skip(1).step_by(2).filter(|name| name.contains("::"));
    quoted
        .map(|name| name.split("::").collect::<Vec<_>>())
        .filter(|path| path.iter().all(plain))
        .collect()
}

/// Whether there is such a module, or such a test in one.
fn exists(tests: &Path, path: &[&str]) -> bool {
    let file = |parts: &[&str]| {
        let stem: PathBuf = parts.iter().fold(tests.to_owned(), |path, part| path.join(part));
        fs::read_to_string(stem.with_extension("rs"))
    };
    let (name, module) = path.split_last().expect("a path has parts");
    let function = format!("fn {name}()");
    file(path).is_ok() || file(module).is_ok_and(|text| text.contains(&function))
}

#[test]
fn name_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, least) in [("README.md", 10), ("tests/it/stop/mod.rs", 50)] {
        let text = fs::read_to_string(root.join(page)).expect("it is part of the project");
        let named = named(&text);
        assert!(named.len() >= least, "{page} names {} tests", named.len());
        for path in named {
            assert!(exists(&root.join("tests/it"), &path), "{page}: no test `{}`", path.join("::"));
        }
    }
}
