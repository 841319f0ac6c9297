//! How much memory this machine has left.

use sysinfo::{MemoryRefreshKind, System};

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What can be had without swapping.
    pub available: u64,
    /// All there is.
    pub total: u64,
}

/// What there is now; `None` where that can't be told.
pub fn memory() -> Option<Memory> {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let found = Memory { available: system.available_memory(), total: system.total_memory() };
    (found.total > 0).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_some() {
        let found = memory().expect("it can be told");
        assert!(found.available > 0 && found.available <= found.total);
    }
}
