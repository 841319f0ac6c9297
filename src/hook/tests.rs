use super::*;

/// Files as people have them, for each tool.
fn files() -> Vec<(Tool, &'static str)> {
    vec![
        (
            Tool::Npm,
            "{\n  \"name\": \"shop\",\n  \"scripts\": {\n    \"test\": \"vitest\"\n  }\n}\n",
        ),
        (Tool::Npm, "{\"scripts\":{\"build\":\"a,b\",\"test\":\"x \\\"{\\\" y\"},\"a\":[1,{}]}"),
        (
            Tool::Npm,
            "{\n\t\"scripts\": {\n\t\t\"pretest\": \"tsc\",\n\t\t\"test\": \"jest\"\n\t}\n}",
        ),
        (Tool::Npm, "{\r\n  \"scripts\": {\r\n    \"test\": \"vitest\"\r\n  }\r\n}\r\n"),
        (Tool::Cargo, ""),
        (Tool::Cargo, "[profile.default]\nretries = 2\n"),
        (Tool::Cargo, "experimental = [\n  \"setup-scripts\",\n]\n[profile.ci]\nretries = 2"),
        (Tool::Pytest, ""),
        (Tool::Pytest, "import pytest\n"),
        (Tool::Pytest, "import pytest"),
        (Tool::Pytest, "import pytest\r\n\r\n"),
        (Tool::Make, "all: test\n\ntest check: build\n\tgo test ./...\n"),
        (Tool::Make, "test::\n\tmake -C a test"),
        (
            Tool::Just,
            "default:\n    just -l\n\ntest *args=\"a:b\": build\n    cargo test {{args}}\n",
        ),
        (Tool::Just, "@test:\n    true"),
        (Tool::Git, "#!/bin/sh\nset -e\nmake test\n"),
        (Tool::Git, "#!/usr/bin/env bash\nexec make test"),
        (Tool::Git, "make test\n"),
    ]
}

#[test]
fn what_is_put_in_comes_out_exactly_and_twice_is_once() {
    for (tool, before) in files() {
        let with = install(tool, Some(before)).unwrap();
        assert_ne!(with, before, "{tool:?}");
        assert!(with.contains("down") && with.contains("--stale"), "{with}");
        assert_eq!(install(tool, Some(&with)).unwrap(), with, "{tool:?}: twice");
        let after = uninstall(tool, &with);
        assert_eq!(after.as_deref().unwrap_or_default(), before, "{tool:?}:\n{with}");
        assert_eq!(uninstall(tool, before).as_deref(), Some(before), "{tool:?}: none is there");
    }
}

#[test]
fn a_file_that_was_made_for_it_goes_with_it() {
    for tool in [Tool::Cargo, Tool::Pytest, Tool::Git] {
        let made = install(tool, None).unwrap();
        assert_eq!(uninstall(tool, &made), None, "{tool:?}:\n{made}");
    }
}

#[test]
fn where_no_test_is_run_nothing_is_put_in() {
    for (tool, text) in [
        (Tool::Npm, None),
        (Tool::Npm, Some("{\"scripts\": {\"build\": \"tsc\"}}")),
        (Tool::Npm, Some("{\"scripts\": [")),
        (Tool::Make, Some("tests: all\ntest := 1\n\ttest: x\n")),
        (Tool::Just, Some("testing:\n  true\ntest := 'x'\n")),
        (Tool::Git, Some("#!/usr/bin/env python3\n")),
        (Tool::Cargo, Some("experimental = [\"wrapper-scripts\"]\n")),
    ] {
        let refusal = install(tool, text).unwrap_err();
        assert!(!refusal.why.is_empty() && !refusal.hint.is_empty(), "{tool:?} {refusal:?}");
    }
}

#[test]
fn npm_runs_it_before_what_was_there() {
    let text = "{\"scripts\": {\"pretest\": \"tsc\", \"test\": \"jest\"}}";
    let with = install(Tool::Npm, Some(text)).unwrap();
    assert!(with.contains("\"pretest\": \"devsup down --stale -q && tsc\""), "{with}");
}

#[test]
fn a_diff_shows_changes_with_what_is_around_them() {
    let lines: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
    let old = lines.join("\n") + "\n";
    let new = old.replace("5\n", "five\n").replacen("18\n", "", 1) + "end";
    let new = new.replacen("1five\n", "15\n", 1);
    let text = diff("list", Some(&old), Some(&new));
    assert_eq!(
        text,
        "--- a/list\n+++ b/list\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
         @@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n 19\n 20\n+end\n\\ No newline at end of file\n"
    );
    assert_eq!(diff("list", Some("a\n"), Some("a\n")), "");
    assert_eq!(diff("x", None, Some("a\n")), "--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n");
}
