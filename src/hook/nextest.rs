//! nextest's setup scripts, in `.config/nextest.toml`. Plain `cargo test` has
//! nothing that runs before it.

use super::{COMMAND, Refusal, block};

const FEATURE: &str = "setup-scripts";

fn lines() -> String {
    format!(
        "[scripts.setup.devsup]\ncommand = \"{COMMAND}\"\n\n[[profile.default.scripts]]\n\
         filter = \"all()\"\nsetup = \"devsup\""
    )
}

fn experimental() -> String {
    format!("experimental = [\"{FEATURE}\"]")
}

pub(super) fn snippet() -> String {
    format!("{}\n\n{}\n", experimental(), lines())
}

/// The switch belongs before the first table, the script behind the last one.
pub(super) fn install(text: &str) -> Result<String, Refusal> {
    if block::is_in(text) {
        return Ok(text.to_owned());
    }
    if text.trim().is_empty() {
        let both = format!("{}\n\n{}", experimental(), lines());
        return Ok(block::append(text, &both));
    }
    match switch(text) {
        Some(on) if on.contains(FEATURE) => Ok(block::append(text, &lines())),
        Some(_) => Err(Refusal::new(
            format!("`experimental` in nextest.toml does not name `{FEATURE}`"),
            format!("add \"{FEATURE}\" to it, then install the hook again"),
        )),
        None => {
            let below = block::append(text, &lines());
            Ok(block::insert(&below, 0, &experimental()))
        }
    }
}

/// The value of `experimental`, up to the first table.
fn switch(text: &str) -> Option<&str> {
    let head = text.find("\n[").map_or(text, |end| &text[..end]);
    let head = if text.starts_with('[') { "" } else { head };
    let at = head.lines().find(|line| line.trim_start().starts_with("experimental"))?;
    let start = at.as_ptr() as usize - head.as_ptr() as usize;
    let value = &head[start..];
    Some(value.find(']').map_or(value, |end| &value[..end]))
}

pub(super) fn uninstall(text: &str) -> String {
    // Where there are two blocks, the first one is the switch.
    let second = text.rfind("# >>> devsup hook >>>").filter(|at| *at > 0);
    let starts = text.matches("# >>> devsup hook >>>").count();
    match (starts, second) {
        (2.., Some(at)) => {
            let upper = block::cut_inserted(&text[..at]);
            block::cut(&format!("{upper}{}", &text[at..]))
        }
        _ => block::cut(text),
    }
}
