//! Where a project's supervisor listens: below the user's runtime directory,
//! or in one of the same rights below `/tmp`. Never in the project, whose path
//! can be longer than the 107 bytes that a socket's may have.

use crate::os::marker::ProjectKey;
use crate::os::peer;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Longest path of a socket, in bytes, the final zero not counted.
const LONGEST: usize = 107;
/// The part of a mode that is about others than the owner.
const FOR_OTHERS: u32 = 0o077;

/// Where a supervisor of this project may listen, the likeliest first. What is
/// there is not looked at.
pub fn candidates(key: ProjectKey) -> Vec<PathBuf> {
    directories()
        .map(|directory| directory.join(format!("{key}.sock")))
        .filter(|path| path.as_os_str().len() <= LONGEST)
        .collect()
}

/// The sockets of all supervisors of this user, as far as they are where this
/// environment leads to. Somebody may have been killed and left one.
pub fn all() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for directory in directories().filter(|directory| check(directory).is_ok()) {
        let listing = fs::read_dir(directory).into_iter().flatten().flatten();
        let paths = listing.map(|entry| entry.path());
        found.extend(paths.filter(|path| path.extension() == Some(OsStr::new("sock"))));
    }
    found.sort();
    found
}

fn directories() -> impl Iterator<Item = PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|path| path.is_absolute()).map(|path| path.join("devsup"));
    let shared = Path::new("/tmp").join(format!("devsup-{}", peer::own_uid()));
    runtime.into_iter().chain([shared])
}

/// Listens for this project; the caller holds its run lock. A socket that a
/// killed supervisor left is replaced. Errors: no directory can be used, or
/// somebody still listens there.
pub fn listen(key: ProjectKey) -> io::Result<(UnixListener, PathBuf)> {
    let mut refused = io::Error::other("there is no directory for the control socket");
    for path in candidates(key) {
        match listen_at(&path) {
            Ok(listener) => return Ok((listener, path)),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Removes the sockets that supervisors of this project left and nobody listens
/// at; the caller holds its run lock. `recorded` is where a ledger says that one
/// was, which may be another place than this environment leads to.
pub fn clear(key: ProjectKey, recorded: Option<&Path>) {
    let name = format!("{key}.sock");
    let recorded = recorded.filter(|path| path.file_name() == Some(OsStr::new(&name)));
    for path in candidates(key).into_iter().chain(recorded.map(Path::to_owned)) {
        let is_ours = path
            .symlink_metadata()
            .is_ok_and(|meta| meta.file_type().is_socket() && meta.uid() == peer::own_uid());
        if is_ours && UnixStream::connect(&path).is_err() {
            // One that stays is replaced by the next supervisor.
            let _stays = fs::remove_file(path);
        }
    }
}

fn listen_at(path: &Path) -> io::Result<UnixListener> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    prepare(directory)?;
    if path.symlink_metadata().is_ok() {
        if UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn prepare(directory: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => check(directory),
    }
}

/// Below `/tmp` anybody may have been there first: it has to be a directory of
/// our own that nobody else can enter.
pub fn check(directory: &Path) -> io::Result<()> {
    let meta = directory.symlink_metadata()?;
    let ours = meta.is_dir() && meta.uid() == peer::own_uid() && meta.mode() & FOR_OTHERS == 0;
    let wrong = || {
        io::Error::other(format!(
            "`{}` is not a directory that only we can enter",
            directory.display()
        ))
    };
    ours.then_some(()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_left_behind_is_replaced_and_a_live_one_is_not() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("devsup").join("key.sock");
        let first = listen_at(&path)?;
        assert_eq!(path.metadata()?.mode() & 0o777, 0o600);
        assert!(listen_at(&path).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse));
        drop(first);
        assert!(path.exists(), "nobody removed it");
        listen_at(&path)?;
        Ok(())
    }

    #[test]
    fn only_a_socket_of_ours_that_nobody_listens_at_is_cleared() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let key = ProjectKey::of(dir.path())?;
        let path = dir.path().join(format!("{key}.sock"));
        let other = dir.path().join("other.sock");
        let (listener, _) = (UnixListener::bind(&path)?, UnixListener::bind(&other)?);
        clear(key, Some(&path));
        assert!(path.exists(), "somebody listens");
        drop(listener);
        clear(key, Some(&other));
        assert!(other.exists(), "not the project's");
        clear(key, Some(&path));
        assert!(!path.exists());
        fs::write(&path, "")?;
        clear(key, Some(&path));
        assert!(path.exists(), "no socket");
        Ok(())
    }

    #[test]
    fn a_directory_that_others_may_enter_or_a_link_is_refused() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let open = dir.path().join("open");
        fs::create_dir(&open)?;
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755))?;
        assert!(check(&open).is_err());
        let link = dir.path().join("link");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o700))?;
        std::os::unix::fs::symlink(&open, &link)?;
        assert!(check(&open).is_ok() && check(&link).is_err());
        Ok(())
    }
}
