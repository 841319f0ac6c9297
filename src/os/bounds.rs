//! How many more processes the control groups above us let us have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MOUNT: &str = "/sys/fs/cgroup";

/// A control group with a bound on its processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its directory.
    pub group: PathBuf,
    /// How many more it may have.
    pub room: u64,
    /// How many it may have in all.
    pub most: u64,
}

/// The tightest bound above this process; `None`: there is none, or this
/// kernel has no unified hierarchy.
pub fn tightest() -> io::Result<Option<Bound>> {
    let groups = fs::read_to_string("/proc/self/cgroup")?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    Ok(own.and_then(|own| tightest_above(Path::new(MOUNT), own)))
}

fn tightest_above(mount: &Path, own: &str) -> Option<Bound> {
    let own = mount.join(own);
    let above = own.ancestors().take_while(|group| group.starts_with(mount));
    above.filter_map(bound_of).min_by_key(|bound| bound.room)
}

/// What the group says; one without a bound says `max`.
fn bound_of(group: &Path) -> Option<Bound> {
    let number = |file| fs::read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
    let (most, current) = (number("pids.max")?, number("pids.current")?);
    Some(Bound { group: group.to_owned(), room: most.saturating_sub(current), most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_group_above_counts() {
        let mount = tempfile::tempdir().unwrap();
        let group = mount.path().join("user/session");
        fs::create_dir_all(&group).unwrap();
        let bound = |group: &Path, most: &str, current: &str| {
            fs::write(group.join("pids.max"), most).unwrap();
            fs::write(group.join("pids.current"), current).unwrap();
        };
        bound(&group, "max\n", "3\n");
        let tightest = || tightest_above(mount.path(), "user/session");
        assert_eq!(tightest(), None);
        let user = mount.path().join("user");
        bound(&user, "100\n", "95\n");
        assert_eq!(tightest(), Some(Bound { group: user, room: 5, most: 100 }));
        bound(&group, "4\n", "3\n");
        assert_eq!(tightest().unwrap().room, 1);
    }
}
