//! `devsup doctor`: what is wrong here, and the command that mends it.

mod engine;
mod looks;

use super::down::{self, DownArguments};
use super::{Common, args, data, failed};
use crate::exit::Status;
use crate::ui;
use crate::ui::style::Look;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// Something that is wrong.
pub(super) struct Finding {
    /// What it is about, in one word.
    area: &'static str,
    /// What is wrong.
    what: String,
    /// The command that mends it, or what is to be done by hand.
    mend: String,
    /// How we mend it ourselves, if we can.
    by: Option<Mend>,
}

/// What we can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// `devsup down --stale` in this directory.
    DownStale(PathBuf),
    /// `devsup down` in this directory.
    Down(PathBuf),
    /// `devsup down --containers` in this directory.
    Containers(PathBuf),
}

/// What was looked at, in the order of the report: fine, or what is wrong.
type Looked = Vec<(&'static str, Vec<Finding>)>;

/// Looks at everything, and mends what may be mended.
pub fn run(common: &Common, typed: &args::Doctor) -> Status {
    let looked = match look(common, typed) {
        Ok(looked) => looked,
        Err(status) => return status,
    };
    let all = || looked.iter().flat_map(|(_, found)| found);
    if typed.json {
        let object =
            |one: &Finding| json!({ "area": one.area, "what": one.what, "mend": one.mend });
        let findings: Vec<_> = all().map(object).collect();
        let clean = findings.is_empty();
        let _said =
            data(&format!("{}\n", json!({ "version": 1, "clean": clean, "findings": findings })));
    } else {
        let _said = data(&text(&looked, Look::of_stdout(common.colour)));
    }
    if all().next().is_none() {
        return Status::Ok;
    }
    if typed.fix {
        return mend(common, typed, all());
    }
    Status::Error
}

fn look(common: &Common, typed: &args::Doctor) -> Result<Looked, Status> {
    let start = common.start_dir().map_err(|why| failed(&why))?;
    let root = down::root_of(&start, &typed.file);
    let root = root.canonicalize().unwrap_or(root);
    let asked = args::Config { file: typed.file.clone(), ..args::Config::default() };
    let loaded = common.read(&asked)?;
    let project = loaded.as_ref().ok().map(|loaded| &loaded.project);
    Ok(vec![
        ("config", looks::config(loaded.as_ref().err())),
        ("processes", looks::processes(&root)),
        ("records", looks::records(&root)),
        ("jobs", looks::jobs()),
        ("supervisor", looks::supervisor(&root)),
        ("ports", project.map_or_else(Vec::new, |project| looks::ports(project, &root))),
        ("containers", project.map_or_else(Vec::new, |project| engine::look(project, &root))),
        ("kernel", looks::kernel()),
        ("cgroup", project.map_or_else(Vec::new, looks::cgroup)),
        ("memory", looks::memory()),
        ("limits", project.map_or_else(Vec::new, looks::limits)),
    ])
}

fn text(looked: &Looked, look: Look) -> String {
    let mut text = String::new();
    for (area, found) in looked {
        if found.is_empty() {
            let _ = writeln!(text, "{} {area}", look.good());
        }
        for one in found {
            let what = ui::table::printable(&one.what);
            let _ = writeln!(text, "{} {area}: {what}\n    {}", look.bad(), one.mend);
        }
    }
    text
}

/// Mends one after the other; fine only where all were.
fn mend<'f>(
    common: &Common,
    typed: &args::Doctor,
    findings: impl Iterator<Item = &'f Finding>,
) -> Status {
    let mut left = 0;
    for one in findings {
        let mended = match &one.by {
            Some(by) if typed.yes || agreed(one) => by.run(common) == Status::Ok,
            _ => false,
        };
        left += usize::from(!mended);
    }
    if left == 0 { Status::Ok } else { Status::Error }
}

/// Asks; without somebody to answer it is a no.
fn agreed(finding: &Finding) -> bool {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return false;
    }
    ui::err(&format!("{}: {}\n{}? [y/N]", finding.area, finding.what, finding.mend));
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
}

impl Mend {
    fn run(&self, common: &Common) -> Status {
        let look = Look::of_stderr(common.colour);
        let of = |root: &Path| DownArguments::of(root.to_owned(), look);
        match self {
            Self::DownStale(root) => down::run(&DownArguments { stale: true, ..of(root) }),
            Self::Down(root) => down::run(&of(root)),
            Self::Containers(root) => down::run(&DownArguments { containers: true, ..of(root) }),
        }
    }
}
