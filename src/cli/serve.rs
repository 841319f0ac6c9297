//! `devsup serve`: the API and a web page on this machine.

use super::{Common, args, data, down, failed};
use crate::exit::Status;
use crate::ui;
use crate::web::{self, Options, WebError};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where it listens unless it is told.
const PORT: u16 = 7171;

/// Serves until it is interrupted.
pub(super) fn run(common: &Common, typed: &args::Serve) -> Status {
    let start = match common.start_dir() {
        Ok(start) => start,
        Err(why) => return failed(&why),
    };
    let options = Options {
        root: down::root_of(&start, &typed.place.file),
        address: typed.listen,
        port: typed.port.unwrap_or(PORT),
        exactly: typed.port.is_some(),
        exposed: typed.i_know,
    };
    let ready = match web::open(&options) {
        Ok(ready) => ready,
        Err(error) => return refused(&error),
    };
    let url = ready.url();
    let said = data(&format!("{url}\n"));
    if said != Status::Ok {
        return said;
    }
    ui::err("the address lets in whoever has it; Ctrl-C ends this");
    if typed.open
        && let Err(error) = open(&url)
    {
        ui::error(&format!("no browser can be opened: {}", super::reason(&error)));
    }
    match ready.serve() {
        Ok(never) => match never {},
        Err(error) => failed(&super::reason(&error)),
    }
}

fn refused(error: &WebError) -> Status {
    ui::error(&error.to_string());
    if let Some(hint) = error.hint() {
        ui::err(&format!("  hint: {hint}"));
    }
    let misused = matches!(error, WebError::Exposed(_));
    if misused { Status::Usage } else { Status::Error }
}

/// Opens the page by way of a file that nobody else can read: everybody can
/// read the arguments of a browser.
fn open(url: &str) -> io::Result<()> {
    let path = page()?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    write!(file, "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={url}\">")?;
    let quiet = Command::new("xdg-open")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    quiet.map(drop)
}

fn page() -> io::Result<PathBuf> {
    let directory = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = directory.filter(|path| path.is_dir()).unwrap_or_else(std::env::temp_dir);
    let path = directory.join(format!("devsup-serve-{}.html", std::process::id()));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(path),
    }
}
