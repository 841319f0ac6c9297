//! Two stops at once.

use crate::ledger::{self, Location};
use crate::model::{Report, Verdict};
use crate::os::lock::{self, Locked};
use crate::ui::stop::Screen;
use jiff::Timestamp;

/// Of two stops at once one works and the other waits for its turn.
pub(super) struct Turn {
    lock: Option<Locked>,
    /// When we began to wait, if we had to.
    waited_since: Option<Timestamp>,
}

impl Turn {
    pub(super) fn wait_for(location: &Location, screen: &mut Screen, only_looks: bool) -> Self {
        let path = location.down_lock();
        let none = Self { lock: None, waited_since: None };
        if only_looks {
            return none;
        }
        match lock::try_lock(&path) {
            Ok(Some(lock)) => Self { lock: Some(lock), ..none },
            Ok(None) => {
                screen.say("another `devsup down` is at work here; waiting for it");
                let waited_since = Some(Timestamp::now());
                Self { lock: lock::lock(&path).ok(), waited_since }
            }
            // A directory that can't be written: two at once do no harm.
            Err(_) => none,
        }
    }

    /// Who waited and then found nothing gives the verdict of the other one.
    pub(super) fn verdict(self, location: &Location, own: Report) -> Report {
        let other = self.waited_since.and_then(|since| {
            let (at, report) = ledger::last_report(location)?;
            (at >= since && own.verdict == Verdict::Nothing).then_some(report)
        });
        if self.lock.is_some() {
            let _stays = std::fs::remove_file(location.down_lock());
        }
        other.unwrap_or(own)
    }
}
