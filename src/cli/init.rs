//! `devsup init`: a first `devsup.yaml`.

use super::{Common, args, data, failed};
use crate::config::{self, Draft};
use crate::exit::Status;
use crate::model::reason;
use crate::ui;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is written where nobody says otherwise.
const FILE: &str = "devsup.yaml";

/// Drafts a file, and writes it where none is.
pub fn run(common: &Common, typed: &args::Init) -> Status {
    let start = match common.start_dir() {
        Ok(start) => start,
        Err(why) => return failed(&why),
    };
    let target = start.join(typed.file.as_deref().unwrap_or(Path::new(FILE)));
    if !typed.dry_run
        && let Some(there) = in_the_way(&target, typed)
    {
        return refuse(&there);
    }
    if !is_yaml(&target) {
        return refuse_name(&target);
    }
    match config::draft(&start) {
        Err(mistakes) => {
            common.show(&mistakes);
            Status::Config
        }
        Ok(draft) => {
            common.show(&draft.warnings);
            if typed.dry_run { data(&draft.text) } else { write(common, &target, &draft) }
        }
    }
}

/// A file that is read as the project's already.
fn in_the_way(target: &Path, typed: &args::Init) -> Option<PathBuf> {
    let other = target.with_extension("yml");
    let candidates = [target, &other];
    let count = if typed.file.is_some() { 1 } else { 2 };
    candidates[..count]
        .iter()
        .find(|path| path.symlink_metadata().is_ok())
        .map(|path| path.to_path_buf())
}

fn refuse(there: &Path) -> Status {
    let there = ui::table::printable(&there.to_string_lossy());
    ui::error_with(
        &format!("`{there}` is there already, and nothing was written"),
        "`devsup init --dry-run` prints what would be written, `-f` names another file",
    );
    Status::Error
}

/// Every other name is read as a Procfile.
fn is_yaml(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|end| ["yaml", "yml"].iter().any(|one| end.eq_ignore_ascii_case(one)))
}

fn refuse_name(target: &Path) -> Status {
    let target = ui::table::printable(&target.to_string_lossy());
    ui::error_with(
        &format!("`{target}` would be read as a Procfile, and nothing was written"),
        "`-f` names the file to write, as in `-f dev.yaml`; what is here is found by itself",
    );
    Status::Usage
}

fn write(common: &Common, target: &Path, draft: &Draft) -> Status {
    let shown = ui::table::printable(&target.to_string_lossy());
    match put(target, &draft.text) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return refuse(target),
        Err(error) => {
            let why = format!("`{shown}` can't be written: {}", reason(&error));
            ui::error_with(
                &why,
                "name a place that can be with `-f`, or print it with `--dry-run`",
            );
            return Status::Error;
        }
    }
    let count = draft.services;
    let services = if count == 1 { "service" } else { "services" };
    let from = match draft.from.as_slice() {
        [] => "an example".to_owned(),
        files => files.join(" and "),
    };
    let look = ui::style::Look::of_stderr(common.colour);
    ui::err(&format!("{} wrote `{shown}` from {from}: {count} {services}", look.good()));
    ui::err("  look through it, then `devsup check` and `devsup up`");
    Status::Ok
}

/// Writes a new file, whole or not at all.
fn put(target: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(target)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be read as the project from now on.
        let _ = std::fs::remove_file(target);
    }
    written
}
