//! The number that every descendant of a service carries: its soft
//! `RLIMIT_LOCKS`. The kernel has ignored that limit since 2.4.25, yet it is
//! 64 bits wide, inherited over fork and exec, and nothing but PAM resets it.
//! It can be read of processes whose environment, directory and descriptors
//! can't.
//!
//! 62 bits: a tag of 14 by which the number is recognised, 26 from the
//! project, 22 from the run. So a sweep knows any run of a project without a
//! ledger.

use crate::model::{Pid, RunId};
use nix::libc;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const TAG: u64 = 0x2DE5;
const KEY_BITS: u32 = 26;
const RUN_BITS: u32 = 22;

/// What is the same for every run of a project by this user: made of device
/// and inode of its root and of the user's id, so that it stays when the
/// directory is renamed and differs for a second checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectKey(u32);

impl ProjectKey {
    /// The key of the project in this directory. Errors: the directory can't
    /// be looked at.
    pub fn of(root: &Path) -> io::Result<Self> {
        let meta = std::fs::metadata(root)?;
        Ok(Self::of_parts(meta.dev(), meta.ino(), super::peer::own_uid()))
    }

    fn of_parts(device: u64, inode: u64, uid: u32) -> Self {
        let mixed = mix(mix(mix(device) ^ inode) ^ u64::from(uid));
        Self(low_bits(mixed, KEY_BITS))
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07x}", self.0)
    }
}

/// The marker of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Marker {
    project: ProjectKey,
    run: u32,
}

impl Marker {
    /// The marker of a run of a project.
    pub fn new(project: ProjectKey, run: RunId) -> Self {
        Self { project, run: run_part(run) }
    }

    /// The number to set.
    pub fn bits(self) -> u64 {
        let key = u64::from(self.project.0) << RUN_BITS;
        (TAG << (KEY_BITS + RUN_BITS)) | key | u64::from(self.run)
    }

    /// Reads a limit back; `None` for a number that is no marker.
    pub fn from_limit(limit: u64) -> Option<Self> {
        let project = ProjectKey(low_bits(limit >> RUN_BITS, KEY_BITS));
        let tagged = limit >> (KEY_BITS + RUN_BITS) == TAG;
        tagged.then_some(Self { project, run: low_bits(limit, RUN_BITS) })
    }

    /// Which project it marks.
    pub fn project(self) -> ProjectKey {
        self.project
    }

    /// Whether it can be the marker of that run: 22 bits of it are compared.
    pub fn is_of(self, run: RunId) -> bool {
        self.run == run_part(run)
    }

    /// Sets it on the calling process. Called in a service's own process only,
    /// between fork and exec: it allocates nothing and takes no lock. Fails
    /// where the hard limit is lower; the other markers then have to do.
    pub fn wear(self) -> io::Result<()> {
        let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: pid 0 is ourselves, nothing is set, and the result goes to a
        // live rlimit64.
        let read = unsafe { libc::prlimit64(0, RLIMIT_LOCKS, std::ptr::null(), &raw mut limit) };
        limit.rlim_cur = self.bits();
        // SAFETY: as above, the other way round.
        let set =
            unsafe { libc::prlimit64(0, RLIMIT_LOCKS, &raw const limit, std::ptr::null_mut()) };
        if read == 0 && set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The marker a process wears; `None`: none, or no such process.
    pub fn of_process(pid: Pid) -> Option<Self> {
        let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: nothing is set, and the result goes to a live rlimit64.
        let read =
            unsafe { libc::prlimit64(pid.raw(), RLIMIT_LOCKS, std::ptr::null(), &raw mut limit) };
        if read == 0 {
            return Self::from_limit(limit.rlim_cur);
        }
        // A process of another user, or one that changed its user: the call is
        // refused, the file is not.
        let refused = io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
        refused.then(|| from_limits_file(pid))?
    }
}

/// Takes off whatever marker the calling process wears. As careful as
/// [`Marker::wear`].
pub(super) fn take_off() {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: pid 0 is ourselves, and both limits are live.
    unsafe {
        if libc::prlimit64(0, RLIMIT_LOCKS, std::ptr::null(), &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::prlimit64(0, RLIMIT_LOCKS, &raw const limit, std::ptr::null_mut());
        }
    }
}

/// Has a command wear a marker once it runs.
#[cfg(test)]
pub fn dress(command: &mut std::process::Command, marker: Marker) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec only two system calls are made.
    unsafe { command.pre_exec(move || marker.wear()) };
}

#[cfg(target_env = "gnu")]
const RLIMIT_LOCKS: libc::__rlimit_resource_t = libc::RLIMIT_LOCKS;
#[cfg(not(target_env = "gnu"))]
const RLIMIT_LOCKS: libc::c_int = libc::RLIMIT_LOCKS;

fn from_limits_file(pid: Pid) -> Option<Marker> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max file locks"))?;
    Marker::from_limit(line.split_whitespace().next()?.parse().ok()?)
}

fn run_part(run: RunId) -> u32 {
    low_bits(u64::try_from(run.bits() & u128::from(u64::MAX)).unwrap_or(0), RUN_BITS)
}

fn low_bits(number: u64, bits: u32) -> u32 {
    u32::try_from(number & ((1 << bits) - 1)).unwrap_or(0)
}

/// The finaliser of splitmix64. The standard hasher may change from one
/// release of the compiler to the next, and this must not.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_survives_the_round_trip_and_stays_below_infinity() {
        let project = ProjectKey::of_parts(1, 2, 3);
        let run = RunId::from_bits(u128::MAX - 5);
        let marker = Marker::new(project, run);
        assert_eq!(Marker::from_limit(marker.bits()), Some(marker));
        assert!(marker.bits() < 1 << 62);
        assert_eq!(marker.project(), project);
        assert!(marker.is_of(run) && !marker.is_of(RunId::from_bits(7)));
    }

    #[test]
    fn ordinary_limits_are_no_markers() {
        for limit in [0, 1, 1024, u64::MAX, u64::MAX >> 1, 1 << 62] {
            assert_eq!(Marker::from_limit(limit), None, "{limit}");
        }
    }

    #[test]
    fn a_child_wears_it_whatever_it_clears_and_we_do_not() -> io::Result<()> {
        let marker = Marker::new(ProjectKey(5), RunId::from_bits(9));
        let mut command = std::process::Command::new("env");
        dress(command.args(["-i", "/bin/sleep", "1000"]), marker);
        let mut child = command.spawn()?;
        let pid = Pid::new(child.id().cast_signed());
        let worn = pid.and_then(Marker::of_process);
        let from_file = pid.and_then(from_limits_file);
        child.kill()?;
        child.wait()?;
        assert_eq!((worn, from_file), (Some(marker), Some(marker)));
        assert_eq!(super::super::process::own_pid().and_then(Marker::of_process), None);
        Ok(())
    }

    #[test]
    fn directories_and_users_have_keys_of_their_own() {
        let keys = [(1, 2, 3), (2, 1, 3), (1, 2, 4), (1, 3, 3)]
            .map(|(device, inode, uid)| ProjectKey::of_parts(device, inode, uid));
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key));
        }
    }
}
