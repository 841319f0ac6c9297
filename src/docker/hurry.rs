//! How long the end of all containers may take, and who may cut it short. It
//! knows neither signals nor engines.

use crate::model::Haste;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Kept back from the time for all, for killing and removing what did not stop.
const RESERVE: Duration = Duration::from_secs(5);

/// A bell that another thread may ring to have containers killed instead of
/// waited for. All clones are the same bell; rung once, it stays rung.
#[derive(Debug, Clone, Default)]
pub struct Hurry(watch::Sender<bool>);

impl Hurry {
    /// Rings it. May be called from any thread, but not from a signal handler.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    async fn asked(&self) {
        // The channel can't close while `self` holds its sender.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }

    /// Whether somebody has rung it.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        *self.0.borrow()
    }
}

/// The moments that bound the work.
#[derive(Debug)]
pub(super) struct Limits {
    hurry: Hurry,
    /// From here on nothing is waited for any more.
    kill_at: Instant,
    /// Here everything ends, done or not.
    end_at: Instant,
}

impl Limits {
    /// Bounds the work to `deadline` from now on.
    pub fn new(hurry: Hurry, deadline: Duration) -> Self {
        let now = Instant::now();
        let reserve = RESERVE.min(deadline / 2);
        Self { hurry, kill_at: now + deadline.saturating_sub(reserve), end_at: now + deadline }
    }

    /// Returns once there is no more time to be polite, and says why.
    pub async fn haste(&self) -> Haste {
        tokio::select! {
            () = self.hurry.asked() => Haste::Asked,
            () = sleep_until(self.kill_at) => Haste::Deadline,
        }
    }

    /// Whether that moment has come.
    pub fn is_urgent(&self) -> bool {
        self.hurry.was_asked() || Instant::now() >= self.kill_at
    }

    /// What a removal may take: the time that is left, and only a part of it
    /// when somebody waits for the end with a finger on the key.
    pub fn for_removal(&self) -> Duration {
        let left = self.end_at.saturating_duration_since(Instant::now());
        if self.hurry.was_asked() { left.min(RESERVE) } else { left }
    }

    /// What a question may take.
    pub fn for_answer(&self, usual: Duration) -> Duration {
        usual.min(self.end_at.saturating_duration_since(Instant::now()))
    }
}
