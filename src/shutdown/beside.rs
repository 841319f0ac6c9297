//! The same processes for one place after the other: what was read of them for
//! one is not read again for the next. To show them, never to kill.

use super::scan::{Facts, Table, look};
use super::scope::Scope;

/// The processes of a look, for another place. Whoever says whose it is, and
/// that it is somebody else's, is taken as it was read.
pub fn look_beside(table: &Table, scope: &Scope) -> Table {
    let again = |facts: &Facts| {
        if is_anothers(facts, scope) {
            let read = facts.clone();
            return Some(Facts { grouped: false, locks: Vec::new(), ..read });
        }
        // One that can't be looked at now could have been before, so it is gone
        // or has changed its user.
        look(facts.pid(), scope).ok().flatten()
    };
    Table::of(table.iter().filter_map(again))
}

fn is_anothers(facts: &Facts, scope: &Scope) -> bool {
    let told = facts.instance.is_some() && !facts.chain.is_empty();
    told && facts.marker.is_some_and(|marker| !scope.wants_marker(marker))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Pid, RunId};
    use crate::os::marker::{Marker, ProjectKey};
    use crate::os::process::own_pid;
    use std::io;
    use std::path::Path;

    /// Somebody with a number that no process has, so that who is read again is gone.
    fn gone(number: i32, marker: Option<Marker>, scope: &Scope) -> io::Result<Facts> {
        let none = || io::Error::other("can't look at ourselves");
        let own = own_pid().ok_or_else(none)?;
        let facts = look(own, scope)?.ok_or_else(none)?;
        let mut identity = facts.identity;
        identity.pid = Pid::new(number).ok_or_else(none)?;
        let (chain, instance) = (vec![RunId::from_bits(1)], Some("web".to_owned()));
        Ok(Facts { identity, marker, chain, instance, grouped: true, ..facts })
    }

    #[test]
    fn only_what_says_that_it_is_somebody_elses_is_not_read_again() -> io::Result<()> {
        const FIRST: i32 = i32::MAX - 5;
        let root = tempfile::tempdir()?;
        let scope = Scope::of_project(root.path(), None, Vec::new())?;
        let worn =
            |root: &Path| ProjectKey::of(root).map(|key| Marker::new(key, RunId::from_bits(1)));
        let (ours, theirs) = (worn(root.path())?, worn(Path::new("/"))?);
        let silent = Facts { instance: None, ..gone(FIRST + 3, Some(theirs), &scope)? };
        let table = Table::of([
            gone(FIRST, None, &scope)?,
            gone(FIRST + 1, Some(ours), &scope)?,
            gone(FIRST + 2, Some(theirs), &scope)?,
            silent,
        ]);
        let beside = look_beside(&table, &scope);
        let left: Vec<i32> = beside.iter().map(|facts| facts.pid().raw()).collect();
        assert_eq!(left, [FIRST + 2]);
        assert!(beside.iter().all(|facts| !facts.grouped), "that was said of the other place");
        Ok(())
    }
}
