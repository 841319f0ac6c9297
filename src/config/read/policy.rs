//! `restart` and its process-compose form `availability`, `port`, `tty`.

use super::super::diagnostic::{Diagnostic, Spanned};
use super::super::fields::{Foreign, Named, Reader};
use super::super::keys::{AVAILABILITY, PORT, RESTART};
use super::super::scalar::{self, Bad};
use super::super::yaml::Value;
use crate::model::{Port, Restart, RestartPolicy, Tty};
use std::time::Duration;

const DELAY: Duration = Duration::from_secs(5);
const WINDOW: Duration = Duration::from_secs(60);
const POLICIES: &str = "write `no`, `always`, `on-failure`, `on-failure:3` or `unless-stopped`";

/// A policy with nothing else said.
pub fn restart_of(policy: RestartPolicy, max: Option<u32>) -> Restart {
    Restart { policy, max, delay: DELAY, backoff: 1.0, window: WINDOW }
}

/// `restart`: a policy, or `{policy, max, delay, backoff, window}`.
pub fn restart(entry: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Restart>> {
    if !matches!(entry.node.value, Value::Map(_)) {
        let policy = reader.scalar(entry, policy)?;
        return Some(policy.map(|(policy, max)| restart_of(policy, max)));
    }
    let mut fields = reader.fields(entry)?;
    let Some(policy_at) = fields.take(reader, &["policy"]) else {
        return reader.refuse(&entry.node.span, "`restart` has no `policy`", POLICIES);
    };
    let (policy, max) = reader.scalar(policy_at, policy)?.value;
    let mut restart = restart_of(policy, max);
    if let Some(max) =
        fields.take(reader, &["max"]).and_then(|node| reader.number(node, 0, 1_000_000))
    {
        restart.max = Some(max.value);
    }
    if let Some(delay) = fields.take(reader, &["delay"]).and_then(|node| reader.duration(node)) {
        restart.delay = delay.value;
    }
    if let Some(backoff) =
        fields.take(reader, &["backoff"]).and_then(|node| reader.scalar(node, factor))
    {
        restart.backoff = backoff.value;
    }
    if let Some(window) = fields.take(reader, &["window"]).and_then(|node| reader.duration(node)) {
        restart.window = window.value;
    }
    fields.finish(reader, &RESTART, "`restart`", &[]);
    Some(Spanned::new(restart, &policy_at.node.span))
}

const EXITS: Foreign = &[
    ("exit_on_end", "use `devsup up --abort-on-exit`"),
    ("exit_on_skipped", "use `devsup up --abort-on-failure`"),
];

/// `availability: {restart, backoff_seconds, max_restarts}`, where 0 restarts
/// are without limit.
pub fn availability(entry: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Restart>> {
    let mut fields = reader.fields(entry)?;
    let mut span = entry.node.span.clone();
    let mut restart = restart_of(RestartPolicy::No, None);
    if let Some(at) = fields.take(reader, &["restart"]) {
        let (policy, max) = reader.scalar(at, policy)?.value;
        restart = restart_of(policy, max);
        span = at.node.span.clone();
    }
    if let Some(delay) =
        fields.take(reader, &["backoff_seconds"]).and_then(|node| reader.duration(node))
    {
        restart.delay = delay.value;
    }
    let max = fields.take(reader, &["max_restarts"]);
    if let Some(max) = max.and_then(|node| reader.number(node, 0, 1_000_000)) {
        restart.max = Some(max.value).filter(|max| *max > 0);
    }
    fields.finish(reader, &AVAILABILITY, "`availability`", EXITS);
    Some(Spanned::new(restart, &span))
}

/// A policy and its count.
fn policy(text: &str) -> Result<(RestartPolicy, Option<u32>), Bad> {
    let bad =
        |message: &str, hint: &str| Bad { message: message.to_owned(), hint: hint.to_owned() };
    let (word, count) = match text.split_once(':') {
        Some((word, count)) => (word, Some(count)),
        None => (text, None),
    };
    let policy = match word.to_ascii_lowercase().replace('_', "-").as_str() {
        "no" | "false" | "off" | "never" => RestartPolicy::No,
        "always" => RestartPolicy::Always,
        "on-failure" => RestartPolicy::OnFailure,
        "unless-stopped" => RestartPolicy::UnlessStopped,
        "exit-on-failure" => {
            return Err(bad("is no restart policy", "use `devsup up --abort-on-failure`"));
        }
        _ => return Err(bad("is no restart policy", POLICIES)),
    };
    match count {
        None => Ok((policy, None)),
        Some(count) if policy == RestartPolicy::OnFailure => {
            let count = scalar::number(count, 0, 1_000_000);
            let count =
                count.map_err(|_| bad("has no number after the `:`", "write `on-failure:3`"))?;
            Ok((policy, Some(count)))
        }
        Some(_) => Err(bad("has a count", "only `on-failure` takes one, as in `on-failure:3`")),
    }
}

fn factor(text: &str) -> Result<f64, Bad> {
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=100.0).contains(&factor) => Ok(factor),
        _ => Err(Bad {
            message: "is no factor".to_owned(),
            hint: "write a number from 1 (the pause stays) to 100".to_owned(),
        }),
    }
}

/// `port`: a number, `auto`, `{expect, bump}` or `{base}`.
pub fn port(entry: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Port>> {
    if !matches!(entry.node.value, Value::Map(_)) {
        return reader.scalar(entry, |text| match text {
            "auto" => Ok(Port::Auto),
            number => scalar::port(number).map(Port::Fixed),
        });
    }
    let mut fields = reader.fields(entry)?;
    let expect = fields.take(reader, &["expect"]);
    let bump = fields.take(reader, &["bump"]).and_then(|node| reader.switch(node));
    let base = fields.take(reader, &["base"]);
    fields.finish(reader, &PORT, "`port`", &[]);
    if let (Some(base), None) = (base, expect) {
        let port = reader.scalar(base, scalar::port)?;
        return Some(port.map(Port::Procfile));
    }
    if let (Some(base), Some(expect)) = (base, expect) {
        let problem = "`expect` and `base` are both set";
        let said = Diagnostic::error(problem).at(&base.node.span);
        reader.report(said.also(&expect.node.span, "the other").hint("delete one of them"));
        return None;
    }
    let Some(expect) = expect else {
        return reader.refuse(
            &entry.node.span,
            "`port` has no `expect`",
            "write `port: {expect: 8080, bump: true}`",
        );
    };
    let port = reader.scalar(expect, scalar::port)?;
    let bump = bump.is_some_and(|bump| bump.value);
    Some(port.map(|port| Port::Expect { port, bump }))
}

/// `tty`: `auto`, or true or false.
pub fn tty(entry: Named<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Tty>> {
    reader.scalar(entry, |text| match text {
        "auto" => Ok(Tty::Auto),
        other => match scalar::switch(other) {
            Ok(yes) => Ok(if yes { Tty::Yes } else { Tty::No }),
            Err(_) => Err(Bad {
                message: "means nothing here".to_owned(),
                hint: "write `auto`, `true` or `false`".to_owned(),
            }),
        },
    })
}
