//! Ctrl-C during a stop means impatience, never an end in the middle: what is
//! frozen at that moment would stay frozen.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often somebody has lost patience.
#[derive(Debug, Default)]
pub struct Signals {
    caught: Arc<AtomicBool>,
    count: Cell<usize>,
}

impl Signals {
    /// Catches them from now on. Where that fails they end us, as usual.
    pub fn catch() -> Self {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let _usual = signal_hook::flag::register(signal, Arc::clone(&signals.caught));
        }
        signals
    }

    /// How many were seen so far; those that come between two looks are one.
    pub fn count(&self) -> usize {
        if self.caught.swap(false, Ordering::Relaxed) {
            self.count.set(self.count.get() + 1);
        }
        self.count.get()
    }
}
