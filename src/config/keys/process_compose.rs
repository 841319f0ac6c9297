//! Sections that only process-compose has, understood so that its files can be
//! read.

use super::Default::{None, Required, Value};
use super::table::key;
use super::{Section, Shape};

/// `readiness_probe` and `liveness_probe`.
pub static PROBE: Section = Section {
    id: "probe",
    about: "a probe of process-compose",
    keys: &[
        key("exec", Shape::Map(&EXEC), None, "The same as `healthcheck.test`"),
        key("http_get", Shape::Map(&HTTP_GET), None, "The same as `healthcheck.http`"),
        key("initial_delay_seconds", Shape::Duration, Value("0"), "The same as `start_period`"),
        key("period_seconds", Shape::Duration, Value("30"), "The same as `interval`"),
        key("timeout_seconds", Shape::Duration, Value("5"), "The same as `timeout`"),
        key("failure_threshold", Shape::Whole(1, 1_000_000), Value("3"), "The same as `retries`"),
        key("success_threshold", Shape::Whole(1, 1), Value("1"), "One success is always enough"),
    ],
};

/// A probe by command.
pub static EXEC: Section = Section {
    id: "exec",
    about: "a probe by command",
    keys: &[key("command", Shape::ShellLine, Required, "The command")],
};

/// A probe by HTTP.
pub static HTTP_GET: Section = Section {
    id: "http_get",
    about: "a probe by HTTP",
    keys: &[
        key("scheme", Shape::Words(&["http"]), Value("http"), "How it is asked"),
        key("host", Shape::Text, Value("127.0.0.1"), "Who is asked"),
        key("port", Shape::Port, Value("80"), "On which port"),
        key("path", Shape::Text, Value("/"), "For which page"),
        key("headers", Shape::Pairs, None, "Headers that are sent along"),
        key("status_code", Shape::Whole(100, 599), None, "The status that means healthy"),
    ],
};

/// `availability`.
pub static AVAILABILITY: Section = Section {
    id: "availability",
    about: "restarts in process-compose's words",
    keys: &[
        key("restart", Shape::Policy, Value("no"), "When it is started again"),
        key("backoff_seconds", Shape::Duration, Value("5"), "Pause before it is started again"),
        key(
            "max_restarts",
            Shape::Whole(0, 1_000_000),
            Value("0"),
            "At most this often; 0 is without limit",
        ),
    ],
};

/// `shutdown` of a service.
pub static SERVICE_SHUTDOWN: Section = Section {
    id: "service_shutdown",
    about: "the stop of a service in process-compose's words",
    keys: &[
        key("signal", Shape::Signal, Value("SIGTERM"), "The signal that asks it to stop"),
        key("timeout_seconds", Shape::Duration, None, "How long it may take to stop"),
        key("command", Shape::ShellLine, None, "A command that is run instead of the signal"),
    ],
};
