//! A line of a log.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A line that a service wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogLine<'a> {
    /// Version of this form, 1.
    pub version: u32,
    /// When, RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub time: Cow<'a, str>,
    /// The declared service.
    pub service: Cow<'a, str>,
    /// Which copy of it.
    pub instance: Cow<'a, str>,
    /// `stdout` or `stderr`; a terminal is `stdout`. `devsup` where lines are
    /// missing, which `line` says.
    pub stream: Cow<'a, str>,
    /// Without colours, bytes that are no UTF-8 replaced.
    pub line: Cow<'a, str>,
    /// Whether the line goes on in the next one of this stream.
    pub partial: bool,
    /// The place behind this line in the log of its instance. Those of several
    /// instances, joined by commas, are a cursor of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cow<'a, str>>,
}
