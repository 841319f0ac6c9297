//! `devsup exec`.

use super::{Desk, desk};

fn shop() -> Desk {
    desk()
        .file(".env", "GREETING=hello\n")
        .file(
            "devsup.yaml",
            "name: shop\nservices:\n  api: {command: ./api, port: 8080, environment: {OWN: api}}\n  web: {command: ./web, replicas: 2, port: 9000}\n",
        )
        .variable("DEVSUP_COLOR", "never")
}

fn prints(desk: &Desk, arguments: &[&str]) -> Vec<String> {
    let out = desk.devsup(arguments).well();
    out.lines().map(str::to_owned).collect()
}

#[test]
fn the_command_has_what_all_services_have() {
    let lines = prints(&shop(), &["exec", "--", "env"]);
    for line in ["GREETING=hello", "DEVSUP_PROJECT=shop", "API_PORT=8080", "WEB_PORT=9000"] {
        assert!(lines.iter().any(|one| one == line), "{line}: {lines:?}");
    }
    let not = |name: &str| lines.iter().all(|line| !line.starts_with(name));
    assert!(not("OWN=") && not("DEVSUP_RUN_ID=") && not("DEVSUP_COLOR="), "{lines:?}");
}

#[test]
fn or_what_one_of_them_has() {
    let lines = prints(&shop(), &["exec", "--service", "web.2", "env"]);
    for line in ["GREETING=hello", "PORT=9001", "PS=web.2", "API_PORT=8080"] {
        assert!(lines.iter().any(|one| one == line), "{line}: {lines:?}");
    }
    assert_eq!(shop().devsup(&["exec", "--service", "wep", "env"]).code, Some(2));
}

#[test]
fn its_status_is_the_commands() {
    let code = |arguments: &[&str]| shop().devsup(arguments).code;
    assert_eq!(code(&["exec", "sh", "-c", "exit 7"]), Some(7));
    assert_eq!(code(&["exec", "--", "./no-such"]), Some(127));
    assert_eq!(code(&["exec", "--", "./devsup.yaml"]), Some(126));
    assert_eq!(desk().devsup(&["exec", "true"]).code, Some(4), "no config");
}

/// A pipeline ends quietly, as it would without devsup, which ignores SIGPIPE.
#[test]
fn signals_are_as_a_shell_gives_them() {
    let out = shop().devsup(&["exec", "grep", "SigIgn", "/proc/self/status"]).well();
    let ignored = out.trim().rsplit('\t').next().expect("a number");
    let ignored = u64::from_str_radix(ignored, 16).expect("a number");
    assert_eq!(ignored >> 12 & 1, 0, "{out}");
}
