//! The table itself, section by section.

use super::Default::{None, Required, Value, Words};
use super::process_compose::{AVAILABILITY, PROBE, SERVICE_SHUTDOWN};
use super::{Key, Section, Shape, Tool};

/// A key of devsup's own.
pub(super) const fn key(
    name: &'static str,
    shape: Shape,
    default: super::Default,
    about: &'static str,
) -> Key {
    Key { name, aliases: &[], shape, default, about, word_of: Tool::Devsup }
}

/// The same with other names.
const fn alias(mut key: Key, aliases: &'static [&'static str]) -> Key {
    key.aliases = aliases;
    key
}

/// A key that only process-compose has.
const fn foreign(name: &'static str, shape: Shape, about: &'static str) -> Key {
    let word_of = Tool::ProcessCompose;
    Key { name, aliases: &[], shape, default: None, about, word_of }
}

/// The top level of the file.
pub static PROJECT: Section = Section {
    id: "project",
    about: "the top level of the file",
    keys: &[
        key(
            "name",
            Shape::Text,
            Words("the name of the file's directory"),
            "What the project is called",
        ),
        key(
            "env_file",
            ENV_FILES,
            Words("`.env` beside the first config file, if it is there"),
            "Files of variables for all services and for the references in this file. An empty list reads none",
        ),
        alias(
            key(
                "environment",
                Shape::Variables(&VARIABLE),
                None,
                "Variables of all services. They win over the operating system's and over `env_file`",
            ),
            &["env"],
        ),
        alias(
            key(
                "services",
                Shape::Named(&SERVICE),
                None,
                "What is started, in the order of the stream",
            ),
            &["processes"],
        ),
        key(
            "compose",
            Shape::Either(&[Shape::Path, Shape::Map(&COMPOSE)]),
            None,
            "Containers that belong to the project. A path alone is its `file`",
        ),
        key("shutdown", Shape::Map(&SHUTDOWN), None, "Rules of the stop for the whole project"),
        key("version", Shape::Ignored, None, "Passed over, since files of other tools have it"),
    ],
};

const ENV_FILES: Shape = Shape::List(&Shape::Either(&[Shape::Path, Shape::Map(&ENV_FILE)]));

/// A service.
pub static SERVICE: Section = Section {
    id: "service",
    about: "one entry of `services`; its name has letters, digits, `_`, `.` and `-`",
    keys: &[
        key(
            "command",
            Shape::Command,
            Required,
            "What is run. Text goes through `/bin/sh -c`, which follows its references to variables; a list runs without a shell, and devsup follows them",
        ),
        alias(
            key("working_dir", Shape::Path, Words("the directory of the file"), "Where it is run"),
            &["cwd", "dir"],
        ),
        alias(
            key(
                "environment",
                Shape::Variables(&VARIABLE),
                None,
                "Its own variables. They win over all others",
            ),
            &["env"],
        ),
        key(
            "env_file",
            ENV_FILES,
            None,
            "Files of variables for this service. They win over the project's",
        ),
        key(
            "port",
            Shape::Either(&[Shape::Port, Shape::Words(&["auto"]), Shape::Map(&PORT)]),
            None,
            "The port it listens on; its `PORT`. It is checked before the start and after the stop. `auto` has a free one chosen. Each further copy gets the next one",
        ),
        key(
            "depends_on",
            Shape::Dependencies(&DEPENDENCY),
            None,
            "What must be there before it is started",
        ),
        key("healthcheck", Shape::Map(&HEALTHCHECK), None, "How its health is found out"),
        key(
            "restart",
            Shape::Either(&[Shape::Policy, Shape::Map(&RESTART)]),
            Words("`no`; with a `healthcheck`, `on-failure:3`"),
            "Whether it is started again after it ended or became unhealthy: `no`, `always`, `on-failure`, `on-failure:3` (at most three times in a row) or `unless-stopped`. The end of a Procfile's entry stops all and starts nothing again",
        ),
        key(
            "startup_timeout",
            Shape::Duration,
            Value("30s"),
            "How long it may take to become healthy, from its start; a longer `start_period` counts instead. Whoever is late is unhealthy",
        ),
        alias(
            key("replicas", Shape::Whole(0, 1000), Value("1"), "How many copies are started"),
            &["scale"],
        ),
        key("autostart", Shape::Switch, Value("true"), "`false`: only started when it is named"),
        key(
            "profiles",
            Shape::List(&Shape::Text),
            None,
            "With any, it is only started when one of them is asked for with `--profile`",
        ),
        alias(
            key("tags", Shape::List(&Shape::Text), None, "Free words to select it by with `--tag`"),
            &["namespace"],
        ),
        key("stop_signal", Shape::Signal, Value("SIGTERM"), "The signal that asks it to stop"),
        key(
            "stop_grace_period",
            Shape::Duration,
            Words("`shutdown.grace`"),
            "How long it and all it started may take to stop before they are killed",
        ),
        key("stop_command", Shape::ShellLine, None, "A command that is run instead of the signal"),
        key(
            "success_exit_codes",
            Shape::List(&Shape::Whole(0, 255)),
            Value("[0]"),
            "Exit statuses that mean success",
        ),
        alias(
            key(
                "forking",
                Shape::Switch,
                Value("false"),
                "It puts itself into the background: what it leaves behind is the service",
            ),
            &["is_daemon"],
        ),
        alias(
            key(
                "tty",
                Shape::Either(&[Shape::Words(&["auto"]), Shape::Switch]),
                Value("auto"),
                "Whether it gets a terminal. `auto`: when devsup itself has one",
            ),
            &["is_tty"],
        ),
        alias(
            key(
                "stdin_open",
                Shape::Switch,
                Value("false"),
                "Whether its standard input can be written to",
            ),
            &["is_interactive"],
        ),
        key("log", Shape::Map(&LOG), None, "Where its output is kept"),
        foreign("disabled", Shape::Switch, "The opposite of `autostart`"),
        foreign("log_location", Shape::Path, "The same as `log.file`"),
        foreign("readiness_probe", Shape::Map(&PROBE), "Another way to write `healthcheck`"),
        foreign("liveness_probe", Shape::Map(&PROBE), "Another way to write `healthcheck`"),
        foreign(
            "ready_log_line",
            Shape::Text,
            "Another way to write `healthcheck: {log: …}`, as plain text",
        ),
        foreign("availability", Shape::Map(&AVAILABILITY), "Another way to write `restart`"),
        foreign(
            "shutdown",
            Shape::Map(&SERVICE_SHUTDOWN),
            "Another way to write `stop_signal`, `stop_grace_period` and `stop_command`",
        ),
    ],
};

