//! `depends_on`: a list of names, or a map from names to conditions.

use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::fields::{Named, Reader};
use super::super::keys::DEPENDENCY;
use super::super::scalar::Bad;
use super::super::written::Dependency;
use super::super::yaml::{Entry, Value};
use crate::model::Condition;
use crate::model::did_you_mean;

/// Conditions by compose's names, then by process-compose's.
const CONDITIONS: [(&str, Condition); 9] = [
    ("service_started", Condition::ServiceStarted),
    ("service_healthy", Condition::ServiceHealthy),
    ("service_completed", Condition::ServiceCompleted),
    ("service_completed_successfully", Condition::ServiceCompletedSuccessfully),
    ("process_started", Condition::ServiceStarted),
    ("process_healthy", Condition::ServiceHealthy),
    ("process_log_ready", Condition::ServiceHealthy),
    ("process_completed", Condition::ServiceCompleted),
    ("process_completed_successfully", Condition::ServiceCompletedSuccessfully),
];

/// Both forms.
pub fn depends_on(section: Named<'_>, reader: &mut Reader<'_>) -> Vec<Dependency> {
    let found: Vec<Dependency> = match &section.node.value {
        Value::Map(entries) => {
            entries.iter().filter_map(|entry| with_condition(entry, reader)).collect()
        }
        _ => reader.texts(section).into_iter().map(plain).collect(),
    };
    let mut kept: Vec<Dependency> = Vec::new();
    for dependency in found {
        let name = &dependency.on;
        match kept.iter().find(|other| other.on.value == name.value) {
            Some(first) => reader.report(
                Diagnostic::error(format!("`{}` stands in `depends_on` twice", name.value))
                    .at(&name.span)
                    .also(&first.on.span, "first here"),
            ),
            None => kept.push(dependency),
        }
    }
    kept
}

fn plain(on: Spanned<String>) -> Dependency {
    Dependency { on, condition: None, required: None, restart: None }
}

fn with_condition(entry: &Entry, reader: &mut Reader<'_>) -> Option<Dependency> {
    let mut dependency = plain(Spanned::new(entry.key.clone(), &entry.span));
    if let Value::Scalar(text) = &entry.value.value {
        let problem = format!("`{}` must be a map, and this is text", entry.key);
        let hint = format!("write `{}: {{condition: {text}}}`", entry.key);
        reader.refuse::<()>(&entry.value.span, problem, &hint);
        return Some(dependency);
    }
    let mut fields = reader.fields(Named::of(entry))?;
    dependency.condition =
        fields.take(reader, &["condition"]).and_then(|node| reader.scalar(node, condition));
    let required = fields.take(reader, &["required"]).and_then(|node| reader.switch(node));
    dependency.required = required.map(|required| required.value);
    dependency.restart = fields.take(reader, &["restart"]).and_then(|node| reader.switch(node));
    fields.finish(reader, &DEPENDENCY, "`depends_on`", &[]);
    Some(dependency)
}

fn condition(text: &str) -> Result<Condition, Bad> {
    CONDITIONS.iter().find(|(name, _)| *name == text).map(|found| found.1).ok_or_else(|| Bad {
        message: "is no condition".to_owned(),
        hint: did_you_mean(text, CONDITIONS.iter().map(|known| known.0)).unwrap_or_else(|| {
            "write `service_started`, `service_healthy` or `service_completed_successfully`"
                .to_owned()
        }),
    })
}
