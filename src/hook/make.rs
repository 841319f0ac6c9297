//! make: a prerequisite of the target `test`.

use super::{COMMAND, Refusal, block};

fn lines(colons: &str) -> String {
    format!("test{colons} devsup-clean\n.PHONY: devsup-clean\ndevsup-clean:\n\t@{COMMAND}")
}

pub(super) fn snippet() -> String {
    lines(":") + "\n"
}

pub(super) fn install(text: &str) -> Result<String, Refusal> {
    if block::is_in(text) {
        return Ok(text.to_owned());
    }
    let colons = text.lines().find_map(rule).ok_or_else(|| {
        let hint = format!("run `{COMMAND}` first in the target that runs your tests");
        Refusal::new("the Makefile has no target `test`", hint)
    })?;
    Ok(block::append(text, &lines(colons)))
}

/// The colons of a line that is a rule for `test`. A file must not mix rules
/// with one and with two.
fn rule(line: &str) -> Option<&'static str> {
    let (targets, rest) = line.split_once(':')?;
    let is_rule = !line.starts_with(['\t', '#']) && !rest.trim_start_matches(':').starts_with('=');
    let names = targets.split_whitespace().any(|target| target == "test");
    (is_rule && names).then_some(if rest.starts_with(':') { "::" } else { ":" })
}

pub(super) fn uninstall(text: &str) -> String {
    block::cut(text)
}