/// A variable that is more than a text.
pub static VARIABLE: Section = Section {
    id: "variable",
    about: "a variable that is more than its value",
    keys: &[
        key("value", Shape::Text, Words("what is set outside is passed on"), "Its value"),
        key(
            "secret",
            Shape::Switch,
            Words("`true` for the names `*_TOKEN`, `*_SECRET`, `*_KEY` and `*PASSWORD*`"),
            "Whether its value is masked in every output",
        ),
    ],
};

/// A file of variables.
pub static ENV_FILE: Section = Section {
    id: "env_file",
    about: "a file of variables that may be absent",
    keys: &[
        key("path", Shape::Path, Required, "Where it lies"),
        key("required", Shape::Switch, Value("true"), "Whether its absence is a mistake"),
    ],
};

/// The long form of `port`.
pub static PORT: Section = Section {
    id: "port",
    about: "the long forms of `port`: `{expect: 8080, bump: true}` or `{base: 5000}`",
    keys: &[
        key("expect", Shape::Port, None, "The wished port"),
        key(
            "bump",
            Shape::Switch,
            Value("false"),
            "Whether the next free port will do when `expect` is taken",
        ),
        key(
            "base",
            Shape::Port,
            None,
            "Set as `PORT`, one more for each further copy, but promised by nobody: neither checked before the start nor after the stop. This is what the entries of a Procfile have",
        ),
    ],
};

/// An edge of `depends_on`.
pub static DEPENDENCY: Section = Section {
    id: "dependency",
    about: "one entry of `depends_on`",
    keys: &[
        key(
            "condition",
            Shape::Words(&[
                "service_started",
                "service_healthy",
                "service_completed",
                "service_completed_successfully",
                "process_started",
                "process_healthy",
                "process_log_ready",
                "process_completed",
                "process_completed_successfully",
            ]),
            Value("service_started"),
            "When it counts as there. The words with `process` mean the same as those with `service`",
        ),
        key(
            "required",
            Shape::Switch,
            Value("true"),
            "`false`: it does not matter if it is missing or fails",
        ),
        key(
            "restart",
            Shape::Switch,
            Value("false"),
            "Whether this service is started again when the other one is. Without it, it goes on",
        ),
    ],
};

