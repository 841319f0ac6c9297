//! Who wins where a variable is set more than once, and what is remembered of
//! those who lost.

use super::{Given, given};
use devsup::config::environment;
use devsup::model::{Origin, Variable};

/// The value of `V` in the service `web`, wherever it comes from.
fn value(given: &Given) -> String {
    let loaded = given.load().expect("a project");
    let web = loaded.project.service("web").expect("a service");
    let all = environment(&loaded.project, web);
    let found: Vec<String> =
        all.into_iter().filter(|(name, _)| name == "V").map(|(_, value)| value).collect();
    found.join(" and ")
}

fn variable(given: &Given) -> Option<Variable> {
    let loaded = given.load().expect("a project");
    let web = loaded.project.service("web")?;
    web.environment.iter().find(|variable| variable.name == "V").cloned()
}

/// `levels` of the ladder, from `.env` up to the service itself.
fn ladder(levels: &[usize]) -> Given {
    let has = |level: usize| levels.contains(&level);
    let top = if has(2) { "environment: {V: project}\n" } else { "" };
    let file = if has(3) { "env_file: web.env, " } else { "" };
    let own = if has(4) { "environment: {V: service}, " } else { "" };
    let mut given = given()
        .file("web.env", "V=service file\n")
        .yaml(&format!("{top}services: {{web: {{{file}{own}command: x}}}}\n"));
    if has(0) {
        given = given.file(".env", "V=env\n");
    }
    if has(1) {
        given = given.system("V", "system");
    }
    given
}

#[test]
fn each_level_wins_over_those_below() {
    let names = ["env", "system", "project", "service file", "service"];
    for (level, name) in names.iter().enumerate() {
        let levels: Vec<usize> = (0..=level).collect();
        assert_eq!(value(&ladder(&levels)), *name, "{levels:?}");
    }
}

#[test]
fn env_files_can_be_put_above_the_system() {
    let given = || ladder(&[0, 1]).asks(|asks| asks.env_override = true);
    assert_eq!(value(&given()), "env");
    let ladder = ladder(&[0, 1, 2]).asks(|asks| asks.env_override = true);
    assert_eq!(value(&ladder), "project");
}

#[test]
fn losers_are_remembered_nearest_first() {
    let given = ladder(&[0, 1, 2, 3, 4]);
    let root = given.path().canonicalize().expect("a directory");
    let variable = variable(&given).expect("a variable");
    assert_eq!(variable.origin, Origin::File(root.join("devsup.yaml"), 2));
    assert_eq!(
        variable.overrode,
        [
            Origin::File(root.join("web.env"), 1),
            Origin::File(root.join("devsup.yaml"), 1),
            Origin::OperatingSystem,
            Origin::File(root.join(".env"), 1),
        ]
    );
}

#[test]
fn the_system_is_remembered_where_it_wins() {
    let variable = variable(&ladder(&[0, 1])).expect("a variable");
    assert_eq!((variable.origin, variable.value.as_str()), (Origin::OperatingSystem, "system"));
    assert_eq!(variable.overrode.len(), 1);
}

#[test]
fn later_files_win() {
    let given = given()
        .yaml("env_file: [a.env, b.env]\nservices: {web: {command: x}}\n")
        .file("a.env", "V=a\n")
        .file("b.env", "V=b$V\n")
        .file(".env", "V=unread\n");
    assert_eq!(value(&given), "ba");
}

#[test]
fn the_command_line_replaces_the_projects_files() {
    let given = given()
        .yaml("env_file: [a.env]\nservices: {web: {command: x}}\n")
        .file("a.env", "V=a\n")
        .file("b.env", "V=b\n")
        .asks(|asks| asks.env_files = vec!["b.env".into()]);
    assert_eq!(value(&given), "b");
}

#[test]
fn an_empty_list_switches_the_env_file_off() {
    let given =
        given().file(".env", "V=env\n").yaml("env_file: []\nservices: {web: {command: x}}\n");
    assert_eq!(value(&given), "");
}

#[test]
fn names_alone_pass_values_on() {
    let given = given()
        .yaml("services: {web: {command: x, environment: [V, W]}}\n")
        .system("V", "system")
        .asks(|_| ());
    assert_eq!(value(&given), "system");
    let said: Vec<String> =
        given.load().expect("a project").warnings.iter().map(|said| said.message.clone()).collect();
    assert_eq!(said, ["`W` has no value here or anywhere else"]);
}

#[test]
fn our_own_variables_do_not_pass() {
    let given = given().procfile("web: x\n").system("DEVSUP_RUN_ID", "outer").system("V", "v");
    let loaded = given.load().expect("a project");
    assert_eq!(loaded.project.os_environment, [("V".to_owned(), "v".to_owned())]);
}

#[test]
fn variables_that_are_no_text_are_said() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = std::ffi::OsString::from_vec(vec![0xff]);
    let given =
        given().procfile("web: x\n").asks(|asks| asks.os_environment.push(("V".into(), bytes)));
    let loaded = given.load().expect("a project");
    assert_eq!(loaded.warnings[0].message, "the variable `V` is not UTF-8 and is not passed on");
}

/// A declared port is the service's `PORT` unless the service says otherwise.
#[test]
fn a_declared_port_wins_over_env_files() {
    let port = |own: &str| {
        let given = given()
            .file(".env", "PORT=1\n")
            .yaml(&format!("services: {{web: {{command: x, port: 80{own}}}}}\n"));
        let loaded = given.load().expect("a project");
        let web = loaded.project.service("web").expect("a service");
        web.environment.iter().find(|set| set.name == "PORT").map(|set| set.value.clone())
    };
    assert_eq!(port(""), None);
    assert_eq!(port(", environment: {PORT: 2}"), Some("2".to_owned()));
}

#[test]
fn secrets_stay_secret_when_overridden() {
    let given = given().yaml(
        "environment: {V: {value: a, secret: true}}\nservices: {web: {command: x, environment: {V: b}}}\n",
    );
    assert_eq!(variable(&given).map(|set| (set.value, set.secret)), Some(("b".into(), true)));
}

#[test]
fn references_in_values() {
    let given = given()
        .file(".env", "A=env\n")
        .system("B", "system")
        .yaml("services: {web: {command: x, environment: {V: \"${A}-$B-${C:-c}-$$D\"}}}\n");
    assert_eq!(value(&given), "env-system-c-$D");
}

/// A reference means whoever wins, in the project's env files, in a service's
/// and in the config file.
#[test]
fn references_mean_whoever_wins() {
    let answer = |files_win: bool| {
        let given = given()
            .file(".env", "A=env\nB=$A\n")
            .file("web.env", "A=web\nC=$A\n")
            .system("A", "system")
            .yaml("services: {web: {command: x, env_file: web.env, environment: {V: \"$A $B\"}}}\n")
            .asks(|asks| asks.env_override = files_win);
        let loaded = given.load().expect("a project");
        let web = loaded.project.service("web").expect("a service");
        let of = |name: &str| {
            let found = web.environment.iter().find(|set| set.name == name);
            found.map_or_else(String::new, |set| set.value.clone())
        };
        format!("{} {} {}", of("B"), of("C"), of("V"))
    };
    assert_eq!(answer(false), "system system system system");
    assert_eq!(answer(true), "env web env env");
}
