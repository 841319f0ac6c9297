//! Waiting for conditions. A time appears here as a safety net alone.

use std::time::{Duration, Instant};

/// Long past anything that works, even on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const TICK: Duration = Duration::from_millis(3);

/// Looks until there is an answer, and fails the test when there never is.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(TICK);
    }
}

/// Looks until it is so.
pub fn until_so(what: &str, mut so: impl FnMut() -> bool) {
    until(what, || so().then_some(()));
}
