//! What `--json` prints is what the document of the API says, field for field.

use super::socket::ends;
use crate::harness::{Checkout, Exit, Project, fenced, puppet};
use serde_json::Value;

fn up() -> Checkout {
    let check = "healthcheck: {test: [\"true\"], start_interval: 20ms}";
    let checkout = Project::new()
        .service("web", puppet().says("hello"))
        .with("web", "port: 18473")
        .with("web", check)
        .service("db", puppet())
        .depends("web", "db")
        .check_out();
    let _ = checkout.call(&["up", "--wait"]).ends_with(Exit::Ok);
    checkout.wait_until_settled();
    checkout
}

/// Why a value is not of this form; `None`: it is.
fn wrong(value: &Value, form: &Value, all: &Value) -> Option<String> {
    if let Some(name) = form["$ref"].as_str() {
        let inner = all.pointer(name.trim_start_matches('#')).expect("it leads somewhere");
        return wrong(value, inner, all);
    }
    if let Some(parts) = form["allOf"].as_array() {
        return parts.iter().find_map(|part| wrong(value, part, all));
    }
    if let Some(ways) = form["oneOf"].as_array() {
        let fits = ways.iter().any(|way| wrong(value, way, all).is_none());
        return (!fits).then(|| format!("none of the ways: {value}"));
    }
    wrong_kind(value, form).or_else(|| wrong_within(value, form, all))
}

fn wrong_kind(value: &Value, form: &Value) -> Option<String> {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_named = |one: &Value| one == kind || (one == "number" && kind == "integer");
    let fits = match &form["type"] {
        Value::Array(kinds) => kinds.iter().any(is_named),
        Value::Null => true,
        one => is_named(one),
    };
    let fits = fits && form["enum"].as_array().is_none_or(|words| words.contains(value));
    (!fits).then(|| format!("{value} is no {}", form["type"]))
}

fn wrong_within(value: &Value, form: &Value, all: &Value) -> Option<String> {
    if let Some(items) = value.as_array() {
        return items.iter().find_map(|item| wrong(item, &form["items"], all));
    }
    let fields = value.as_object()?;
    let required = form["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !fields.contains_key(*name)) {
        return Some(format!("`{missing}` is missing in {value}"));
    }
    let known =
        fields.iter().filter_map(|(name, inner)| Some((inner, form["properties"].get(name)?)));
    known.into_iter().find_map(|(inner, form)| wrong(inner, form, all))
}

/// The names that a form has, whatever it is made of.
fn names(form: &Value, all: &Value, to: &mut Vec<String>) {
    if let Some(name) = form["$ref"].as_str() {
        names(all.pointer(name.trim_start_matches('#')).expect("it leads somewhere"), all, to);
    }
    for key in ["allOf", "oneOf"] {
        form[key].as_array().into_iter().flatten().for_each(|part| names(part, all, to));
    }
    to.extend(form["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
}

fn is_a(name: &str, text: &str, all: &Value) {
    let form = &all["components"]["schemas"][name];
    assert!(form.is_object(), "`{name}` is described");
    let value: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(value["version"], 1, "{text}");
    assert_eq!(wrong(&value, form, all), None, "{name}");
    let mut described = Vec::new();
    names(form, all, &mut described);
    for (field, _) in value.as_object().expect("an object") {
        assert!(described.contains(field), "`{field}` of {name} is described");
    }
}

#[test]
fn what_json_prints_is_described() {
    fenced(|| {
        let checkout = up();
        let printed = checkout.call(&["schema", "api"]).out();
        let all: Value = serde_json::from_str(&printed).expect("JSON");
        let services = &all["components"]["schemas"]["Services"];
        assert!(wrong(&serde_json::json!({"version": 1}), services, &all).is_some());
        for (words, form) in [
            (&["ps", "--json"][..], "Services"),
            (&["wait", "-q", "--json"], "Services"),
            (&["inspect", "--json", "web"], "Inspections"),
            (&["tree", "--json"], "Processes"),
            (&["ps", "--here", "--json"], "Processes"),
            (&["kill", "--dry-run", "--json", "web"], "Killed"),
            (&["down", "--dry-run", "--json"], "Report"),
        ] {
            is_a(form, &checkout.call(words).ends_with(Exit::Ok).out(), &all);
        }
        for (words, form) in [(&["logs", "--json"], "LogLine"), (&["events", "--json"], "Event")] {
            let lines = checkout.call(words).ends_with(Exit::Ok).out();
            assert!(!lines.is_empty());
            lines.lines().for_each(|line| is_a(form, line, &all));
        }
        let everywhere = checkout.call(&["ps", "--all", "--json"]).ends_with(Exit::Ok).out();
        let everywhere: Value = serde_json::from_str(&everywhere).expect("JSON");
        is_a("Services", &everywhere["projects"][0].to_string(), &all);
        is_a("Report", &checkout.down(&["--json"]).ends_with(Exit::Ok).out(), &all);
        is_a("Report", &checkout.down(&["--last", "--json"]).ends_with(Exit::Ok).out(), &all);
        checkout.leaves_nothing();
    });
}

/// Those who are not ready are told in the same form, with the status.
#[test]
fn wait_prints_who_is_not_ready() {
    fenced(|| {
        let check = "healthcheck: {unix: /nowhere/socket}";
        let checkout = Project::new().service("web", puppet()).with("web", check).check_out();
        let _ = checkout.call(&["up", "-d"]).ends_with(Exit::Ok);
        let ended = checkout.call(&["wait", "--json", "--timeout", "100ms"]);
        let told: Value =
            serde_json::from_str(&ended.ends_with(Exit::NotReady).out()).expect("JSON");
        let web = &told["services"][0];
        assert_eq!((&web["ready"], &web["health"]), (&false.into(), &"starting".into()));
        ends(&checkout);
    });
}
