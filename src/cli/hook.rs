//! `devsup hook`: the pre-test hook, put into the files of other tools.

use super::args::{HookAct, HookChange};
use super::{Common, data, reason};
use crate::exit::Status;
use crate::hook::{self, Refusal, TOOLS, Tool};
use crate::ui;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Changes a file, or prints what would be put into it.
pub fn run(common: &Common, act: &HookAct) -> Status {
    let done = match act {
        HookAct::Print { tool } => return print(*tool),
        HookAct::Install(change) => install(common, change),
        HookAct::Uninstall(change) => uninstall(common, change),
    };
    done.unwrap_or_else(|refusal| {
        ui::error(&refusal.why);
        ui::err(&format!("  hint: {}", refusal.hint));
        Status::Error
    })
}

fn print(tool: Option<Tool>) -> Status {
    let text = match tool {
        Some(tool) => tool.snippet(),
        None => format!("{}\n", hook::COMMAND),
    };
    data(&text)
}

/// A file of a tool, as it is.
struct Target {
    tool: Tool,
    path: PathBuf,
    text: Option<String>,
}

fn install(common: &Common, change: &HookChange) -> Result<Status, Refusal> {
    let here = start(common)?;
    let tool = change.tool.map_or_else(|| the_one_here(&here), Ok)?;
    let target = target(tool, &here)?;
    let new = hook::install(tool, target.text.as_deref())?;
    if target.text.as_deref() == Some(&new) {
        ui::err(&format!("devsup: the hook is in `{}` already", shown(&target.path, &here)));
        return Ok(Status::Ok);
    }
    let status = show(&target, Some(&new), &here);
    if status == Status::Ok && !change.dry_run {
        put(&target, &new).map_err(|error| unwritable(&target.path, &error))?;
        let look = ui::style::Look::of_stderr(common.colour);
        let tool = tool.name();
        ui::err(&format!(
            "{} tests now begin with `{}` (`devsup hook uninstall {tool}` takes it out)",
            look.good(),
            hook::COMMAND
        ));
    }
    Ok(status)
}

fn uninstall(common: &Common, change: &HookChange) -> Result<Status, Refusal> {
    let here = start(common)?;
    let tools = change.tool.map_or(TOOLS.to_vec(), |tool| vec![tool]);
    let mut status = Status::Ok;
    let mut found = false;
    for tool in tools {
        let Ok(target) = target(tool, &here) else { continue };
        let Some(text) = &target.text else { continue };
        let rest = hook::uninstall(tool, text);
        if rest.as_deref() == Some(text) {
            continue;
        }
        found = true;
        status = show(&target, rest.as_deref(), &here);
        if status == Status::Ok && !change.dry_run {
            let done = match &rest {
                Some(rest) => put(&target, rest),
                None => remove(&target),
            };
            done.map_err(|error| unwritable(&target.path, &error))?;
        }
    }
    if !found {
        ui::err("devsup: there is no hook here");
    }
    Ok(status)
}

fn start(common: &Common) -> Result<PathBuf, Refusal> {
    common.start_dir().map_err(|why| Refusal { why, hint: "check `-C`".to_owned() })
}

/// The tool whose file is here and could take the hook. A git hook is only put
/// in where it is asked for: it is nobody's test file.
fn the_one_here(here: &Path) -> Result<Tool, Refusal> {
    let takes = |tool: &Tool| {
        let there = target(*tool, here).ok().and_then(|target| target.text);
        let by_cargo = *tool == Tool::Cargo && here.join("Cargo.toml").is_file();
        let there = there.or_else(|| by_cargo.then(String::new));
        *tool != Tool::Git && there.is_some_and(|text| hook::install(*tool, Some(&text)).is_ok())
    };
    let found: Vec<Tool> = TOOLS.into_iter().filter(takes).collect();
    let names = |tools: &[Tool]| {
        let names: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool.name())).collect();
        names.join(", ")
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal {
            why: "there is no file here that runs tests".to_owned(),
            hint: format!("name the tool: {}", names(&TOOLS)),
        }),
        several => Err(Refusal {
            why: format!("there are several tools here: {}", names(several)),
            hint: format!("name the one, as in `devsup hook install {}`", several[0].name()),
        }),
    }
}

/// The file of a tool: the first one that is there, else the one to be made.
fn target(tool: Tool, here: &Path) -> Result<Target, Refusal> {
    let directory = if tool == Tool::Git { git_hooks(here)? } else { here.to_owned() };
    let paths: Vec<PathBuf> = tool.files().iter().map(|name| directory.join(name)).collect();
    let there = paths.iter().find(|path| path.is_file());
    let path = there.or(paths.first()).cloned().unwrap_or(directory);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Target { tool, path, text: Some(text) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Target { tool, path, text: None })
        }
        Err(error) => Err(Refusal {
            why: format!("`{}` can't be read: {}", path.display(), reason(&error)),
            hint: "check its owner and its encoding".to_owned(),
        }),
    }
}

/// Where git looks for hooks, which only git itself knows. husky's own files are
/// generated; those of its user stand one directory higher.
fn git_hooks(here: &Path) -> Result<PathBuf, Refusal> {
    let mut git = Command::new("git");
    git.args(["rev-parse", "--git-path", "hooks"]).current_dir(here);
    let done = git.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let path = done.ok().filter(|done| done.status.success()).map(|done| done.stdout);
    let path = path.map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    let hooks = path.filter(|path| !path.is_empty()).map(|path| here.join(path));
    let hooks = hooks.ok_or_else(|| Refusal {
        why: "this is no git repository, or there is no git".to_owned(),
        hint: "go where it is, or use `-C DIR`".to_owned(),
    })?;
    Ok(if hooks.ends_with(".husky/_") { hooks.join("..") } else { hooks })
}

fn show(target: &Target, new: Option<&str>, here: &Path) -> Status {
    data(&hook::diff(&shown(&target.path, here), target.text.as_deref(), new))
}

fn shown(path: &Path, here: &Path) -> String {
    ui::table::printable(&path.strip_prefix(here).unwrap_or(path).to_string_lossy())
}

/// Puts the text in place in one step, with the rights that the file had.
fn put(target: &Target, text: &str) -> io::Result<()> {
    let path = target.path.canonicalize().unwrap_or_else(|_| target.path.clone());
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let fresh = if target.tool == Tool::Git { 0o755 } else { 0o644 };
    let mode = path.metadata().map_or(fresh, |meta| meta.permissions().mode());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let temporary = directory.join(format!(".{name}.devsup"));
    let written = fs::write(&temporary, text)
        .and_then(|()| fs::set_permissions(&temporary, fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes a file that held nothing but the hook, and the directory that was
/// made for it.
fn remove(target: &Target) -> io::Result<()> {
    fs::remove_file(&target.path)?;
    if let (Tool::Cargo, Some(directory)) = (target.tool, target.path.parent()) {
        // Only an empty one can be removed.
        let _ = fs::remove_dir(directory);
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Refusal {
    Refusal {
        why: format!("`{}` can't be written: {}", path.display(), reason(error)),
        hint: "check its owner and the rights of its directory".to_owned(),
    }
}
