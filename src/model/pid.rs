//! Process ids that can be signalled at all.

use std::fmt;

/// A process id greater than 1. The numbers that `kill` treats specially (0,
/// -1, negative groups) and init can't be written in this type.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Pid(i32);

impl Pid {
    /// Takes a raw number; `None` for 1 and below.
    pub const fn new(raw: i32) -> Option<Self> {
        if raw > 1 { Some(Self(raw)) } else { None }
    }

    /// The raw number.
    pub const fn raw(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> serde::Deserialize<'de> for Pid {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = i32::deserialize(from)?;
        Self::new(raw).ok_or_else(|| serde::de::Error::custom("a pid is greater than 1"))
    }
}
