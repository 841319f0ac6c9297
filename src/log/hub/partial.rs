//! When an unfinished line is shown: not at once, since its rest is mostly on
//! its way, and not while its rest is waiting to be read. It must not know how
//! it is shown.

use super::Mover;
use std::time::{Duration, Instant};

/// The longest wait before a line that grows and grows is shown again.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);

impl Mover {
    /// A prompt that came while the screen was somebody else's is shown now.
    pub(super) fn screen(&mut self, on: bool) {
        self.sink.screen(on);
        for (at, pipe) in self.pipes.iter_mut().enumerate() {
            let Some(pipe) = pipe.as_mut().filter(|pipe| on && !pipe.splitter.pending().is_empty())
            else {
                continue;
            };
            pipe.show = Some(self.clock.now);
            if !self.waiting.contains(&at) {
                self.waiting.push(at);
            }
        }
    }

    /// How long until an unfinished line is to be shown. `None` while there is
    /// none, so that an idle hub is not woken at all.
    pub(super) fn next_partial(&mut self) -> Option<Duration> {
        let pipes = &self.pipes;
        let show = |at: usize| pipes.get(at)?.as_ref()?.show;
        self.waiting.retain(|&at| show(at).is_some());
        let next = self.waiting.iter().filter_map(|&at| show(at)).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// Shows the unfinished lines whose time has come: each once, and again
    /// only if it has grown, after twice the time.
    pub(super) fn show_partials(&mut self) {
        for next in 0..self.waiting.len() {
            let at = self.waiting[next];
            if self.is_due(at) && !self.sink.is_full() {
                // The rest may have come while nothing could be read.
                self.read(at, 1);
            }
            if self.is_due(at) && !self.sink.is_full() {
                self.show_partial(at);
            }
        }
    }

    fn is_due(&self, at: usize) -> bool {
        let show = self.pipes[at].as_ref().and_then(|pipe| pipe.show);
        show.is_some_and(|show| show <= self.clock.now)
    }

    fn show_partial(&mut self, at: usize) {
        let Some(pipe) = self.pipes[at].as_mut() else { return };
        pipe.show = None;
        pipe.patience = (pipe.patience * 2).min(LONGEST_PATIENCE);
        let pending = pipe.splitter.pending();
        if self.secrets.is_empty() {
            return self.sink.partial(pipe.id, pending);
        }
        let settled = &pending[..self.secrets.settled(pending)];
        let masked = self.secrets.mask(settled);
        self.sink.partial(pipe.id, masked.as_deref().unwrap_or(settled));
    }
}
