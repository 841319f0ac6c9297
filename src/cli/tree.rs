//! `devsup tree`, and `ps --here`: the processes of the project, asked of its
//! supervisor, or looked up here where none runs.

use super::{Common, args, data, down, failed, running};
use crate::api::Processes;
use crate::api::client::{Client, ClientError, PATIENCE, escaped};
use crate::exit::Status;
use crate::model::{Filter, Pid};
use crate::os::descriptor;
use crate::processes::{Inspector, Labels, Places};
use crate::ui::{self, style::Look};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// Shows the tree.
pub(super) fn run(common: &Common, typed: &args::Tree) -> Status {
    let job = match typed.job.as_deref().map(super::job::find).transpose() {
        Ok(job) => job,
        Err(status) => return status,
    };
    let filter = Filter {
        service: typed.name.clone(),
        job: job.map(|job| job.shown.id),
        tag: typed.tag.clone(),
        pid: typed.pid.and_then(Pid::new),
        leaders_only: typed.leaders_only,
        ..Filter::default()
    };
    let all = match look(common, &typed.place.file, &filter) {
        Ok(all) => all,
        Err(status) => return status,
    };
    if typed.json {
        return data(&format!("{}\n", serde_json::to_string(&all).unwrap_or_default()));
    }
    if all.processes.is_empty() {
        return none(typed.name.as_deref());
    }
    let look = Look::of_stdout(common.colour);
    data(&ui::processes::tree(&all, descriptor::columns(io::stdout()), look))
}

fn none(name: Option<&str>) -> Status {
    let Some(name) = name else { return running::refused(&ClientError::Absent) };
    ui::error(&format!("nothing of `{name}` runs here"));
    Status::NotRunning
}

/// Everything whose directory is in the project, ours or not.
pub(super) fn here(common: &Common, file: &[PathBuf], json: bool) -> Status {
    let start = match common.start_dir() {
        Ok(start) => start,
        Err(why) => return failed(&why),
    };
    let root = down::root_of(&start, file);
    let root = root.canonicalize().unwrap_or(root);
    let filter = Filter { cwd: Some(root), ..Filter::default() };
    let all = match look(common, file, &filter) {
        Ok(all) => all,
        Err(status) => return status,
    };
    if json {
        return data(&format!("{}\n", serde_json::to_string(&all).unwrap_or_default()));
    }
    let look = Look::of_stdout(common.colour);
    data(&ui::processes::here(&all, descriptor::columns(io::stdout()), look))
}

fn look(common: &Common, file: &[PathBuf], filter: &Filter) -> Result<Processes, Status> {
    let start = common.start_dir().map_err(|why| failed(&why))?;
    let root = down::root_of(&start, file);
    // One that does not answer does not keep the processes from being seen.
    if let Ok((_, client)) = running::at(&root, running::PATIENCE)
        && let Ok(all) = asked(&client, filter)
    {
        return Ok(all);
    }
    alone(&root, filter).map_err(|error| failed(&super::reason(&error)))
}

fn asked(client: &Client, filter: &Filter) -> Result<Processes, ClientError> {
    let Filter { project, service, job, tag, pid, leaders_only, cwd } = filter;
    let cwd = cwd.as_ref().map(|cwd| cwd.to_string_lossy().into_owned());
    let words =
        [("project", project), ("service", service), ("job", job), ("tag", tag), ("cwd", &cwd)];
    let mut query = format!("leaders_only={leaders_only}");
    for (name, value) in words {
        if let Some(value) = value {
            let _ = write!(query, "&{name}={}", escaped(value));
        }
    }
    if let Some(pid) = pid {
        let _ = write!(query, "&pid={pid}");
    }
    client.get(&format!("/v1/processes?{query}"), PATIENCE)
}

fn alone(root: &Path, filter: &Filter) -> io::Result<Processes> {
    let places = Places::shown(root, Labels::default(), filter)?;
    Ok(Processes::of(&places.project, Inspector::default().look(&places, filter)?))
}