/// A health check.
pub static HEALTHCHECK: Section = Section {
    id: "healthcheck",
    about: "one of the five probes `unix`, `tcp`, `http`, `test` and `log`, and its times",
    keys: &[
        key(
            "unix",
            Shape::Path,
            None,
            "A unix socket that must take a connection. One that a killed run left is removed before the start. The service is told its path as `SOCKET_PATH`",
        ),
        key(
            "tcp",
            Shape::Address,
            None,
            "An address that must take a connection; a port alone is asked on 127.0.0.1 and [::1]",
        ),
        key(
            "http",
            Shape::Either(&[Shape::Url, Shape::Map(&HTTP)]),
            None,
            "A page that must be answered well",
        ),
        key(
            "test",
            Shape::Test,
            None,
            "A command that must end with 0: text for the shell, `[CMD, program, argument]`, `[CMD-SHELL, text]`, or `[NONE]` for no check. It has the environment and directory of the service",
        ),
        key("log", Shape::Pattern, None, "What a line of its output must match, once"),
        key("interval", Shape::Duration, Value("30s"), "Time between probes, once it is healthy"),
        key(
            "timeout",
            Shape::Duration,
            Value("5s"),
            "Time a probe may take. A command is then killed with all it started",
        ),
        key(
            "retries",
            Shape::Whole(1, 1_000_000),
            Value("3"),
            "Bad answers in a row that mean unhealthy, once it was healthy",
        ),
        key(
            "start_period",
            Shape::Duration,
            Value("0s"),
            "Failures this long after the start do not count",
        ),
        key(
            "start_interval",
            Shape::Duration,
            Value("250ms"),
            "Time between probes until it is healthy",
        ),
        key("disable", Shape::Switch, Value("false"), "Whether there is no check after all"),
    ],
};

/// The long form of an HTTP probe.
pub static HTTP: Section = Section {
    id: "http",
    about: "the long form of `healthcheck.http`",
    keys: &[
        key("url", Shape::Url, Required, "What is asked for"),
        key(
            "status",
            Shape::List(&Shape::Whole(100, 599)),
            Words("any from 200 to 399"),
            "Status codes that mean healthy",
        ),
        key("headers", Shape::Pairs, None, "Headers that are sent along"),
        key("body", Shape::Pattern, None, "What the body must match"),
    ],
};

/// The long form of `restart`.
pub static RESTART: Section = Section {
    id: "restart",
    about: "the long form of `restart`",
    keys: &[
        key("policy", Shape::Policy, Required, "When it is started again"),
        key(
            "max",
            Shape::Whole(0, 1_000_000),
            Words("without limit"),
            "At most this often in a row; then it has failed",
        ),
        key("delay", Shape::Duration, Value("5s"), "Pause before it is started again"),
        key("backoff", Shape::Factor, Value("1"), "Factor by which the pause grows each time"),
        key(
            "window",
            Shape::Duration,
            Value("1m"),
            "After running (with a `healthcheck`: being healthy) this long, the count starts anew",
        ),
    ],
};

/// Where output is kept.
pub static LOG: Section = Section {
    id: "log",
    about: "where the output of a service is kept",
    keys: &[
        key("file", Shape::Path, Words("`.pids/logs/NAME.log`"), "The file"),
        key("max_size", Shape::Size, Value("10MB"), "Size at which a new file is begun"),
        key(
            "max_files",
            Shape::Whole(1, 10_000),
            Value("5"),
            "Files that are kept, the current one included",
        ),
    ],
};

/// Containers.
pub static COMPOSE: Section = Section {
    id: "compose",
    about: "containers that belong to the project",
    keys: &[
        key("file", Shape::Path, Words("the compose file beside this file"), "Their file"),
        key(
            "project",
            Shape::Text,
            Words("what compose makes of it"),
            "Compose's name of the project",
        ),
        key("profiles", Shape::List(&Shape::Text), None, "Compose's profiles to enable"),
        key("start", Shape::Switch, Value("true"), "Whether `up` starts them"),
        key("down", Shape::Map(&COMPOSE_DOWN), None, "How `down` takes them down"),
    ],
};

/// How containers are taken down.
pub static COMPOSE_DOWN: Section = Section {
    id: "compose_down",
    about: "how containers are taken down",
    keys: &[key("volumes", Shape::Switch, Value("false"), "Whether their volumes are removed too")],
};

/// Rules of the stop.
pub static SHUTDOWN: Section = Section {
    id: "shutdown",
    about: "rules of the stop for the whole project",
    keys: &[
        key(
            "grace",
            Shape::Duration,
            Value("3s"),
            "The grace of services without a `stop_grace_period`",
        ),
        key(
            "patterns",
            Shape::List(&Shape::Pattern),
            Words("a few for development servers and test runners, always"),
            "What the arguments of a process, joined by spaces, must match to be looked at as a stray",
        ),
        key("protect", Shape::List(&Shape::Text), None, "What no pattern may hit"),
        key(
            "keep",
            Shape::List(&Shape::Text),
            None,
            "Programs (a path or a file's name) that are left alive with all below them",
        ),
    ],
};
