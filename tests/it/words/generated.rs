//! What is committed under `completions/` and `man/` is what the program
//! prints, and works.

use super::{Desk, RENEW, desk, repository};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Each file, and the arguments that print it.
const FILES: [(&str, &[&str]); 9] = [
    ("completions/devsup.bash", &["completions", "bash"]),
    ("completions/_devsup", &["completions", "zsh"]),
    ("completions/devsup.fish", &["completions", "fish"]),
    ("completions/devsup.elv", &["completions", "elvish"]),
    ("completions/devsup.ps1", &["completions", "powershell"]),
    ("completions/devsup.schema.json", &["schema"]),
    ("completions/devsup.openapi.json", &["schema", "api"]),
    ("man/devsup.1", &["man"]),
    ("man/devsup.yaml.5", &["man", "devsup.yaml"]),
];

#[test]
fn committed_files_are_current() {
    let renew = std::env::var_os(RENEW).is_some();
    let mut old = Vec::new();
    for (file, arguments) in FILES {
        let path = repository().join(file);
        let text = desk().devsup(arguments).well();
        if renew {
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(&path, &text).expect("a file");
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            old.push(file);
        }
    }
    assert!(
        old.is_empty(),
        "not current: {}\nrenew with: {RENEW}=1 cargo test --test it committed_files_are_current",
        old.join(", ")
    );
}

/// Manual pages have no warning of a formatter, where there is one.
#[test]
fn manual_pages_are_well_formed() {
    for page in ["devsup.1", "devsup.yaml.5"] {
        let path = repository().join("man").join(page);
        let formatter =
            Command::new("groff").args(["-man", "-ww", "-Tutf8", "-z"]).arg(&path).output();
        let Ok(done) = formatter else {
            return crate::harness::say("no groff here: not looked at");
        };
        assert_eq!(String::from_utf8_lossy(&done.stderr), "", "{page}");
    }
}

fn shop() -> Desk {
    desk().file(
        "devsup.yaml",
        "services:\n  api: {command: ./api --token $TOKEN, tags: [backend]}\n  web: {command: [./web], profiles: [full]}\n  worker: {command: ./w}\n",
    )
}

/// What a shell is told after these words; the last one is being typed.
fn answer(desk: &Desk, words: &[&str]) -> Vec<String> {
    let mut arguments = vec!["--", "devsup"];
    arguments.extend(words);
    let mut command = desk.command(&arguments);
    command.env("DEVSUP_COMPLETE", "fish").env("_CLAP_IFS", "\n");
    let done = command.output().expect("devsup can be started");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    out.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn names_of_services_are_completed() {
    assert_eq!(answer(&shop(), &["up", "w"]), ["web", "worker"]);
    assert_eq!(answer(&shop(), &["env", "a"]), ["api"]);
    assert_eq!(answer(&shop(), &["up", "--tag", "b"]), ["backend"]);
    assert_eq!(answer(&shop(), &["up", "--profile", ""]), ["full"]);
    assert_eq!(answer(&shop(), &["up", "-x", "we"]), ["web"]);
    let all = answer(&shop(), &["up", ""]);
    assert!(
        ["api", "web", "worker"].iter().all(|name| all.iter().any(|one| one == name)),
        "{all:?}"
    );
}

#[test]
fn verbs_flags_and_values_are_completed() {
    assert_eq!(answer(&shop(), &["conf"]), ["config"]);
    assert!(answer(&shop(), &["up", "--abort-on-"]).len() == 2);
    assert_eq!(answer(&shop(), &["completions", "z"]), ["zsh"]);
    assert_eq!(answer(&shop(), &["up", "-f", "devsup."]), ["devsup.yaml"]);
}

/// The project that was typed, not only the one that is here.
#[test]
fn the_named_project_is_asked() {
    let desk = desk()
        .file("sub/Procfile", "inner: x\n")
        .file("other.yaml", "services: {o: {command: x}}\n");
    assert_eq!(answer(&desk, &["-C", "sub", "up", "i"]), ["inner"]);
    assert_eq!(answer(&desk, &["up", "-f", "other.yaml", "o"]), ["o"]);
}

#[test]
fn without_a_config_nothing_is_said() {
    assert_eq!(answer(&desk(), &["up", "w"]), [""; 0]);
    let broken = desk().file("devsup.yaml", "services: [\n");
    assert_eq!(answer(&broken, &["up", "w"]), [""; 0]);
}

/// Runs a script in a shell in which `devsup` is this build.
fn in_shell(shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    let desk = shop();
    let build = Path::new(env!("CARGO_BIN_EXE_devsup"));
    let mut path = vec![build.parent().expect("a parent").to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let done = Command::new(shell)
        .args(arguments)
        .arg(script)
        .current_dir(desk.path())
        .env("PATH", std::env::join_paths(path).expect("a path"))
        .env("HOME", desk.path())
        .env("COMPLETIONS", repository().join("completions"))
        .stdin(Stdio::null())
        .output();
    let Ok(done) = done else {
        crate::harness::say(&format!("no {shell} here: its completions are not tried"));
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn bash_completes() {
    let script = r#"
        . "$COMPLETIONS/devsup.bash"
        COMP_WORDS=(devsup up w); COMP_CWORD=2; COMP_TYPE=9
        _clap_complete_devsup devsup w up
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let Some(out) = in_shell("bash", &["--norc", "-c"], script) else { return };
    assert_eq!(out, "web\nworker\n");
}

#[test]
fn fish_completes() {
    let script = r#"source "$COMPLETIONS/devsup.fish"; complete -C "devsup up w""#;
    let Some(out) = in_shell("fish", &["--no-config", "-c"], script) else { return };
    assert_eq!(out, "web\t./web\nworker\t./w\n");
}

/// The first completion too, for which zsh runs the file itself.
#[test]
fn zsh_completes() {
    let script = r#"
        fpath=("$COMPLETIONS" $fpath)
        autoload -Uz compinit && compinit -u -D
        # Stands in for zsh's own display of what was found.
        function _describe() { print -rl -- ${(P)argv[-1]} }
        words=(devsup up w); CURRENT=3
        _devsup
    "#;
    let Some(out) = in_shell("zsh", &["-f", "-c"], script) else { return };
    assert_eq!(out, "web:./web\nworker:./w\n");
}

/// The figures stand in the README as they were measured last.
#[test]
fn the_readme_quotes_the_figures() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        fs::read_to_string(path).expect("it is there")
    };
    let (readme, table) = (read("README.md"), read("benches/figures.md"));
    let quoted = readme
        .split("<!-- figures -->\n")
        .nth(1)
        .and_then(|rest| rest.split("\n<!-- /figures -->").next());
    assert_eq!(quoted, Some(table.trim_end()), "copy benches/figures.md into the README");
}
