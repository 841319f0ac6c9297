//! What is said of the API is so: its document, and the lines of the README.

use super::socket::{ask, ends, get};
use crate::harness::{Exit, Project, fenced, puppet, skip};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_document_is_served_and_whole() {
    fenced(|| {
        let checkout = Project::new().service("web", puppet()).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        let document = get("/openapi.json").json();
        let printed: Value =
            serde_json::from_str(&checkout.call(&["schema", "api"]).out()).expect("JSON");
        assert_eq!(document, printed);
        assert_eq!(document["openapi"], "3.1.0");
        let mut references = BTreeSet::new();
        collect(&document, &mut references);
        for reference in &references {
            let place = document.pointer(reference.trim_start_matches('#'));
            assert!(place.is_some(), "{reference} leads nowhere");
        }
        assert!(references.contains("#/components/schemas/Services"));
        every_path_is_there(&document);
        ends(&checkout);
    });
}

/// Each is known, and only by the method that is described; nothing is done.
fn every_path_is_there(document: &Value) {
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 11, "{paths:?}");
    for (path, methods) in paths {
        let target = path.replace("{name}", "nope");
        let other = if methods.get("get").is_some() { "POST" } else { "GET" };
        assert_eq!(ask(other, &target, "").status, 405, "{other} {target}");
        for (method, about) in methods.as_object().expect("methods") {
            let answers = &about["responses"];
            let good = ["200", "101"].iter().any(|status| answers[status].is_object());
            assert!(good, "{method} {path}");
            assert!(about["summary"].is_string(), "{method} {path}");
        }
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| match inner.as_str() {
            Some(reference) if key == "$ref" => {
                references.insert(reference.to_owned());
            }
            _ => collect(inner, references),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

/// The lines of the README, as they are typed.
#[test]
fn the_lines_of_the_readme_work_as_they_stand() {
    if Command::new("curl").arg("--version").output().is_err() {
        return skip("curl", "`curl` can't be executed");
    }
    fenced(|| {
        let web = "sh -c 'echo hello; exec sleep 1000'";
        let checkout = Project::new().command("web", web).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        let readme = include_str!("../../../README.md");
        let (_, block) = readme.split_once("<!-- api -->\n```console\n").expect("the block");
        let (lines, _) = block.split_once("```").expect("its end");
        let said = checkout.script(&format!("set -e; {lines}")).ends_with(Exit::Ok);
        let _ = said.says("\"state\":\"running\"").says("hello").says("\"event\":\"service\"");
        ends(&checkout);
    });
}
