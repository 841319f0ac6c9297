//! `devsup env`: the variables of a service, for a shell to read or for a
//! person who wonders where one comes from.

use super::{Common, args, data};
use crate::config::{self, Tree};
use crate::exit::Status;
use crate::model::{MASK, Origin, Project, Secrets, Service, Variable};
use crate::supervise;
use crate::ui;
use std::fmt::Write as _;
use std::io::{IsTerminal, stdout};
use std::path::Path;

/// Prints the variables of a service, or those that all services have.
pub fn run(common: &Common, typed: &args::Env) -> Status {
    let loaded = match common.load(&typed.config) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    let mut rows = match &typed.name {
        None => loaded.environment.iter().map(Row::set).collect(),
        Some(name) => {
            let Some((service, number)) = find(&loaded.project, name) else {
                ui::error(&config::unknown_service(&loaded.project, name));
                return Status::Usage;
            };
            rows(&loaded.project, service, number)
        }
    };
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    if !typed.show_secrets {
        mask(&mut rows, &loaded.project);
    }
    if typed.json {
        return data(&json(&rows).json());
    }
    let status = if typed.explain { explain(common, &rows) } else { data(&shell(&rows)) };
    let masked = rows.iter().filter(|row| row.secret).count();
    if masked > 0 && !typed.show_secrets {
        let secrets = if masked == 1 { "1 secret is" } else { &format!("{masked} secrets are") };
        ui::err(&format!("devsup: {secrets} masked; `--show-secrets` prints them"));
    }
    status
}

/// A variable, and who set it; `None`: devsup itself.
struct Row {
    name: String,
    value: String,
    origin: Option<Origin>,
    overrode: Vec<Origin>,
    secret: bool,
}

impl Row {
    fn set(variable: &Variable) -> Self {
        Self {
            name: variable.name.clone(),
            value: variable.value.clone(),
            origin: Some(variable.origin.clone()),
            overrode: variable.overrode.clone(),
            secret: variable.is_secret(),
        }
    }
}

/// The service of this name, or the copy `web.2` of one, with its number.
pub(super) fn find<'p>(project: &'p Project, name: &str) -> Option<(&'p Service, u16)> {
    if let Some(service) = project.service(name) {
        return Some((service, 1));
    }
    let (service, number) = name.rsplit_once('.')?;
    let (service, number) = (project.service(service)?, number.parse::<u16>().ok()?);
    (1..=service.replicas).contains(&number).then_some((service, number))
}

/// What the files set, and what devsup adds to it or puts over it.
fn rows(project: &Project, service: &Service, number: u16) -> Vec<Row> {
    let mut rows: Vec<Row> = service.environment.iter().map(Row::set).collect();
    for (name, value) in supervise::added(project, service, number) {
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => {
                row.overrode.splice(0..0, row.origin.take());
                row.value = value;
            }
            None => {
                rows.push(Row { name, value, origin: None, overrode: Vec::new(), secret: false });
            }
        }
    }
    rows
}

/// Hides the secrets, also where another variable was made of one.
fn mask(rows: &mut [Row], project: &Project) {
    let secrets = Secrets::of(project);
    for row in rows {
        let value = std::mem::take(&mut row.value);
        row.value = if row.secret { MASK.to_owned() } else { secrets.hide(value) };
    }
}

fn shell(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { name, value, .. } in rows {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            // Only a NUL byte can't be quoted, and files with one are refused.
            let value = shlex::try_quote(value).unwrap_or_default();
            let _ = writeln!(text, "export {name}={value}");
        } else {
            let _ = writeln!(text, "# no shell can set `{}`", ui::table::printable(name));
        }
    }
    text
}

fn explain(common: &Common, rows: &[Row]) -> Status {
    let start = common.start_dir().ok().and_then(|start| start.canonicalize().ok());
    let start = start.unwrap_or_default();
    let cells = rows.iter().map(|row| {
        let by = row.origin.as_ref().map_or_else(|| "devsup".to_owned(), |by| words(by, &start));
        let lost: Vec<String> = row.overrode.iter().map(|lost| words(lost, &start)).collect();
        vec![row.name.clone(), row.value.clone(), by, lost.join(", ")]
    });
    let columns = crate::os::descriptor::columns(stdout()).filter(|_| stdout().is_terminal());
    let look = ui::style::Look::of_stdout(common.colour);
    let head = ["VARIABLE", "VALUE", "SET BY", "OVERRODE"];
    data(&ui::table::text(&head, &cells.collect::<Vec<_>>(), columns, look))
}

fn words(origin: &Origin, start: &Path) -> String {
    match origin {
        Origin::OperatingSystem => "your shell".to_owned(),
        Origin::File(file, line) => format!("{}:{line}", config::shown(file, start)),
        Origin::CommandLine => "the command line".to_owned(),
    }
}

/// A list, behind the version that all our JSON says.
fn json(rows: &[Row]) -> Tree {
    let row = |row: &Row| {
        let lost: Vec<Tree> = row.overrode.iter().map(|lost| place(Some(lost))).collect();
        Tree::map()
            .with("name", row.name.as_str())
            .with("value", row.value.as_str())
            .with("set_by", place(row.origin.as_ref()))
            .with("overrode", lost)
            .with("secret", row.secret)
    };
    let variables: Vec<Tree> = rows.iter().map(row).collect();
    Tree::map().with("version", 1_u64).with("variables", variables)
}

fn place(origin: Option<&Origin>) -> Tree {
    match origin {
        None => Tree::map().with("kind", "devsup"),
        Some(Origin::OperatingSystem) => Tree::map().with("kind", "operating_system"),
        Some(Origin::CommandLine) => Tree::map().with("kind", "command_line"),
        Some(Origin::File(file, line)) => Tree::map()
            .with("kind", "file")
            .with("file", file.to_string_lossy().as_ref())
            .with("line", *line as u64),
    }
}
