//! Types in TypeScript, made from an `OpenAPI` document: as much of both as ours
//! needs.

use serde_json::{Map, Value};

const HEAD: &str = "\
// The types of devsup's API. Generated from the types of the program; see README.md.

";

/// Everything the document describes.
pub fn of(document: &Value) -> String {
    let mut text = HEAD.to_owned();
    let empty = Map::new();
    let schemas = document["components"]["schemas"].as_object().unwrap_or(&empty);
    for (name, schema) in schemas {
        text.push_str(&comment(schema, ""));
        let is_object = schema["type"] == "object" && schema.get("allOf").is_none();
        if is_object {
            text.push_str(&format!("export interface {name} {}\n\n", one(schema, "")));
        } else {
            text.push_str(&format!("export type {name} = {};\n\n", one(schema, "")));
        }
    }
    text.push_str("/** What can be asked: what is sent, and what comes back. */\n");
    text.push_str("export interface Requests {\n");
    for (path, methods) in document["paths"].as_object().unwrap_or(&empty) {
        for (method, about) in methods.as_object().unwrap_or(&empty) {
            text.push_str(&request(path, method, about));
        }
    }
    text.push_str("}\n");
    text
}

fn request(path: &str, method: &str, about: &Value) -> String {
    let content = |value: &Value| {
        let kinds = value["content"].as_object()?;
        kinds.values().next().map(|kind| one(&kind["schema"], "  "))
    };
    let body = content(&about["requestBody"]).unwrap_or_else(|| "undefined".to_owned());
    let answer = content(&about["responses"]["200"]).unwrap_or_else(|| "unknown".to_owned());
    let query = fields(
        about["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["in"] == "query")
            .map(|one| (one["name"].as_str().unwrap_or_default(), one)),
    );
    let what = about["description"].as_str().or(about["summary"].as_str()).unwrap_or_default();
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let method = method.to_uppercase();
    format!(
        "  /** {what} */\n  '{method} {path}': {{ query: {query}; body: {body}; answer: {answer} }};\n"
    )
}

fn fields<'a>(parameters: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let each: Vec<String> = parameters
        .map(|(name, parameter)| format!("{name}?: {}", one(&parameter["schema"], "  ")))
        .collect();
    if each.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", each.join("; ")) }
}

/// The type of one schema. `indent` is that of the line it begins in.
fn one(schema: &Value, indent: &str) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(literal).collect::<Vec<_>>().join(" | ");
    }
    if let Some(value) = schema.get("const") {
        return literal(value);
    }
    for (key, joint) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(parts) = schema[key].as_array() {
            let each: Vec<String> = parts.iter().map(|part| one(part, indent)).collect();
            return if each.len() == 1 { each[0].clone() } else { each.join(joint) };
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            let each: Vec<String> = kinds
                .iter()
                .map(|kind| {
                    let mut single = schema.clone();
                    single["type"] = kind.clone();
                    one(&single, indent)
                })
                .collect();
            each.join(" | ")
        }
        Value::String(kind) => named(kind, schema, indent),
        _ => "unknown".to_owned(),
    }
}

fn named(kind: &str, schema: &Value, indent: &str) -> String {
    match kind {
        "integer" | "number" => "number".to_owned(),
        "boolean" | "string" | "null" => kind.to_owned(),
        "array" => {
            let item = one(&schema["items"], indent);
            if item.contains(' ') { format!("Array<{item}>") } else { format!("{item}[]") }
        }
        "object" => object(schema, indent),
        _ => "unknown".to_owned(),
    }
}

fn object(schema: &Value, indent: &str) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return match &schema["additionalProperties"] {
            Value::Null => "Record<string, unknown>".to_owned(),
            values => format!("Record<string, {}>", one(values, indent)),
        };
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let deeper = format!("{indent}  ");
    let mut text = "{\n".to_owned();
    for (name, property) in properties {
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        text.push_str(&comment(property, &deeper));
        text.push_str(&format!("{deeper}{name}{mark}: {};\n", one(property, &deeper)));
    }
    text + indent + "}"
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn comment(schema: &Value, indent: &str) -> String {
    let Some(text) = schema["description"].as_str() else { return String::new() };
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{indent}/** {words} */\n")
}
