//! `devsup job show`: one job, with the end of its output.

use super::{Common, args, data, find};
use crate::exit::Status;
use crate::jobs::{self, Record};
use crate::ui;
use crate::ui::style::Look;
use serde_json::json;

/// Lines of output in the JSON, and for people.
const LINES: usize = 100;
const FEW_LINES: usize = 10;

/// Shows it.
pub fn run(common: &Common, typed: &args::JobShow) -> Status {
    let job = match find(&typed.job) {
        Ok(job) => job,
        Err(status) => return status,
    };
    if typed.json {
        let mut object = json!(job.shown);
        object["version"] = json!(1);
        object["output"] = json!(jobs::last_lines(&job, LINES).join("\n"));
        return data(&format!("{object}\n"));
    }
    let look = Look::of_stdout(common.colour);
    data(&ui::jobs::card(&facts(&job), &jobs::last_lines(&job, FEW_LINES), look))
}

/// What is known, by name; what is not, is not mentioned.
fn facts(job: &Record) -> Vec<(&'static str, String)> {
    let shown = &job.shown;
    let word = |text: Option<String>| text.unwrap_or_default();
    let time = |at: Option<jiff::Timestamp>| word(at.map(ui::jobs::time));
    let facts = vec![
        ("id", shown.id.clone()),
        ("name", shown.name.clone()),
        ("status", shown.status.to_string()),
        ("reason", word(shown.reason.clone())),
        ("exit", word(shown.exit_code.map(|code| code.to_string()))),
        ("signal", word(shown.signal.clone())),
        ("tags", shown.tags.join(",")),
        ("scope", shown.scope.name().to_owned()),
        ("project", shown.project.display().to_string()),
        ("command", shown.command.join(" ")),
        ("cwd", shown.cwd.display().to_string()),
        ("pid", word(shown.pid.map(|pid| pid.to_string()))),
        ("owner", word(shown.owner_pid.map(|pid| pid.to_string()))),
        ("started", time(shown.started_at)),
        ("ended", time(shown.ended_at)),
        ("log", shown.log.display().to_string()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
