//! cgroup v2, where a part of it is ours to write: a group for each service,
//! named after its run, which nothing leaves by forking and which the kernel
//! kills as one. A bonus: where it can't be had nothing else changes.
//!
//! A group's name carries the marker of its run, so that a path alone says
//! whose it is, and nobody else's group can be made to look like ours by a
//! forged record.

use super::marker::Marker;
use super::table;
use crate::model::{InstanceName, Pid};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::ForkResult;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// How the name of a run's group begins.
const PREFIX: &str = "devsup-";

/// How the name of a service's group ends: no file of the kernel's is called so.
const SUFFIX: &str = ".instance";

/// `CLONE_INTO_CGROUP`, since Linux 5.7.
const INTO_CGROUP: u64 = 1 << 33;

/// How deep groups of ours are nested below each other at most: a devsup inside
/// devsup adds two.
const DEEPEST: usize = 16;

/// Most bytes of a process's groups that are read.
const LONGEST: usize = 64 << 10;

/// Makes the group of a run below the one that we are in. `None` where there is
/// no cgroup v2, where it is not ours to write, or where the kernel can't kill a
/// group (before 5.14).
pub fn found(marker: Marker) -> Option<PathBuf> {
    let group = own()?.join(name_of(marker));
    make(&group).ok()?;
    let usable = group.join("cgroup.kill").exists() && may_write(&group.join("cgroup.procs"));
    // Into it we could move nobody if the group we are in were not ours as well.
    let usable = usable && may_write(&group.parent()?.join("cgroup.procs"));
    if !usable {
        remove(&group);
    }
    usable.then_some(group)
}

/// The group of an instance within that of its run.
pub fn of_instance(run: &Path, instance: &InstanceName) -> PathBuf {
    run.join(format!("{instance}{SUFFIX}"))
}

/// Whether a path can be that of the group of the run that wears this marker.
pub fn is_named_after(path: &Path, marker: Marker) -> bool {
    let named = path.file_name().and_then(|name| name.to_str());
    path.is_absolute() && named == Some(&name_of(marker))
}

/// The runs in whose groups a process is, outermost first.
pub fn runs_of(pid: Pid) -> Vec<Marker> {
    let text = fs::File::open(format!("/proc/{pid}/cgroup"))
        .and_then(|file| table::read_all(file, LONGEST))
        .unwrap_or_default();
    place(&String::from_utf8_lossy(&text))
        .map(|path| path.iter().filter_map(|part| marker_of(part.to_str()?)).collect())
        .unwrap_or_default()
}

/// Removes a group and those below it as far as nobody is in them.
pub fn remove(group: &Path) {
    remove_below(group, DEEPEST);
}

/// Makes a group; that there is one already is fine.
pub(super) fn make(group: &Path) -> io::Result<()> {
    match fs::create_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Moves the calling process into a group.
pub(super) fn enter(group: &Path) -> io::Result<()> {
    fs::write(group.join("cgroup.procs"), "0")
}

/// Forks; the child is in the group from its first instruction on. Moving it
/// there afterwards keeps it waiting until every processor has come by (10 ms,
/// measured).
///
/// # Safety
/// The calling process must have a single thread. The child may only make
/// system calls, allocate and execute: the C library does not know that it is
/// another process.
pub(super) unsafe fn fork_into(group: &Path) -> io::Result<ForkResult> {
    let group = fs::File::open(group)?;
    // SAFETY: numbers, of which zero says that nothing is wanted.
    let mut wanted: libc::clone_args = unsafe { std::mem::zeroed() };
    wanted.flags = INTO_CGROUP;
    wanted.exit_signal = u64::from(libc::SIGCHLD.unsigned_abs());
    wanted.cgroup = u64::from(group.as_raw_fd().unsigned_abs());
    // SAFETY: the kernel reads that many bytes of it; the memory is copied, as a
    // fork does.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const wanted, size_of_val(&wanted)) };
    match i32::try_from(Errno::result(pid)?) {
        Ok(0) => Ok(ForkResult::Child),
        Ok(child) => Ok(ForkResult::Parent { child: nix::unistd::Pid::from_raw(child) }),
        Err(_) => Err(io::ErrorKind::Other.into()),
    }
}

/// Kills everything in a group and below it at once, whatever forks meanwhile.
pub(super) fn kill(group: &Path) -> io::Result<()> {
    fs::write(group.join("cgroup.kill"), "1")
}

fn remove_below(group: &Path, deep: usize) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if deep > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path(), deep - 1);
        }
    }
    // One that somebody is in stays, and is of no harm.
    let _ = fs::remove_dir(group);
}

fn name_of(marker: Marker) -> String {
    format!("{PREFIX}{:016x}", marker.bits())
}

fn marker_of(name: &str) -> Option<Marker> {
    let digits = name.strip_prefix(PREFIX).filter(|digits| digits.len() == 16)?;
    Marker::from_limit(u64::from_str_radix(digits, 16).ok()?)
}

/// The directory of the group that we are in.
fn own() -> Option<PathBuf> {
    let text = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let place = place(&text)?;
    mounts.lines().find_map(|line| mounted_at(line, place))
}

/// The path in the hierarchy of version 2, which has the number 0 and no name.
fn place(text: &str) -> Option<&Path> {
    text.lines().find_map(|line| line.strip_prefix("0::")).map(Path::new)
}

/// Where a line of `mountinfo` shows that place, if it mounts the hierarchy.
fn mounted_at(line: &str, place: &Path) -> Option<PathBuf> {
    let (mount, kind) = line.split_once(" - ")?;
    if kind.split(' ').next() != Some("cgroup2") {
        return None;
    }
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    // Blanks are written as `\040`; nobody mounts it at such a place.
    let below = place.strip_prefix(root).ok()?;
    Some(Path::new(point).join(below)).filter(|path| path.is_dir())
}

fn may_write(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RunId;
    use crate::os::marker::ProjectKey;

    fn marker(run: u128) -> Marker {
        Marker::new(ProjectKey::of(Path::new("/")).unwrap(), RunId::from_bits(run))
    }

    #[test]
    fn a_name_says_whose_it_is() {
        let (ours, other) = (marker(1), marker(2));
        let group = Path::new("/sys/fs/cgroup/user.slice").join(name_of(ours));
        assert!(is_named_after(&group, ours) && !is_named_after(&group, other));
        assert!(!is_named_after(Path::new("/sys/fs/cgroup/user.slice"), ours));
        assert_eq!(marker_of(&name_of(ours)), Some(ours));
        for name in ["devsup-", "devsup-0", "devsup-zzzzzzzzzzzzzzzz", "user.slice"] {
            assert_eq!(marker_of(name), None, "{name}");
        }
    }

    #[test]
    fn the_place_is_found_whatever_else_is_mounted() {
        let text = "4:memory:/box\n0::/user.slice/a.scope\n";
        assert_eq!(place(text), Some(Path::new("/user.slice/a.scope")));
        assert_eq!(place("4:memory:/box\n"), None);
        let old = "36 31 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids";
        assert_eq!(mounted_at(old, Path::new("/")), None);
        let new = "41 31 0:38 / / rw shared:1 - cgroup2 cgroup2 rw";
        assert_eq!(mounted_at(new, Path::new("/usr")), Some("/usr".into()));
        let inner = "41 31 0:38 /box / rw - cgroup2 cgroup2 rw";
        assert_eq!(mounted_at(inner, Path::new("/box/usr")), Some("/usr".into()));
        assert_eq!(mounted_at(inner, Path::new("/elsewhere")), None);
    }
}
