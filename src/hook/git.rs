//! A git hook: a shell script, whose first lines we become.

use super::{COMMAND, Refusal, block};

const SHELLS: [&str; 5] = ["sh", "bash", "dash", "zsh", "ksh"];
const FRESH: &str = "#!/bin/sh\n";

fn lines() -> String {
    format!("{COMMAND} || exit")
}

pub(super) fn snippet() -> String {
    format!("{FRESH}{}\n", block::marked(&lines()))
}

pub(super) fn install(text: Option<&str>) -> Result<String, Refusal> {
    let text = text.unwrap_or(FRESH);
    if block::is_in(text) {
        return Ok(text.to_owned());
    }
    let first = text.lines().next().unwrap_or_default();
    if !is_shell(first) {
        let hint = format!("run `{COMMAND}` where it begins");
        return Err(Refusal::new("the hook is no shell script", hint));
    }
    let text = if text.contains('\n') { text.to_owned() } else { format!("{text}\n") };
    let at = if first.starts_with("#!") { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
    Ok(block::insert(&text, at, &lines()))
}

/// Git runs a script without a first line of that kind by the shell, too.
fn is_shell(first: &str) -> bool {
    let Some(interpreter) = first.strip_prefix("#!") else { return true };
    let words = interpreter.split_whitespace().take(2);
    words.filter_map(|word| word.rsplit('/').next()).any(|name| SHELLS.contains(&name))
}

pub(super) fn uninstall(text: &str) -> Option<String> {
    let rest = block::cut_inserted(text);
    (rest != FRESH || rest == text).then_some(rest)
}
