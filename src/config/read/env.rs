//! `environment` and `env_file`, at the top and in a service.

use super::super::diagnostic::Spanned;
use super::super::environment::{reserved, reserved_name};
use super::super::fields::{Named, Reader};
use super::super::keys::{ENV_FILE, VARIABLE};
use super::super::written::{EnvFile, Setting};
use super::super::yaml::{Entry, Value};

/// `env_file`: a path, a list of paths, or of `{path, required}`.
pub fn env_files(entry: Named<'_>, reader: &mut Reader<'_>) -> Vec<EnvFile> {
    let items = entry.items();
    items.into_iter().filter_map(|item| env_file(item, reader)).collect()
}

fn env_file(item: Named<'_>, reader: &mut Reader<'_>) -> Option<EnvFile> {
    if !matches!(item.node.value, Value::Map(_)) {
        return Some(EnvFile { path: reader.path(item)?, required: true });
    }
    let mut fields = reader.fields(item)?;
    let path = fields.take(reader, &["path"]);
    let required = fields.take(reader, &["required"]).and_then(|node| reader.switch(node));
    fields.finish(reader, &ENV_FILE, "`env_file`", &[("format", "there is one format; delete it")]);
    let Some(path) = path else {
        return reader.refuse(&item.node.span, "`env_file` has no `path`", "");
    };
    let required = required.is_none_or(|required| required.value);
    Some(EnvFile { path: reader.path(path)?, required })
}

/// `environment`: a map, or a list of `NAME=VALUE`.
pub fn settings(section: Named<'_>, reader: &mut Reader<'_>) -> Vec<Setting> {
    match &section.node.value {
        Value::Map(entries) => entries.iter().filter_map(|entry| from_map(entry, reader)).collect(),
        Value::List(items) => {
            let items = items.iter().map(|node| Named { name: section.name, node });
            items.filter_map(|item| from_list(item, reader)).collect()
        }
        other => {
            let problem =
                format!("`{}` must be a map or a list, and this is {}", section.name, other.kind());
            let hint = "write `environment: {NAME: value}`";
            reader.refuse(&section.node.span, problem, hint).unwrap_or_default()
        }
    }
}

fn from_map(entry: &Entry, reader: &mut Reader<'_>) -> Option<Setting> {
    let name = checked_name(Spanned::new(entry.key.clone(), &entry.span), reader)?;
    let named = Named::of(entry);
    match entry.value.value {
        Value::Null => Some(Setting { name, value: None, secret: None }),
        Value::Map(_) => with_secret(name, named, reader),
        _ => {
            let value = reader.text(named)?.value;
            Some(Setting { name, value: Some(value), secret: None })
        }
    }
}

/// `NAME: {value: …, secret: true}`.
fn with_secret(
    name: Spanned<String>,
    entry: Named<'_>,
    reader: &mut Reader<'_>,
) -> Option<Setting> {
    let mut fields = reader.fields(entry)?;
    let value = fields.take(reader, &["value"]).and_then(|node| reader.text(node));
    let secret = fields.take(reader, &["secret"]).and_then(|node| reader.switch(node));
    fields.finish(reader, &VARIABLE, "a variable", &[]);
    let secret = secret.filter(|secret| secret.value).map(|secret| secret.span);
    Some(Setting { name, value: value.map(|value| value.value), secret })
}

fn from_list(item: Named<'_>, reader: &mut Reader<'_>) -> Option<Setting> {
    if matches!(item.node.value, Value::Map(_)) {
        let hint = "write `- NAME=value`, or a map without the dashes";
        return reader.refuse(
            &item.node.span,
            "a list of variables has `NAME=value`, and this is a map",
            hint,
        );
    }
    let text = reader.raw(item)?;
    let (name, value) = match text.value.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text.value.as_str(), None),
    };
    let value = match value {
        Some(value) => Some(reader.interpolate(value, &text.span)?),
        None => None,
    };
    let name = checked_name(Spanned::new(name.trim().to_owned(), &text.span), reader)?;
    Some(Setting { name, value, secret: None })
}

fn checked_name(name: Spanned<String>, reader: &mut Reader<'_>) -> Option<Spanned<String>> {
    if name.value.is_empty() {
        return reader.refuse(&name.span, "a variable has no name", "");
    }
    if name.value.contains(['=', '\0']) || name.value.chars().any(char::is_whitespace) {
        let problem = format!("`{}` is no name of a variable", name.value);
        return reader.refuse(&name.span, problem, "letters, digits and `_` make a name");
    }
    if reserved(&name.value) {
        reader.report(reserved_name(&name.value, &name.span));
        return None;
    }
    Some(name)
}
